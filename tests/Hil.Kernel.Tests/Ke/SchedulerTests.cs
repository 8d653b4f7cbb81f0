namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class SchedulerTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void RunReturnsWhatTheWorkThrows()
    {
        Assert.Throws<InvalidTimeZoneException>(() => _machine.Run(static () => throw new InvalidTimeZoneException()));

        Assert.Equal(5, _machine.Run(static () => 5));
    }

    [Fact]
    public void ThrowingWorkLeavesTheNextAtPassiveLevel()
    {
        Assert.Throws<InvalidTimeZoneException>(() => _machine.Run(static () =>
        {
            KeRaiseIrqlToDpcLevel();
            throw new InvalidTimeZoneException();
        }));

        Assert.Equal<KIRQL>(PASSIVE_LEVEL, _machine.Run(KeGetCurrentIrql));
    }

    [Fact]
    public void RunOnAKernelThreadRunsRightThere() => _machine.Run(() =>
    {
        KTHREAD* outer = KeGetCurrentThread();
        KTHREAD* inner = null;

        _machine.Kernel.Scheduler.Run(() => inner = KeGetCurrentThread());

        Assert.True(outer == inner);
    });

    [Fact]
    public void MoreUrgentThreadRunsAsSoonAsItIsReady() => _machine.Run(() =>
    {
        List<string> order = [];
        KEVENT* go = _machine.New<KEVENT>();
        KeInitializeEvent(go, EVENT_TYPE.SynchronizationEvent, false);
        _machine.StartThread(
            () =>
            {
                KeWaitForSingleObject(go, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
                order.Add("urgent");
            },
            priority: 12);
        KeLowerIrql(KeRaiseIrqlToDpcLevel()); // A preemption point: it starts, and waits.

        KeSetEvent(go, 0, false);
        order.Add("setter");

        Assert.Equal(["urgent", "setter"], order);
    });

    [Fact]
    public void MoreUrgentThreadWaitsForIrqlToFall() => _machine.Run(() =>
    {
        List<string> order = [];
        KIRQL old = KeRaiseIrqlToDpcLevel();
        _machine.StartThread(() => order.Add("urgent"), priority: 12);
        order.Add("at DISPATCH_LEVEL");

        KeLowerIrql(old);
        order.Add("below");

        Assert.Equal(["at DISPATCH_LEVEL", "urgent", "below"], order);
    });

    [Fact]
    public void EqualThreadsTakeTurnsByQuantum() => _machine.Run(() =>
    {
        bool isSpinning = true;
        int turns = 0;
        _machine.StartThread(() =>
        {
            turns++;
            isSpinning = false;
        });

        while (isSpinning)
            KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.Equal(1, turns);
    });

    [Fact]
    public void LessUrgentThreadDoesNotRunWhileAnotherCan() => _machine.Run(() =>
    {
        bool ran = false;
        _machine.StartThread(() => ran = true, priority: 4);
        for (int i = 0; i < 100_000; i++)
            KeLowerIrql(KeRaiseIrqlToDpcLevel());
        Assert.False(ran);

        long interval = -10_000;
        KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, &interval);
        Assert.True(ran);
    });

    [Fact]
    public void ThreadIsWhereDriversLookForIt() => _machine.Run(() =>
    {
        byte* region = (byte*)_machine.Memory.ProcessorControlRegion;
        KTHREAD* seen = null;
        _machine.StartThread(() => seen = *(KTHREAD**)(region + 0x188));

        Assert.True(*(KTHREAD**)(region + 0x188) == KeGetCurrentThread());
        Assert.True(*(void**)(region + 0x18) == region);
        TestMachine.Settle();
        Assert.True(seen != null && seen != KeGetCurrentThread());
        Assert.True(*(KTHREAD**)(region + 0x188) == KeGetCurrentThread());
    });

    [Fact]
    public void ApcLevelSurvivesAWait() => _machine.Run(() =>
    {
        KIRQL seen = HIGH_LEVEL;
        KIRQL old = KfRaiseIrql(APC_LEVEL);
        _machine.StartThread(() => seen = KeGetCurrentIrql());
        long interval = -10_000;

        KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, &interval);

        Assert.Equal<KIRQL>(APC_LEVEL, KeGetCurrentIrql());
        Assert.Equal<KIRQL>(PASSIVE_LEVEL, seen);
        KeLowerIrql(old);
    });

    [Fact]
    public void WaitEndedByItsOwnInterruptNeedsNoThreadSwitch()
    {
        KEVENT* done = _machine.New<KEVENT>();
        KTIMER* timer = _machine.New<KTIMER>();
        KDPC* dpc = _machine.New<KDPC>();

        _machine.Run(() =>
        {
            KeInitializeEvent(done, EVENT_TYPE.SynchronizationEvent, false);
            KeInitializeTimer(timer);
            KeInitializeDpc(dpc, _machine.Routine(() => KeSetEvent(done, 0, false)), null);
            long switches = _machine.Kernel.Scheduler.Switches;
            for (int i = 0; i < 100; i++)
            {
                KeSetTimer(timer, -10_000, dpc);
                KeWaitForSingleObject(done, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
            }

            Assert.Equal(switches, _machine.Kernel.Scheduler.Switches);
        });
    }

    [Fact]
    public void ExpandedStackIsTheThreadsOwnWhileTheRoutineRuns() => _machine.Run(() =>
    {
        KernelThread self = _machine.Kernel.Scheduler.CurrentThread;
        GuestStack usual = self.Stack;
        nuint bytes = 0;
        DriverRoutine routine = _machine.Routine(() => bytes = (nuint)(self.Stack.Top - self.Stack.Limit));

        Assert.Equal(STATUS_SUCCESS, KeExpandKernelStackAndCallout(routine, null, 60_000));
        Assert.Equal(STATUS_INVALID_PARAMETER_3, KeExpandKernelStackAndCallout(routine, null, 1_000_000));

        Assert.True(bytes >= 60_000);
        Assert.Same(usual, self.Stack);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(4711)]
    public void OneThreadAtATimeRunsWhateverTheSchedule(int seed)
    {
        using var machine = new TestMachine(seed == 0 ? Schedule.Live : Schedule.Seeded((ulong)seed));
        int inside = 0;
        int total = 0;
        machine.Run(() =>
        {
            for (int i = 0; i < 6; i++)
            {
                machine.StartThread(() =>
                {
                    for (int n = 0; n < 50; n++)
                    {
                        Assert.Equal(1, Interlocked.Increment(ref inside));
                        total++;
                        Interlocked.Decrement(ref inside);
                        ZwYieldExecution();
                    }
                });
            }
            TestMachine.Settle();
        });

        Assert.Equal(300, total);
    }

    [Fact]
    public void SameSeedGivesTheSameOrder()
    {
        List<int> first = OrderOf(1234);
        List<int> second = OrderOf(1234);
        List<int> other = OrderOf(99);

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    private static List<int> OrderOf(ulong seed)
    {
        using var machine = new TestMachine(Schedule.Seeded(seed));
        List<int> order = [];
        machine.Run(() =>
        {
            for (int i = 0; i < 5; i++)
            {
                int number = i;
                machine.StartThread(() =>
                {
                    for (int n = 0; n < 10; n++)
                    {
                        order.Add(number);
                        KeLowerIrql(KeRaiseIrqlToDpcLevel());
                    }
                });
            }
            TestMachine.Settle();
        });
        return order;
    }
}
