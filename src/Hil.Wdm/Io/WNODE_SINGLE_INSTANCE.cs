namespace Hil.Wdm;

/// <summary>One instance of a data block; its name and data follow.</summary>
public struct WNODE_SINGLE_INSTANCE
{
    public WNODE_HEADER WnodeHeader;
    public uint OffsetInstanceName;
    public uint InstanceIndex;
    public uint DataBlockOffset;
    public uint SizeDataBlock;
}
