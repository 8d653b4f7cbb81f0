namespace Hil.Wdm;

/// <summary>Names a device property: a category and a number in it.</summary>
public struct DEVPROPKEY
{
    public Guid fmtid;
    public uint pid;
}
