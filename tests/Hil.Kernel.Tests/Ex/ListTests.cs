namespace Hil.Kernel.Tests.Ex;

public sealed unsafe class ListTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void SListIsLastInFirstOutAndCountsItsEntries() => _machine.Run(() =>
    {
        SLIST_HEADER* head = _machine.New<SLIST_HEADER>();
        SLIST_ENTRY* first = _machine.New<SLIST_ENTRY>();
        SLIST_ENTRY* second = _machine.New<SLIST_ENTRY>();
        InitializeSListHead(head);

        Assert.True(ExpInterlockedPushEntrySList(head, first) == null);
        Assert.True(ExpInterlockedPushEntrySList(head, second) == first);
        Assert.Equal(2, ExQueryDepthSList(head));
        Assert.True(ExpInterlockedPopEntrySList(head) == second);
        Assert.True(ExpInterlockedPopEntrySList(head) == first);
        Assert.True(ExpInterlockedPopEntrySList(head) == null);
        Assert.Equal(0, ExQueryDepthSList(head));
    });

    [Fact]
    public void SListHeaderIsLaidOutAsDriversInlineIt() => _machine.Run(() =>
    {
        SLIST_HEADER* head = _machine.New<SLIST_HEADER>();
        SLIST_ENTRY* entry = _machine.New<SLIST_ENTRY>();
        ExpInterlockedPushEntrySList(head, entry);

        Assert.Equal(1ul, head->HeaderX64.Depth);
        Assert.Equal(1ul, head->HeaderX64.Sequence);
        Assert.Equal((ulong)entry >> 4, head->HeaderX64.NextEntry);
    });

    [Fact]
    public void FlushTakesAllEntries() => _machine.Run(() =>
    {
        SLIST_HEADER* head = _machine.New<SLIST_HEADER>();
        SLIST_ENTRY* first = _machine.New<SLIST_ENTRY>();
        SLIST_ENTRY* second = _machine.New<SLIST_ENTRY>();
        ExpInterlockedPushEntrySList(head, first);
        ExpInterlockedPushEntrySList(head, second);

        Assert.True(ExpInterlockedFlushSList(head) == second);
        Assert.True(second->Next == first);
        Assert.Equal(0, ExQueryDepthSList(head));
    });

    [Fact]
    public void MisalignedHeadRaises() => _machine.Run(() =>
    {
        var head = (SLIST_HEADER*)((byte*)_machine.New<SLIST_HEADER>() + 8);

        Assert.Equal(
            STATUS_DATATYPE_MISALIGNMENT,
            Assert.Throws<GuestRaiseException>(() => ExpInterlockedPopEntrySList(head)).Status);
    });

    [Fact]
    public void InterlockedListReportsWhatWasThere() => _machine.Run(() =>
    {
        LIST_ENTRY* head = _machine.New<LIST_ENTRY>();
        LIST_ENTRY* first = _machine.New<LIST_ENTRY>();
        LIST_ENTRY* second = _machine.New<LIST_ENTRY>();
        KSPIN_LOCK* spinLock = _machine.New<KSPIN_LOCK>();
        InitializeListHead(head);

        Assert.True(ExInterlockedInsertTailList(head, first, spinLock) == null);
        Assert.True(ExInterlockedInsertTailList(head, second, spinLock) == first);
        Assert.True(ExInterlockedRemoveHeadList(head, spinLock) == first);
        Assert.True(ExInterlockedInsertHeadList(head, first, spinLock) == second);
        Assert.True(ExInterlockedRemoveHeadList(head, spinLock) == first);
        Assert.True(ExInterlockedRemoveHeadList(head, spinLock) == second);
        Assert.True(ExInterlockedRemoveHeadList(head, spinLock) == null);
    });

    [Fact]
    public void InterlockedListWithAHeldLockIsABugCheck()
    {
        LIST_ENTRY* head = _machine.New<LIST_ENTRY>();
        KSPIN_LOCK* spinLock = _machine.New<KSPIN_LOCK>();

        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            InitializeListHead(head);
            KeAcquireSpinLockRaiseToDpc(spinLock);
            ExInterlockedRemoveHeadList(head, spinLock);
        });

        Assert.Equal(BugCheckCodes.SPIN_LOCK_ALREADY_OWNED, report.Code);
    }

    [Fact]
    public void SmashedListIsABugCheckNotACrash()
    {
        LIST_ENTRY* head = _machine.New<LIST_ENTRY>();
        KSPIN_LOCK* spinLock = _machine.New<KSPIN_LOCK>();

        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            head->Flink = head->Blink = (LIST_ENTRY*)0xDEADBEEF;
            ExInterlockedRemoveHeadList(head, spinLock);
        });

        Assert.Equal(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, report.Code);
        Assert.Equal(0xDEADBEEFul, report.Parameter1);
    }
}
