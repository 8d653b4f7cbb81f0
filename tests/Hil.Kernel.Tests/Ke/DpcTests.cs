namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class DpcTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly KDPC* _dpc;
    private readonly List<ulong> _ran = [];

    public DpcTests() => _dpc = _machine.New<KDPC>();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void DpcGetsItsArgumentsAtDispatchLevel() => _machine.Run(() =>
    {
        KIRQL irql = default;
        ulong[] arguments = [];
        KeInitializeDpc(
            _dpc,
            _machine.Routine((dpc, context, first, second) =>
            {
                irql = KeGetCurrentIrql();
                arguments = [dpc, context, first, second];
                return 0;
            }),
            (void*)7);

        Assert.True(KeInsertQueueDpc(_dpc, (void*)8, (void*)9));

        Assert.Equal([(ulong)_dpc, 7, 8, 9], arguments);
        Assert.Equal<KIRQL>(DISPATCH_LEVEL, irql);
        Assert.Equal<KIRQL>(PASSIVE_LEVEL, KeGetCurrentIrql());
    });

    [Fact]
    public void QueuedDpcIsNotQueuedAgain() => _machine.Run(() =>
    {
        KeInitializeDpc(_dpc, Recorder(), null);
        KIRQL old = KeRaiseIrqlToDpcLevel();

        Assert.True(KeInsertQueueDpc(_dpc, (void*)1, null));
        Assert.False(KeInsertQueueDpc(_dpc, (void*)2, null));
        KeLowerIrql(old);

        Assert.Equal([1ul], _ran);
    });

    [Fact]
    public void RunningDpcMayQueueItself() => _machine.Run(() =>
    {
        int runs = 0;
        KeInitializeDpc(_dpc, _machine.Routine(() =>
        {
            if (++runs < 3)
                Assert.True(KeInsertQueueDpc(_dpc, null, null));
        }), null);

        KeInsertQueueDpc(_dpc, null, null);

        Assert.Equal(3, runs);
    });

    [Fact]
    public void HighImportanceGoesFirst() => _machine.Run(() =>
    {
        KDPC* urgent = _machine.New<KDPC>();
        DriverRoutine recorder = Recorder();
        KeInitializeDpc(_dpc, recorder, null);
        KeInitializeDpc(urgent, recorder, null);
        KeSetImportanceDpc(urgent, KDPC_IMPORTANCE.HighImportance);
        KIRQL old = KeRaiseIrqlToDpcLevel();

        KeInsertQueueDpc(_dpc, (void*)1, null);
        KeInsertQueueDpc(urgent, (void*)2, null);
        KeLowerIrql(old);

        Assert.Equal([2ul, 1], _ran);
    });

    [Fact]
    public void RemovedDpcDoesNotRun() => _machine.Run(() =>
    {
        KeInitializeDpc(_dpc, Recorder(), null);
        KIRQL old = KeRaiseIrqlToDpcLevel();
        KeInsertQueueDpc(_dpc, null, null);

        Assert.True(KeRemoveQueueDpc(_dpc));
        Assert.False(KeRemoveQueueDpc(_dpc));
        KeLowerIrql(old);

        Assert.Empty(_ran);
    });

    [Fact]
    public void ManyDpcsRunInTheOrderTheyWereQueued() => _machine.Run(() =>
    {
        const int Count = 300; // More than the ring holds at first.
        KDPC* dpcs = (KDPC*)_machine.Kernel.Pages.Allocate(Count * (nuint)sizeof(KDPC), PageAccess.ReadWrite);
        DriverRoutine recorder = Recorder();
        KIRQL old = KeRaiseIrqlToDpcLevel();
        for (int i = 0; i < Count; i++)
        {
            KeInitializeDpc(&dpcs[i], recorder, null);
            KeInsertQueueDpc(&dpcs[i], (void*)i, null);
        }

        KeLowerIrql(old);

        Assert.Equal(Enumerable.Range(0, Count).Select(static i => (ulong)i), _ran);
    });

    [Fact]
    public void DpcThatWaitsIsBugCheckAttemptedSwitchFromDpc()
    {
        KEVENT* never = _machine.New<KEVENT>();

        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeInitializeEvent(never, EVENT_TYPE.NotificationEvent, false);
            KeInitializeDpc(_dpc, _machine.Routine(() =>
                KeWaitForSingleObject(never, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null)), null);
            KeInsertQueueDpc(_dpc, null, null);
        });

        Assert.Equal(BugCheckCodes.ATTEMPTED_SWITCH_FROM_DPC, report.Code);
    }

    [Fact]
    public void DpcThatReturnsAtAnotherLevelIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeInitializeDpc(_dpc, _machine.Routine(() => KfRaiseIrql(5)), null);
            KeInsertQueueDpc(_dpc, null, null);
        });

        Assert.Equal(BugCheckCodes.IRQL_UNEXPECTED_VALUE, report.Code);
    }

    [Fact]
    public void OverwrittenDpcIsFoundBeforeItRuns()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeInitializeDpc(_dpc, Recorder(), null);
            KIRQL old = KeRaiseIrqlToDpcLevel();
            KeInsertQueueDpc(_dpc, null, null);
            *_dpc = default;
            KeLowerIrql(old);
        });

        Assert.Equal(BugCheckCodes.TIMER_OR_DPC_INVALID, report.Code);
        Assert.Equal((ulong)_dpc, report.Parameter2);
    }

    [Fact]
    public void GenericCallRunsTheRoutineOnceAtDispatchLevelBeforeItReturns() => _machine.Run(() =>
    {
        List<(ulong Context, KIRQL Irql)> calls = [];
        KeGenericCallDpc(_machine.Routine((_, context, done, synchronize) =>
        {
            calls.Add((context, KeGetCurrentIrql()));
            Assert.True(KeSignalCallDpcSynchronize((void*)synchronize));
            KeSignalCallDpcDone((void*)done);
            return 0;
        }), (void*)12);

        Assert.Equal([(12ul, new KIRQL(DISPATCH_LEVEL))], calls);
    });

    private DriverRoutine Recorder() => _machine.Routine((_, _, argument, _) =>
    {
        _ran.Add(argument);
        return 0;
    });
}
