namespace Hil.Kernel.Tests.Ex;

public sealed unsafe class PoolTests : IDisposable
{
    private const uint Tag = 0x54736554; // 'TesT'

    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(4080)]
    [InlineData(4095)]
    public void AllocationIsSixteenByteAlignedAndEndsWithinSixteenBytesOfAnUnmappedPage(int bytes)
    {
        ulong address = Allocate(bytes);

        Assert.Equal(0u, address % 16);
        ulong end = (address + (ulong)bytes + 15) & ~15UL;
        Assert.Equal(PageAccess.ReadWrite, _machine.Memory.AccessOf(end - 1));
        Assert.Equal(PageAccess.None, _machine.Memory.AccessOf(end));
        Assert.True(_machine.Kernel.Pool.IsBeyondEnd(end));
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(20000)]
    public void AllocationOfAPageOrMoreIsPageAligned(int bytes) => Assert.Equal(0u, Allocate(bytes) % PAGE_SIZE);

    [Fact]
    public void FreshPoolIsNotZero()
    {
        ulong address = Allocate(64);

        Assert.Equal(0xCDCDCDCDCDCDCDCD, *(ulong*)address);
    }

    [Fact]
    public void ExAllocatePool2ZeroesUnlessToldOtherwise()
    {
        (ulong zeroed, ulong raw) = _machine.Run(() => (
            *(ulong*)ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, Tag),
            *(ulong*)ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 8, Tag)));

        Assert.Equal(0u, zeroed);
        Assert.NotEqual(0u, raw);
    }

    [Theory]
    [InlineData(0)]
    [InlineData((long)(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED))]
    public void ExAllocatePool2RefusesAnythingButOneKindOfPool(long flags) =>
        Assert.Equal(0u, _machine.Run(() => (ulong)ExAllocatePool2((ulong)flags, 8, Tag)));

    [Fact]
    public void FreedPoolIsUnmappedAndKnownAsFreed()
    {
        ulong address = Allocate(100);

        _machine.Run(() => ExFreePoolWithTag((void*)address, Tag));

        Assert.Equal(PageAccess.None, _machine.Memory.AccessOf(address));
        Assert.True(_machine.Kernel.Pool.IsFreed(address + 99));
    }

    [Fact]
    public void FreeingTwiceIsBadPoolCaller7() => ExpectBadCaller(7, () =>
    {
        void* pool = ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 32, Tag);
        ExFreePool(pool);
        ExFreePool(pool);
    });

    [Fact]
    public void FreeingWithAnotherTagIsBadPoolCallerA() => ExpectBadCaller(0xA, () =>
        ExFreePoolWithTag(ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 32, Tag), Tag + 1));

    [Fact]
    public void FreeingTheMiddleOfABlockIsBadPoolCaller99() => ExpectBadCaller(0x99, () =>
        ExFreePool((byte*)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 32, Tag) + 16));

    [Fact]
    public void FreeingNullIsBadPoolCaller40() => ExpectBadCaller(0x40, () => ExFreePool(null));

    [Fact]
    public void FreeingWhatIsNoPoolIsBadPoolCaller46() => ExpectBadCaller(0x46, () =>
        ExFreePool((void*)_machine.Kernel.Pages.Allocate(1, PageAccess.ReadWrite)));

    [Fact]
    public void AllocatingPagedPoolAtDispatchLevelIsBadPoolCaller8() => ExpectBadCaller(8, () =>
    {
        _machine.Kernel.Processor.Irql = DISPATCH_LEVEL;
        ExAllocatePoolWithTag(POOL_TYPE.PagedPool, 32, Tag);
    });

    [Fact]
    public void FreeingPagedPoolAtDispatchLevelIsBadPoolCaller9() => ExpectBadCaller(9, () =>
    {
        void* pool = ExAllocatePoolWithTag(POOL_TYPE.PagedPool, 32, Tag);
        _machine.Kernel.Processor.Irql = DISPATCH_LEVEL;
        ExFreePool(pool);
    });

    [Theory]
    [InlineData(20, 20, 0x24)] // The first byte behind the end, where 12 bytes of slack follow.
    [InlineData(20, -1, 0x23)]
    [InlineData(5000, 5000, 0x24)]
    public void OverwrittenSlackIsFoundWhenTheBlockIsFreed(int bytes, int offset, ulong kind)
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            var pool = (byte*)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, (nuint)bytes, Tag);
            pool[offset] = 0;
            ExFreePool(pool);
        });

        Assert.Equal(BugCheckCodes.SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, report.Code);
        Assert.Equal(kind, report.Parameter4);
        Assert.Equal(report.Parameter1 + (ulong)offset, report.Parameter2);
    }

    [Fact]
    public void WithoutSpecialPoolBlocksShareAPageAndAreStillChecked()
    {
        using var plain = new TestMachine(specialPool: false);
        ulong first = 0;
        plain.Run(() =>
        {
            first = (ulong)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 48, Tag);
            var second = (ulong)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 48, Tag);
            Assert.Equal(first + 48, second);
            ExFreePool((void*)first);
        });

        BugCheckReport report = plain.RunToBugCheck(() => ExFreePool((void*)first));

        Assert.Equal((BugCheckCodes.BAD_POOL_CALLER, 7u), (report.Code, report.Parameter1));
    }

    [Fact]
    public void WritingToAFreedPlainBlockIsFoundWhenItIsGivenOutAgain()
    {
        using var plain = new TestMachine(specialPool: false);

        BugCheckReport report = plain.RunToBugCheck(() =>
        {
            void* pool = ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 2048, Tag);
            ExFreePool(pool);
            ((byte*)pool)[7] = 1;
            for (int i = 0; i < 8; i++)
                ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 2048, Tag);
        });

        Assert.Equal(BugCheckCodes.DRIVER_CAUGHT_MODIFYING_FREED_POOL, report.Code);
    }

    [Fact]
    public void PoolGivesWayToPlainBlocksWhenPagesRunShort()
    {
        var blocks = new HashSet<ulong>();
        _machine.Run(() =>
        {
            for (int i = 0; i < 40_000; i++)
                blocks.Add((ulong)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 64, Tag));
        });

        Assert.DoesNotContain(0ul, blocks);
        Assert.Equal(40_000, blocks.Count);
        _machine.Run(() =>
        {
            foreach (ulong block in blocks)
                ExFreePoolWithTag((void*)block, Tag);
        });
        Assert.Empty(_machine.Kernel.Pool.Outstanding());
    }

    [Fact]
    public void QuarantineEndsWhenItsPagesAreNeeded() => _machine.Run(() =>
    {
        for (int i = 0; i < 50_000; i++)
            ExFreePool(ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 64, Tag));
    });

    [Fact]
    public void AnAbsurdSizeFailsAndRaisesOnRequest()
    {
        Assert.Equal(0u, _machine.Run(() => (ulong)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, nuint.MaxValue, Tag)));

        GuestRaiseException raised = Assert.Throws<GuestRaiseException>(() =>
            _machine.Run(() => { ExAllocatePoolWithQuotaTag(POOL_TYPE.NonPagedPool, nuint.MaxValue, Tag); }));

        Assert.Equal(STATUS_INSUFFICIENT_RESOURCES, raised.Status);
    }

    [Fact]
    public void OutstandingListsWhatWasNotFreedByTag()
    {
        _machine.Run(() =>
        {
            ExFreePool(ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 10, Tag));
            ExAllocatePoolWithTag(POOL_TYPE.PagedPool, 20, Tag);
        });

        PoolAllocation leak = Assert.Single(_machine.Kernel.Pool.Outstanding());

        Assert.Equal(("TesT", 20u, true), (leak.TagName, leak.Bytes, leak.IsPaged));
    }

    [Fact]
    public void TheKernelsOwnPoolAllocatesNothingManaged() => _machine.Run(() =>
    {
        Pool pool = _machine.Kernel.Pool;
        pool.Free(pool.Allocate(424, Tag));

        Assert.Equal(0, Allocation.Least(() =>
        {
            for (int i = 0; i < 10_000; i++)
                pool.Free(pool.Allocate(424, Tag));
        }));
    });

    private ulong Allocate(int bytes) =>
        _machine.Run(() => (ulong)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, (nuint)bytes, Tag));

    private void ExpectBadCaller(ulong violation, Action work)
    {
        BugCheckReport report = _machine.RunToBugCheck(work);

        Assert.Equal((BugCheckCodes.BAD_POOL_CALLER, violation), (report.Code, report.Parameter1));
    }
}
