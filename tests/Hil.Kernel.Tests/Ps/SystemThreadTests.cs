namespace Hil.Kernel.Tests.Ps;

public sealed unsafe class SystemThreadTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ThreadRunsItsRoutineWithTheContextAtPassiveLevel() => _machine.Run(() =>
    {
        ulong seen = 0;
        KIRQL irql = HIGH_LEVEL;
        Create(_machine.Routine((context, _, _, _) =>
        {
            seen = context;
            irql = KeGetCurrentIrql();
            return 0;
        }), (void*)99);
        TestMachine.Settle();

        Assert.Equal(99ul, seen);
        Assert.Equal<KIRQL>(PASSIVE_LEVEL, irql);
    });

    [Fact]
    public void ThreadObjectIsSignalledWhenTheThreadEnds() => _machine.Run(() =>
    {
        bool ran = false;
        void* handle = Create(_machine.Routine(() =>
        {
            long interval = -100_000;
            KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, &interval);
            ran = true;
        }), null);
        void** thread = (void**)_machine.New<nint>();
        Assert.Equal(
            STATUS_SUCCESS,
            ObReferenceObjectByHandle(handle, 0, null, KPROCESSOR_MODE.KernelMode, thread, null));
        ZwClose(handle);

        Assert.Equal(
            STATUS_SUCCESS,
            KeWaitForSingleObject(*thread, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null));

        Assert.True(ran);
        ObfDereferenceObject(*thread);
    });

    [Fact]
    public void PsTerminateSystemThreadDoesNotReturn() => _machine.Run(() =>
    {
        List<string> log = [];
        Create(_machine.Routine(() =>
        {
            log.Add("before");
            PsTerminateSystemThread(STATUS_SUCCESS);
            log.Add("after");
        }), null);
        TestMachine.Settle();

        Assert.Equal(["before"], log);
    });

    [Fact]
    public void EndedThreadLeavesNothingBehind() => _machine.Run(() =>
    {
        DriverRoutine routine = _machine.Routine(static () => { });
        ZwClose(Create(routine, null));
        TestMachine.Settle();
        int threads = _machine.Kernel.Scheduler.ThreadCount;
        int pages = _machine.Kernel.Pages.FreePages;

        for (int i = 0; i < 100; i++)
        {
            ZwClose(Create(routine, null));
            TestMachine.Settle();
        }

        Assert.Equal(threads, _machine.Kernel.Scheduler.ThreadCount);
        Assert.Equal(pages, _machine.Kernel.Pages.FreePages);
    });

    [Fact]
    public void ThreadThatEndsAtDispatchLevelIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            Create(_machine.Routine(() => KeRaiseIrqlToDpcLevel()), null);
            TestMachine.Settle();
        });

        Assert.Equal(BugCheckCodes.KERNEL_APC_PENDING_DURING_EXIT, report.Code);
        Assert.Equal(DISPATCH_LEVEL, (byte)report.Parameter3);
    }

    [Fact]
    public void ThreadThatEndsInACriticalRegionIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            Create(_machine.Routine(KeEnterCriticalRegion), null);
            TestMachine.Settle();
        });

        Assert.Equal(BugCheckCodes.KERNEL_APC_PENDING_DURING_EXIT, report.Code);
    }

    [Fact]
    public void ThreadThatEndsWithItsStackLockedIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            Create(_machine.Routine(() => KeSetKernelStackSwapEnable(false)), null);
            TestMachine.Settle();
        });

        Assert.Equal(BugCheckCodes.KERNEL_STACK_LOCKED_AT_EXIT, report.Code);
    }

    [Fact]
    public void IdsAreMultiplesOfFourAndFindTheThread() => _machine.Run(() =>
    {
        ulong id = (ulong)PsGetCurrentThreadId();
        KTHREAD** found = (KTHREAD**)_machine.New<nint>();

        Assert.Equal(0ul, id % 4);
        Assert.Equal(STATUS_SUCCESS, PsLookupThreadByThreadId((void*)id, found));
        Assert.True(*found == KeGetCurrentThread());
        ObfDereferenceObject(*found);
        Assert.Equal(STATUS_INVALID_CID, PsLookupThreadByThreadId((void*)0x4000, found));
    });

    [Fact]
    public void PriorityOrdersThreads() => _machine.Run(() =>
    {
        List<int> order = [];
        foreach (int priority in (int[])[3, 10, 6])
        {
            Create(_machine.Routine(() =>
            {
                KeSetPriorityThread(KeGetCurrentThread(), priority);
                ZwYieldExecution();
                order.Add(priority);
            }), null);
        }
        long interval = -10_000_000;
        KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, &interval);

        Assert.Equal([10, 6, 3], order);
    });

    [Fact]
    public void EveryThreadBelongsToTheSystemProcess() => _machine.Run(() =>
    {
        Assert.True(_machine.Kernel.Data.TryFind("PsInitialSystemProcess", out ulong variable));
        Assert.True(*(void**)variable == PsGetCurrentProcess());
        Assert.Equal(4ul, (ulong)PsGetCurrentProcessId());
    });

    private void* Create(DriverRoutine routine, void* context)
    {
        void** handle = (void**)_machine.New<nint>();
        Assert.Equal(STATUS_SUCCESS, PsCreateSystemThread(handle, 0, null, null, null, routine, context));
        void* value = *handle;
        _machine.Kernel.Pages.Free((ulong)handle, PAGE_SIZE);
        return value;
    }
}
