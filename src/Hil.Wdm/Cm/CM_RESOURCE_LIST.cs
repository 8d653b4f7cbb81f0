namespace Hil.Wdm;

/// <summary>The resources of a device; further descriptors follow the first.</summary>
public struct CM_RESOURCE_LIST
{
    public uint Count;
    public CM_FULL_RESOURCE_DESCRIPTOR List;
}
