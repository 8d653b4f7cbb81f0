namespace Hil.Kernel.Tests.Ex;

public sealed unsafe class WorkItemTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly WORK_QUEUE_ITEM* _item;

    public WorkItemTests() => _item = _machine.New<WORK_QUEUE_ITEM>();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void RoutineRunsOnAnotherThreadAtPassiveLevel() => _machine.Run(() =>
    {
        KTHREAD* self = KeGetCurrentThread();
        KTHREAD* worker = null;
        KIRQL irql = HIGH_LEVEL;
        ulong seen = 0;
        ExInitializeWorkItem(_item, _machine.Routine((parameter, _, _, _) =>
        {
            worker = KeGetCurrentThread();
            (seen, irql) = (parameter, KeGetCurrentIrql());
            return 0;
        }), (void*)5);

        KIRQL old = KeRaiseIrqlToDpcLevel();
        ExQueueWorkItem(_item, WORK_QUEUE_TYPE.DelayedWorkQueue);
        Assert.Equal(0ul, seen);
        KeLowerIrql(old);
        Settle();

        Assert.Equal(5ul, seen);
        Assert.True(worker != null && worker != self);
        Assert.Equal<KIRQL>(PASSIVE_LEVEL, irql);
    });

    [Fact]
    public void RoutineMayQueueItsOwnItem() => _machine.Run(() =>
    {
        int runs = 0;
        ExInitializeWorkItem(_item, _machine.Routine(() =>
        {
            if (++runs < 5)
                ExQueueWorkItem(_item, WORK_QUEUE_TYPE.DelayedWorkQueue);
        }), null);

        ExQueueWorkItem(_item, WORK_QUEUE_TYPE.DelayedWorkQueue);
        Settle();

        Assert.Equal(5, runs);
    });

    [Fact]
    public void QueuedItemQueuedAgainIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            ExInitializeWorkItem(_item, _machine.Routine(static () => { }), null);
            KeRaiseIrqlToDpcLevel();
            ExQueueWorkItem(_item, WORK_QUEUE_TYPE.DelayedWorkQueue);
            ExQueueWorkItem(_item, WORK_QUEUE_TYPE.DelayedWorkQueue);
        });

        Assert.Equal(BugCheckCodes.WORKER_INVALID, report.Code);
        Assert.Equal((ulong)_item, report.Parameter2);
    }

    [Fact]
    public void ItemThatWaitsForALaterItemIsNotADeadlock() => _machine.Run(() =>
    {
        KEVENT* done = _machine.New<KEVENT>();
        KeInitializeEvent(done, EVENT_TYPE.NotificationEvent, false);
        var second = (WORK_QUEUE_ITEM*)_machine.New<KTIMER>();
        bool isOver = false;
        ExInitializeWorkItem(_item, _machine.Routine(() =>
        {
            KeWaitForSingleObject(done, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
            isOver = true;
        }), null);
        ExInitializeWorkItem(second, _machine.Routine(() => KeSetEvent(done, 0, false)), null);

        ExQueueWorkItem(_item, WORK_QUEUE_TYPE.DelayedWorkQueue);
        ExQueueWorkItem(second, WORK_QUEUE_TYPE.DelayedWorkQueue);
        Settle();

        Assert.True(isOver);
    });

    [Fact]
    public void RoutineThatReturnsRaisedIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            ExInitializeWorkItem(_item, _machine.Routine(() => KeRaiseIrqlToDpcLevel()), null);
            ExQueueWorkItem(_item, WORK_QUEUE_TYPE.CriticalWorkQueue);
            Settle();
        });

        Assert.Equal(BugCheckCodes.WORKER_THREAD_RETURNED_AT_BAD_IRQL, report.Code);
        Assert.Equal(DISPATCH_LEVEL, report.Parameter2);
        Assert.Equal((ulong)_item, report.Parameter4);
    }

    [Fact]
    public void RoutineThatKeepsAMutexIsABugCheck()
    {
        KMUTANT* mutex = _machine.New<KMUTANT>();
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeInitializeMutex(mutex, 0);
            RunItem(() => KeWaitForSingleObject(
                mutex, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null));
        });

        Assert.Equal(BugCheckCodes.SYSTEM_EXIT_OWNED_MUTEX, report.Code);
        Assert.Equal((_item->WorkerRoutine.Address, 5ul, (ulong)_item, 0ul), Parameters(report));
    }

    [Fact]
    public void RoutineThatStaysInACriticalRegionIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => RunItem(KeEnterCriticalRegion));

        Assert.Equal(BugCheckCodes.APC_INDEX_MISMATCH, report.Code);
        Assert.Equal((_item->WorkerRoutine.Address, 0ul, 0xFFFFul, 1ul), Parameters(report));
    }

    [Fact]
    public void PoolWithAQueuedItemInItIsABugCheckWhenFreed()
    {
        ulong pool = 0;
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            pool = (ulong)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 64, 1);
            var item = (WORK_QUEUE_ITEM*)(pool + 8);
            ExInitializeWorkItem(item, _machine.Routine(static () => { }), null);
            KeRaiseIrqlToDpcLevel();
            ExQueueWorkItem(item, WORK_QUEUE_TYPE.DelayedWorkQueue);
            ExFreePool((void*)pool);
        });

        Assert.Equal(BugCheckCodes.WORKER_INVALID, report.Code);
        Assert.Equal((0ul, pool + 8, pool, pool + 64), Parameters(report));
    }

    private void RunItem(Action routine)
    {
        ExInitializeWorkItem(_item, _machine.Routine(routine), (void*)5);
        ExQueueWorkItem(_item, WORK_QUEUE_TYPE.DelayedWorkQueue);
        Settle();
    }

    private static (ulong, ulong, ulong, ulong) Parameters(BugCheckReport report) =>
        (report.Parameter1, report.Parameter2, report.Parameter3, report.Parameter4);

    private static void Settle()
    {
        long interval = -10_000;
        KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, &interval);
    }
}
