namespace Hil.Kernel.Tests.Ex;

public sealed unsafe class ZoneTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly ZONE_HEADER* _zone;
    private readonly byte* _segment;

    public ZoneTests()
    {
        _zone = _machine.New<ZONE_HEADER>();
        _segment = (byte*)_machine.New<long>();
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void SegmentIsCutIntoAsManyBlocksAsFit() => _machine.Run(() =>
    {
        Assert.Equal(STATUS_SUCCESS, ExInitializeZone(_zone, 24, _segment, 16 + 3 * 24 + 23));

        Assert.Equal([16L, 40, 64], Blocks());
        Assert.Equal(16u + 3 * 24 + 23, _zone->TotalSegmentSize);
        Assert.True(_zone->SegmentList.Next == (SINGLE_LIST_ENTRY*)_segment);
    });

    [Fact]
    public void FurtherSegmentComesInFront() => _machine.Run(() =>
    {
        KSPIN_LOCK* spinLock = _machine.New<KSPIN_LOCK>();
        ExInitializeZone(_zone, 24, _segment, 16 + 24);

        Assert.Equal(STATUS_SUCCESS, ExInterlockedExtendZone(_zone, _segment + 128, 16 + 24, spinLock));

        Assert.Equal([128L + 16, 16], Blocks());
        Assert.Equal(80u, _zone->TotalSegmentSize);
        Assert.Equal(new KIRQL(PASSIVE_LEVEL), KeGetCurrentIrql());
    });

    [Theory]
    [InlineData(24, 4, 64)]
    [InlineData(20, 0, 64)]
    [InlineData(0, 0, 64)]
    [InlineData(24, 0, 39)]
    [InlineData(24, 0, 8)]
    public void BadSizesAndAlignmentAreRefused(uint blockSize, int offset, uint segmentSize) => _machine.Run(() =>
        Assert.Equal(STATUS_UNSUCCESSFUL, ExInitializeZone(_zone, blockSize, _segment + offset, segmentSize)));

    private long[] Blocks()
    {
        var blocks = new List<long>();
        for (SINGLE_LIST_ENTRY* block = _zone->FreeList.Next; block != null; block = block->Next)
            blocks.Add((byte*)block - _segment);
        return [.. blocks];
    }
}
