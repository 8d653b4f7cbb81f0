namespace Hil.Wdm;

/// <summary>The resources of a device on one bus.</summary>
public struct CM_FULL_RESOURCE_DESCRIPTOR
{
    public INTERFACE_TYPE InterfaceType;
    public uint BusNumber;
    public CM_PARTIAL_RESOURCE_LIST PartialResourceList;
}
