using Hil.Kernel.Platform;

namespace Hil.Machine.Tests.Memory;

/// <summary>Host and device sides of shadowed pages, without a machine: the device writes to the memory file.</summary>
public sealed unsafe class ShadowMemoryTests : IDisposable
{
    private const ulong Page = MachineLayout.PageBytes;
    private const ulong Reserve = 1 << 20;

    private readonly RamWindow _ram = new(RamWindow.BytesMin, Reserve);
    private readonly DmaLog _log = new();
    private readonly ShadowMemory _shadow;

    public ShadowMemoryTests() => _shadow = new ShadowMemory(_ram, _log);

    private byte* Memory => (byte*)_ram.KernelBase;

    public void Dispose()
    {
        _shadow.Dispose();
        _ram.Dispose();
    }

    [Fact]
    public void SharedMemoryKeepsItsContentsAndItsPhysicalAddress()
    {
        Memory[5] = 55;
        ulong physical = _ram.PhysicalOf((ulong)Memory);

        Share(0, Page);

        Assert.Equal((55, 55), (Memory[5], DeviceByte(5)));
        Assert.Equal((physical, (ulong)Memory), (_ram.PhysicalOf((ulong)Memory), _ram.AddressOf(physical)));
        Assert.Empty(_log.Writes);
    }

    [Fact]
    public void DevicesWriteIsSeenAtTheObservationOnly()
    {
        Share(0, Page);

        DeviceByte(7) = 1;
        Assert.Equal(0, Memory[7]);
        _shadow.Observe();

        Assert.Equal(1, Memory[7]);
        Assert.Equal([((ulong)Memory + 7, "01")], _log.Writes);
    }

    [Fact]
    public void DriversWriteReachesTheDeviceAtTheObservationOnly()
    {
        Share(0, Page);

        Memory[7] = 1;
        Assert.Equal(0, DeviceByte(7));
        _shadow.Observe();

        Assert.Equal(1, DeviceByte(7));
        Assert.Empty(_log.Writes);
    }

    [Fact]
    public void PagesForTransfersAreMergedByTheirFlushOnly()
    {
        Share(0, 2 * Page, DmaSharing.Transfer);
        DeviceByte(1) = 1;
        DeviceByte((int)Page) = 2;

        _shadow.Observe();
        Assert.Equal((0, 0), (Memory[1], Memory[Page]));
        _shadow.Flush((ulong)Memory, 2);

        Assert.Equal((1, 0), (Memory[1], Memory[Page]));
        Assert.Equal(0, _shadow.ComparedPages);
    }

    [Fact]
    public void PageThatIsSharedBothWaysIsComparedAsLongAsOneWayAsksForIt()
    {
        Share(0, Page, DmaSharing.Transfer);
        Share(0, Page);
        Assert.Equal(1, _shadow.ComparedPages);

        _shadow.Unshare((ulong)Memory, Page, DmaSharing.Common);
        DeviceByte(1) = 1;
        _shadow.Observe();

        Assert.Equal((0, 0, 1), (Memory[1], _shadow.ComparedPages, _shadow.SharedPages));
    }

    [Fact]
    public void LastUnshareMergesAndShowsThePageItself()
    {
        Share(0, Page);
        Share(0, Page);
        DeviceByte(1) = 1;
        Memory[2] = 2;

        _shadow.Unshare((ulong)Memory, Page, DmaSharing.Common);
        Assert.Equal((0, 0), (Memory[1], DeviceByte(2)));
        _shadow.Unshare((ulong)Memory, Page, DmaSharing.Common);

        Assert.Equal((1, 2, 1, 2), (Memory[1], Memory[2], DeviceByte(1), DeviceByte(2)));
        Memory[3] = 3;
        Assert.Equal(3, DeviceByte(3));
        Assert.Equal((0, 0), (_shadow.SharedPages, _shadow.ComparedPages));
    }

    [Fact]
    public void RangeSharesEveryPageThatItTouches()
    {
        _shadow.Share((ulong)Memory + Page - 1, 2, DmaSharing.Common);

        Assert.Equal(2, _shadow.SharedPages);
    }

    [Fact]
    public void EmptyRangeSharesNothing()
    {
        _shadow.Share((ulong)Memory + 8, 0, DmaSharing.Common);

        Assert.Equal(0, _shadow.SharedPages);
    }

    [Fact]
    public void WriteOverAPageBorderIsOneRecord()
    {
        Share(0, 2 * Page);
        DeviceByte((int)Page - 1) = 1;
        DeviceByte((int)Page) = 2;

        _shadow.Observe();

        Assert.Equal([((ulong)Memory + Page - 1, "0102")], _log.Writes);
    }

