namespace Hil.Wdm;

/// <summary>What IoCreateFileEx takes beyond the parameters of IoCreateFile.</summary>
public unsafe struct IO_DRIVER_CREATE_CONTEXT
{
    public short Size;
    public void* ExtraCreateParameter;
    public void* DeviceObjectHint;
    public void* TxnParameters;
}
