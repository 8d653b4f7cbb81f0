namespace Hil.Wdm;

/// <summary>Tells that a device interface came or went.</summary>
public unsafe struct DEVICE_INTERFACE_CHANGE_NOTIFICATION
{
    public ushort Version;
    public ushort Size;
    public Guid Event;
    public Guid InterfaceClassGuid;
    public UNICODE_STRING* SymbolicLinkName;
}
