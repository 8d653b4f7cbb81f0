namespace Hil.Wdm;

/// <summary>One alternative: a run of descriptors, of which the first is here.</summary>
public struct IO_RESOURCE_LIST
{
    public ushort Version;
    public ushort Revision;
    public uint Count;
    public IO_RESOURCE_DESCRIPTOR Descriptors;
}
