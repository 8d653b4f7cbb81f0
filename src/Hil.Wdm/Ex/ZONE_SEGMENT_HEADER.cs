namespace Hil.Wdm;

/// <summary>The head of a zone's segment; its blocks follow.</summary>
public unsafe struct ZONE_SEGMENT_HEADER
{
    public SINGLE_LIST_ENTRY SegmentList;
    public void* Reserved;
}
