using Hil.Kernel;
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
    public void AddressesOfSharedMemoryThatTheDriverLeavesForTheDeviceAreNoted()
    {
        uint second = (uint)_ram.PhysicalOf((ulong)Memory + Page);
        *(uint*)(Memory + 100) = second + 8; // A list that is complete before it is shared.
        Share((int)Page, Page);
        Share(0, Page);
        *(ulong*)(Memory + 40) = second;
        *(uint*)(Memory + 60) = second + 16;
        *(uint*)(Memory + 64) = second + 8 * (uint)Page; // Not shared.
        fixed (byte* device = &DeviceByte(72))
            *(uint*)device = second;

        _shadow.Observe();
        _shadow.Observe();

        ulong at = (ulong)Memory;
        Assert.Equal([(at + 100, second + 8), (at + 40, second), (at + 60, second + 16)], _log.Pointers);
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
    public void LastUnshareMerges()
    {
        Share(0, Page);
        Share(0, Page);
        DeviceByte(1) = 1;
        Memory[2] = 2;

        _shadow.Unshare((ulong)Memory, Page, DmaSharing.Common);
        Assert.Equal((0, 0), (Memory[1], DeviceByte(2)));
        _shadow.Unshare((ulong)Memory, Page, DmaSharing.Common);

        Assert.Equal((1, 2, 1, 2), (Memory[1], Memory[2], DeviceByte(1), DeviceByte(2)));
        Assert.Equal((0, 0), (_shadow.SharedPages, _shadow.ComparedPages));
    }

    [Fact]
    public void PageThatIsSharedAgainStartsWithWhatTheDriverHas()
    {
        Share(0, Page);
        _shadow.Unshare((ulong)Memory, Page, DmaSharing.Common);
        Memory[1] = 1;
        DeviceByte(2) = 2; // Too late: nobody may see it.

        Share(0, Page);
        _shadow.Observe();

        Assert.Equal((1, 0), (Memory[1], Memory[2]));
        Assert.Equal((1, 0), (DeviceByte(1), DeviceByte(2)));
        Assert.Empty(_log.Writes);
    }

    [Fact]
    public void TwinsOfPagesThatAreSharedNoLongerAreUsedAgain()
    {
        Share(0, Reserve);
        Memory[5] = 5;
        _shadow.Unshare((ulong)Memory, Reserve, DmaSharing.Common);
        Memory[6] = 6;

        Share((int)Reserve, Reserve);

        Assert.Empty(_log.Exhausted);
        Assert.Equal((5, 6), (Memory[5], Memory[6]));
        Assert.Equal((5, 6), (DeviceByte(5), DeviceByte(6)));
        Memory[7] = 7;
        Assert.Equal(7, DeviceByte(7));
        DeviceByte((int)Reserve) = 8;
        Assert.Equal(0, Memory[Reserve]);
    }

    [Fact]
    public void UnsharingMoreOftenThanSharingIsADefect()
    {
        Share(0, Page);
        _shadow.Unshare((ulong)Memory, Page, DmaSharing.Common);

        Assert.Throws<InvariantException>(() => _shadow.Unshare((ulong)Memory, Page, DmaSharing.Common));
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

        Assert.InRange(PageTableEntries.PhysicalOf(_ram, (ulong)Memory)!.Value, _ram.Bytes, _ram.Bytes + Reserve - 1);
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

        // The log keeps what it hears; nobody writes here.
        Assert.Equal(0, Allocation.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                Cycle();
        }));

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

    /// <summary>The owner of a pipe's memory knows nothing of what is mapped there.</summary>
    [Fact]
    public void WhatAThreadWroteLastWhilePagesAreMappedStands()
    {
        const int WordsApart = 64;
        using var ram = new RamWindow(RamWindow.BytesMin, Page); // One twin: each page takes it from the other.
        using var shadow = new ShadowMemory(ram, _log);
        ulong memory = ram.KernelBase;
        long stop = 0;
        long rounds = 0;
        var writer = new Thread(() =>
        {
            while (Volatile.Read(ref stop) == 0)
            {
                rounds++;
                for (ulong at = memory; at < memory + 2 * Page; at += WordsApart)
                    Volatile.Write(ref *(long*)at, rounds);
            }
        });
        writer.Start();
        for (int i = 0; i < 1500; i++)
        {
            ulong page = memory + (ulong)(i % 2) * Page;
            shadow.Share(page, Page, DmaSharing.Common);
            shadow.DeviceBytes(page + WordsApart / 2, 1)[0]++;
            shadow.Observe();
            shadow.Unshare(page, Page, DmaSharing.Common);
        }
        Volatile.Write(ref stop, 1);
        writer.Join();

        for (ulong at = memory; at < memory + 2 * Page; at += WordsApart)
            Assert.Equal(rounds, *(long*)at);
        Assert.Equal(unchecked((byte)750), ((byte*)memory)[WordsApart / 2]);
    }

    /// <summary>Sharing, unsharing, writing and observing in any order keeps both sides' bytes, with fewer twins than
    /// pages.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomOperationsLoseNoByteOfEitherSide(int seed)
    {
        using var ram = new RamWindow(RamWindow.BytesMin, RandomRun.Twins * Page);
        using var shadow = new ShadowMemory(ram, _log);
        var run = new RandomRun(shadow, ram.KernelBase, seed);

        for (int step = 0; step < 5000; step++)
            run.Step();
        run.End();

        Assert.True(run.Driver.SequenceEqual(run.Expected));
        Assert.Equal((0, 0, 0), (shadow.SharedPages, shadow.ComparedPages, _log.Exhausted.Count));
    }

    // Device and driver write to their own halves of each page, so that what is there at the end is known. The device
    // writes to pages that are shared only.
    private sealed class RandomRun(ShadowMemory shadow, ulong memory, int seed)
    {
        public const int Twins = 16;
        private const int Pages = 48;
        private const int SharesMax = 4;
        private const int SharedPagesMax = Twins / SharesMax;

        private readonly Random _random = new(seed);
        private readonly List<(int First, int Count, DmaSharing Sharing)> _shares = [];
        private readonly byte[] _expected = new byte[Pages * (int)Page];

        public ReadOnlySpan<byte> Driver => new((byte*)memory, _expected.Length);

        public ReadOnlySpan<byte> Expected => _expected;

        public void Step()
        {
            int at = _random.Next(_expected.Length);
            switch (_random.Next(6))
            {
                case 0 when _shares.Count < SharesMax:
                    var share = (_random.Next(Pages - SharedPagesMax), 1 + _random.Next(SharedPagesMax),
                        (DmaSharing)_random.Next(2));
                    shadow.Share(AddressOf(share.Item1), (ulong)share.Item2 * Page, share.Item3);
                    _shares.Add(share);
                    break;
                case 1 when _shares.Count != 0:
                    Unshare(_random.Next(_shares.Count));
                    break;
                case 2:
                    shadow.Observe();
                    break;
                case 3:
                    shadow.Flush(memory + (ulong)at, 1);
                    break;
                default:
                    Write(at, (byte)_random.Next(256));
                    break;
            }
        }

        public void End()
        {
            while (_shares.Count != 0)
                Unshare(0);
        }

        private void Write(int at, byte value)
        {
            bool isDevices = at % (int)Page >= (int)Page / 2;
            int page = at / (int)Page;
            if (isDevices && !_shares.Any(share => page >= share.First && page - share.First < share.Count))
                return;
            _expected[at] = value;
            if (isDevices)
                shadow.DeviceBytes(memory + (ulong)at, 1)[0] = value;
            else
                ((byte*)memory)[at] = value;
        }

        private void Unshare(int index)
        {
            (int first, int count, DmaSharing sharing) = _shares[index];
            _shares.RemoveAt(index);
            shadow.Unshare(AddressOf(first), (ulong)count * Page, sharing);
        }

        private ulong AddressOf(int page) => memory + (ulong)page * Page;
    }

    private void Share(int offset, ulong bytes, DmaSharing sharing = DmaSharing.Common) =>
        _shadow.Share((ulong)Memory + (ulong)offset, bytes, sharing);

    private ref byte DeviceByte(int offset) => ref _shadow.DeviceBytes((ulong)Memory + (ulong)offset, 1)[0];
}
