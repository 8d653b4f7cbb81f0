namespace Hil.Wdm;

/// <summary>What the pages of a buffer are locked for.</summary>
public enum LOCK_OPERATION
{
    IoReadAccess,
    IoWriteAccess,
    IoModifyAccess,
}