    [Fact]
    public void TheMachinesOwnPagesAreNeverShadowed()
    {
        _shadow.Share(_ram.ProcessorControlRegion, Page, DmaSharing.Common);
        _shadow.Unshare(_ram.ProcessorControlRegion, Page, DmaSharing.Common);

        Assert.Equal(0, _shadow.SharedPages);
        Assert.Empty(_log.Exhausted);
    }

    [Fact]
    public void PageWithoutATwinIsReportedAndWorksUnshadowed()
    {
        Share(0, Reserve + Page);
        int last = (int)Reserve;
        Assert.Equal([(ulong)Memory + Reserve], _log.Exhausted);

        DeviceByte(last) = 1;

        Assert.Equal(1, Memory[last]);
        _shadow.Unshare((ulong)Memory, Reserve + Page, DmaSharing.Common);
        Assert.Equal(0, _shadow.SharedPages);
    }

    [Fact]
    public void ProtectionChangesWhilePagesAreSharedKeepTheTwin()
    {
        _ram.Protect((ulong)Memory, Page, PageAccess.ReadWrite);
        Share(0, Page);

        _ram.Protect((ulong)Memory, Page, PageAccess.None);
        _ram.Protect((ulong)Memory, Page, PageAccess.Read);

        Assert.NotEqual(_ram.PhysicalOf((ulong)Memory), PageTableEntries.PhysicalOf(_ram, (ulong)Memory));
        _shadow.Unshare((ulong)Memory, Page, DmaSharing.Common);
        Assert.Equal(_ram.PhysicalOf((ulong)Memory), PageTableEntries.PhysicalOf(_ram, (ulong)Memory));
    }

    [Fact]
    public void PageThatDriverCodeMayNotTouchStaysUnmappedWhenItIsShared()
    {
        Share(0, Page);

        Assert.Null(PageTableEntries.PhysicalOf(_ram, (ulong)Memory));
    }

    [Fact]
    public void SharingForgetsTranslationsOfMappedPages()
    {
        _ram.Protect((ulong)Memory, Page, PageAccess.ReadWrite);
        _ram.ClearInvalidations();

        Share(0, Page);

        Assert.Equal([(ulong)Memory], _ram.Invalidations);
    }

    [Fact]
    public void WarmedUpSharingAndObservingAllocatesNothing()
    {
        Cycle();
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100; i++)
            Cycle();

        // The log keeps what it hears; nobody writes here.
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Cycle()
        {
            Share(0, 4 * Page);
            Share((int)Page, 2 * Page, DmaSharing.Transfer);
            _shadow.Observe();
            _shadow.Flush((ulong)Memory, 4 * Page);
            _shadow.Unshare((ulong)Memory + Page, 2 * Page, DmaSharing.Transfer);
            _shadow.Unshare((ulong)Memory, 4 * Page, DmaSharing.Common);
        }
    }

    /// <summary>Sharing, unsharing, writing and observing in any order keeps both sides' bytes.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomOperationsLoseNoByteOfEitherSide(int seed)
    {
        const int Pages = 24;
        var random = new Random(seed);
        var shares = new List<(int First, int Count, DmaSharing Sharing)>();
        // Device and driver write to their own halves of each page, so that the end is known.
        byte[] expected = new byte[Pages * (int)Page];
        for (int step = 0; step < 2000; step++)
        {
            int at = random.Next(expected.Length);
            var value = (byte)random.Next(256);
            switch (random.Next(6))
            {
                case 0:
                    int first = random.Next(Pages);
                    var share = (first, 1 + random.Next(Pages - first), (DmaSharing)random.Next(2));
                    Share(share.first * (int)Page, (ulong)share.Item2 * Page, share.Item3);
                    shares.Add(share);
                    break;
                case 1 when shares.Count != 0:
                    int index = random.Next(shares.Count);
                    Unshare(shares[index]);
                    shares.RemoveAt(index);
                    break;
                case 2:
                    _shadow.Observe();
                    break;
                case 3:
                    _shadow.Flush((ulong)Memory + (ulong)at, 1);
                    break;
                case 4:
                    expected[at] = value;
                    (at % (int)Page < (int)Page / 2 ? ref Memory[at] : ref DeviceByte(at)) = value;
                    break;
            }
        }
        foreach ((int, int, DmaSharing) share in shares)
            Unshare(share);

        Assert.True(new Span<byte>(Memory, expected.Length).SequenceEqual(expected));
        Assert.Equal((0, 0), (_shadow.SharedPages, _shadow.ComparedPages));

        void Unshare((int First, int Count, DmaSharing Sharing) share) => _shadow.Unshare(
            (ulong)Memory + (ulong)share.First * Page, (ulong)share.Count * Page, share.Sharing);
    }

    private void Share(int offset, ulong bytes, DmaSharing sharing = DmaSharing.Common) =>
        _shadow.Share((ulong)Memory + (ulong)offset, bytes, sharing);

    private ref byte DeviceByte(int offset) => ref _shadow.DeviceBytes((ulong)Memory + (ulong)offset, 1)[0];
}
