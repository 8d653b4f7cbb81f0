namespace Hil.Wdm;

/// <summary>The head that every query-interface structure begins with.</summary>
public unsafe struct INTERFACE
{
    public ushort Size;
    public ushort Version;
    public void* Context;
    public DriverRoutine InterfaceReference;
    public DriverRoutine InterfaceDereference;
}
