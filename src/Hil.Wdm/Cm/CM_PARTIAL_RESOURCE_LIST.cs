namespace Hil.Wdm;

/// <summary>A counted run of descriptors, of which the first is here.</summary>
public struct CM_PARTIAL_RESOURCE_LIST
{
    public ushort Version;
    public ushort Revision;
    public uint Count;
    public CM_PARTIAL_RESOURCE_DESCRIPTOR PartialDescriptors;
}
