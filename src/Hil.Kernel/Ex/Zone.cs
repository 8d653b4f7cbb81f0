namespace Hil.Kernel;

// Zones came before lookaside lists: blocks of one size, cut from memory that the driver gives once and never gets
// back. Taking and freeing blocks is inline in ntddk.h: the head of FreeList.

public static unsafe partial class Ntoskrnl
{
    private const uint ZoneAlignment = 8;

    /// <summary>Prepares a zone with its first segment.</summary>
    /// <param name="blockSize">Bytes of a block, a multiple of 8.</param>
    /// <param name="initialSegmentSize">Bytes of the segment; a head of 16 bytes is taken off.</param>
    /// <returns>STATUS_UNSUCCESSFUL if size or segment is not aligned, or not even one block fits.</returns>
    /// <remarks>WDK: ExInitializeZone (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS ExInitializeZone(
        ZONE_HEADER* zone, uint blockSize, void* initialSegment, uint initialSegmentSize)
    {
        if (blockSize == 0 || blockSize % ZoneAlignment != 0)
            return STATUS_UNSUCCESSFUL;
        *zone = new ZONE_HEADER { BlockSize = blockSize };
        return ExExtendZone(zone, initialSegment, initialSegmentSize);
    }

    /// <summary>Adds a segment's blocks to a zone.</summary>
    /// <returns>STATUS_UNSUCCESSFUL if the segment is not aligned, or not even one block fits.</returns>
    /// <remarks>WDK: ExExtendZone (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS ExExtendZone(ZONE_HEADER* zone, void* segment, uint segmentSize)
    {
        uint head = (uint)sizeof(ZONE_SEGMENT_HEADER);
        uint blockSize = zone->BlockSize;
        if ((ulong)segment % ZoneAlignment != 0 || segmentSize < head || segmentSize - head < blockSize
            || blockSize == 0)
            return STATUS_UNSUCCESSFUL;
        DriverMemory.RequireWritable(segment, segmentSize, nameof(ExExtendZone));
        var header = (ZONE_SEGMENT_HEADER*)segment;
        header->SegmentList.Next = zone->SegmentList.Next;
        header->Reserved = null;
        zone->SegmentList.Next = &header->SegmentList;
        zone->TotalSegmentSize += segmentSize;
        for (uint offset = head + (segmentSize - head) / blockSize * blockSize; offset > head;)
        {
            offset -= blockSize;
            var block = (SINGLE_LIST_ENTRY*)((byte*)segment + offset);
            block->Next = zone->FreeList.Next;
            zone->FreeList.Next = block;
        }
        return STATUS_SUCCESS;
    }

    /// <summary>As ExExtendZone, under a spin lock.</summary>
    /// <inheritdoc cref="ExExtendZone"/>
    /// <remarks>WDK: ExInterlockedExtendZone (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS ExInterlockedExtendZone(
        ZONE_HEADER* zone, void* segment, uint segmentSize, KSPIN_LOCK* @lock)
    {
        KIRQL old = KeAcquireSpinLockRaiseToDpc(@lock);
        NTSTATUS status = ExExtendZone(zone, segment, segmentSize);
        KeReleaseSpinLock(@lock, old);
        return status;
    }
}
