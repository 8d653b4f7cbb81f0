namespace Hil.Kernel.Tests.Ex;

public sealed unsafe class LookasideTests
{
    private const uint Tag = 0x6B6F6F4C;

    [Fact]
    public void ListOfPlainPoolGivesTheBlockBackThatWasFreed()
    {
        using var machine = new TestMachine(specialPool: false);
        machine.Run(() =>
        {
            NPAGED_LOOKASIDE_LIST* list = New(machine);
            void* block = ExAllocateFromNPagedLookasideList(list);
            ExFreeToNPagedLookasideList(list, block);

            Assert.True(ExAllocateFromNPagedLookasideList(list) == block);
            Assert.Equal((2u, 1u), (list->L.TotalAllocates, list->L.AllocateMisses));
        });
    }

    [Fact]
    public void WithSpecialPoolAFreedBlockIsUnmappedAtOnce()
    {
        using var machine = new TestMachine();
        machine.Run(() =>
        {
            NPAGED_LOOKASIDE_LIST* list = New(machine);
            void* block = ExAllocateFromNPagedLookasideList(list);
            ExFreeToNPagedLookasideList(list, block);

            Assert.True(machine.Kernel.Pool.IsFreed((ulong)block));
        });
    }

    [Fact]
    public void DeletingAListFreesWhatItKeeps()
    {
        using var machine = new TestMachine(specialPool: false);
        machine.Run(() =>
        {
            NPAGED_LOOKASIDE_LIST* list = New(machine);
            ExFreeToNPagedLookasideList(list, ExAllocateFromNPagedLookasideList(list));
            Assert.Single(machine.Kernel.Pool.Outstanding());

            ExDeleteNPagedLookasideList(list);
        });

        Assert.Empty(machine.Kernel.Pool.Outstanding());
    }

    [Fact]
    public void OwnRoutinesOfAnExListGetTheList()
    {
        using var machine = new TestMachine();
        machine.Run(() =>
        {
            LOOKASIDE_LIST_EX* list = machine.New<LOOKASIDE_LIST_EX>();
            ulong seen = 0;
            DriverRoutine allocate = machine.Routine((_, _, _, lookaside) => seen = lookaside);
            ExInitializeLookasideListEx(list, allocate, default, POOL_TYPE.NonPagedPool, 0, 64, Tag, 0);
            ExAllocateFromLookasideListEx(list);

            Assert.Equal((ulong)list, seen);
        });
    }

    [Fact]
    public void PoolWithAListInItIsABugCheckWhenFreedUnlessTheListWasDeleted()
    {
        using var machine = new TestMachine();
        ulong pool = 0;
        BugCheckReport report = machine.RunToBugCheck(() =>
        {
            ExFreePool(AllocateList(isDeleted: true));
            pool = (ulong)AllocateList(isDeleted: false);
            ExFreePool((void*)pool);
        });

        Assert.Equal(BugCheckCodes.DRIVER_VERIFIER_DETECTED_VIOLATION, report.Code);
        Assert.Equal((0xCCul, pool), (report.Parameter1, report.Parameter2));
        Assert.Equal((pool, (ulong)sizeof(PAGED_LOOKASIDE_LIST)), (report.Parameter3, report.Parameter4));
    }

    private static PAGED_LOOKASIDE_LIST* AllocateList(bool isDeleted)
    {
        var list = (PAGED_LOOKASIDE_LIST*)ExAllocatePoolWithTag(
            POOL_TYPE.NonPagedPool, (nuint)sizeof(PAGED_LOOKASIDE_LIST), Tag);
        ExInitializePagedLookasideList(list, default, default, 0, 64, Tag, 0);
        if (isDeleted)
            ExDeletePagedLookasideList(list);
        return list;
    }

    private static NPAGED_LOOKASIDE_LIST* New(TestMachine machine)
    {
        NPAGED_LOOKASIDE_LIST* list = machine.New<NPAGED_LOOKASIDE_LIST>();
        ExInitializeNPagedLookasideList(list, default, default, 0, 64, Tag, 0);
        return list;
    }
}
