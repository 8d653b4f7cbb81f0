namespace Hil.Wdm;

/// <summary>The part of a remove lock that only checked builds use.</summary>
public unsafe struct IO_REMOVE_LOCK_DBG_BLOCK
{
    public int Signature;
    public uint HighWatermark;
    public long MaxLockedTicks;
    public int AllocateTag;
    public LIST_ENTRY LockList;
    public KSPIN_LOCK Spin;
    public int LowMemoryCount;
    public fixed uint Reserved1[4];
    public void* Reserved2;
    public void* Blocks;
}
