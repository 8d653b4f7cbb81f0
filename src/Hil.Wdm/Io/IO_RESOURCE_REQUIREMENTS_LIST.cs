namespace Hil.Wdm;

/// <summary>The alternatives of resources that a device can work with.</summary>
public unsafe struct IO_RESOURCE_REQUIREMENTS_LIST
{
    public uint ListSize;
    public INTERFACE_TYPE InterfaceType;
    public uint BusNumber;
    public uint SlotNumber;
    public fixed uint Reserved[3];
    public uint AlternativeLists;
    public IO_RESOURCE_LIST List;
}
