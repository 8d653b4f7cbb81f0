namespace Hil.Wdm;

/// <summary>Blocks of one size, cut from segments that the driver gives.</summary>
public struct ZONE_HEADER
{
    public SINGLE_LIST_ENTRY FreeList;
    public SINGLE_LIST_ENTRY SegmentList;
    public uint BlockSize;
    public uint TotalSegmentSize;
}
