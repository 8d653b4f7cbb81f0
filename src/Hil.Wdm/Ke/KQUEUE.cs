namespace Hil.Wdm;

/// <summary>A queue of entries that threads wait for, not more of them running at a time than it allows.</summary>
public struct KQUEUE
{
    public DISPATCHER_HEADER Header;
    public LIST_ENTRY EntryListHead;
    public uint CurrentCount;
    public uint MaximumCount;
    public LIST_ENTRY ThreadListHead;
}
