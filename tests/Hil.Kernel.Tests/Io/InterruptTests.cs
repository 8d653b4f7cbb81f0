namespace Hil.Kernel.Tests.Io;

public sealed unsafe class InterruptTests : IDisposable
{
    private const uint Line = 20;

    private readonly TestMachine _machine = new();
    private readonly List<string> _log = [];

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ServiceRoutineRunsAtItsLevelAndTheInterruptIsEndedAfterwards()
    {
        KIRQL irql = default;
        int inService = 0;
        byte vector = 0;
        _machine.Run(() =>
        {
            vector = Message();
            Connect(vector, _machine.Routine((_, _, _, _) =>
            {
                irql = KeGetCurrentIrql();
                inService = _machine.Processor.InService.Count;
                return 1;
            }));
            _machine.RaiseInterrupt(vector);
            KeLowerIrql(KeRaiseIrqlToDpcLevel());
        });

        Assert.Equal((byte)(vector >> 4), irql.Value);
        Assert.Equal(1, inService);
        Assert.Empty(_machine.Processor.InService);
        Assert.Equal(1, _machine.Kernel.Interrupts.CountOf(vector));
    }

    [Fact]
    public void InterruptWaitsUntilIrqlFalls() => _machine.Run(() =>
    {
        byte vector = Message();
        Connect(vector, Claiming("isr"));
        KIRQL old = KfRaiseIrql((byte)(vector >> 4));
        _machine.RaiseInterrupt(vector);
        KeGetCurrentIrql();
        _machine.Processor.Wake();
        Assert.Empty(_log);

        KeLowerIrql(old);

        Assert.Equal(["isr"], _log);
    });

    [Fact]
    public void DpcOfAServiceRoutineRunsAfterIt() => _machine.Run(() =>
    {
        KDPC* dpc = _machine.New<KDPC>();
        KeInitializeDpc(dpc, _machine.Routine(() => _log.Add("dpc")), null);
        byte vector = Message();
        Connect(vector, _machine.Routine((_, _, _, _) =>
        {
            KeInsertQueueDpc(dpc, null, null);
            _log.Add("isr");
            return 1;
        }));

        _machine.RaiseInterrupt(vector);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.Equal(["isr", "dpc"], _log);
    });

    [Fact]
    public void InterruptOfAHigherLevelCutsIntoAServiceRoutine() => _machine.Run(() =>
    {
        byte[] vectors = [Message(), Message(), Message()];
        Array.Sort(vectors);
        Connect(vectors[2], Claiming("high"));
        Connect(vectors[0], _machine.Routine((_, _, _, _) =>
        {
            _log.Add("low");
            _machine.RaiseInterrupt(vectors[2]);
            _machine.Kernel.Processor.ServicePendingInterrupts();
            _log.Add("low again");
            return 1;
        }));

        _machine.RaiseInterrupt(vectors[0]);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.Equal(["low", "high", "low again"], _log);
    });

    [Fact]
    public void SharedLineCallsRoutinesUntilOneClaims() => _machine.Run(() =>
    {
        byte vector = AllocateLine();
        ConnectLine(vector, Refusing("first"));
        ConnectLine(vector, _machine.Routine((_, _, _, _) =>
        {
            _log.Add("second");
            _machine.Interrupts.SetLine(Line, false);
            return 1;
        }));
        ConnectLine(vector, Claiming("third"));

        _machine.Interrupts.SetLine(Line, true);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.Equal(["first", "second"], _log);
    });

    [Fact]
    public void LineThatStaysAssertedIsServedAgain() => _machine.Run(() =>
    {
        int left = 3;
        byte vector = AllocateLine();
        ConnectLine(vector, _machine.Routine((_, _, _, _) =>
        {
            if (--left == 0)
                _machine.Interrupts.SetLine(Line, false);
            return 1;
        }));

        _machine.Interrupts.SetLine(Line, true);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.Equal(0, left);
    });

    [Fact]
    public void LineThatNobodyClaimsIsMaskedAsAStorm() => _machine.Run(() =>
    {
        byte vector = AllocateLine();
        int calls = 0;
        ConnectLine(vector, _machine.Routine((_, _, _, _) =>
        {
            calls++;
            return 0;
        }));

        _machine.Interrupts.SetLine(Line, true);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.Equal(1_000, calls);
        Assert.True(_machine.Interrupts.IsMasked(Line));
        Assert.Equal(1, _machine.Kernel.Interrupts.Storms);
    });

    [Fact]
    public void LineThatIsClaimedButNeverClearedIsMaskedAsAStorm() => _machine.Run(() =>
    {
        byte vector = AllocateLine();
        DriverRoutine claims = _machine.Routine(static (_, _, _, _) => 1);
        ConnectLine(vector, _machine.Routine(static (_, _, _, _) => 0));
        ConnectLine(vector, claims);

        _machine.Interrupts.SetLine(Line, true);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.True(_machine.Interrupts.IsMasked(Line));
        Assert.Equal(1, _machine.Kernel.Interrupts.Storms);
        KernelEvent storm = _machine.Kernel.Events.Last(20).Single(e => e.Kind == KernelEventKind.InterruptStorm);
        Assert.Equal(claims.Address, storm.C);
    });

    [Fact]
    public void DisconnectedRoutineIsNotCalledAndTheLineIsMasked() => _machine.Run(() =>
    {
        byte vector = AllocateLine();
        KINTERRUPT* interrupt = ConnectLine(vector, Claiming("isr"));
        Assert.False(_machine.Interrupts.IsMasked(Line));

        IoDisconnectInterrupt(interrupt);
        Assert.True(_machine.Interrupts.IsMasked(Line));
        _machine.Interrupts.SetLine(Line, true);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.Empty(_log);
    });

    [Fact]
    public void VectorThatWasNotGrantedIsRefused() => _machine.Run(() =>
    {
        Assert.Equal(STATUS_INVALID_PARAMETER, TryConnect(0x55, 5, Claiming("isr"), shared: true, out _));
    });

    [Fact]
    public void WrongLevelIsRefused() => _machine.Run(() =>
    {
        byte vector = Message();
        KIRQL wrong = (byte)((vector >> 4) + 1);

        Assert.Equal(STATUS_INVALID_PARAMETER, TryConnect(vector, wrong, Claiming("isr"), shared: true, out _));
    });

    [Fact]
    public void VectorInUseIsRefusedUnlessBothShare() => _machine.Run(() =>
    {
        byte vector = Message();
        KIRQL irql = (byte)(vector >> 4);
        Assert.Equal(STATUS_SUCCESS, TryConnect(vector, irql, Claiming("one"), shared: false, out _));

        Assert.Equal(STATUS_INVALID_PARAMETER, TryConnect(vector, irql, Claiming("two"), shared: true, out _));
    });

    [Fact]
    public void PassiveLevelInterruptsAreForTheOtherRoutine() => _machine.Run(() =>
    {
        Assert.Equal(STATUS_NOT_SUPPORTED, TryConnect(Message(), PASSIVE_LEVEL, Claiming("isr"), shared: true, out _));
    });

    [Fact]
    public void SynchronizedRoutineRunsAtTheInterruptsLevelWithItsLockHeld() => _machine.Run(() =>
    {
        byte vector = Message();
        KINTERRUPT* interrupt = Connect(vector, Claiming("isr"));
        BOOLEAN result = KeSynchronizeExecution(interrupt, _machine.Routine((context, _, _, _) =>
        {
            Assert.Equal((byte)(vector >> 4), KeGetCurrentIrql().Value);
            Assert.False(KeTestSpinLock(interrupt->ActualLock));
            _machine.RaiseInterrupt(vector);
            _machine.Kernel.Processor.ServicePendingInterrupts();
            Assert.Empty(_log);
            return context;
        }), (void*)1);

        Assert.True(result);
        Assert.Equal(["isr"], _log);
        Assert.Equal<KIRQL>(PASSIVE_LEVEL, KeGetCurrentIrql());
    });

    [Fact]
    public void SynchronizingWithADisconnectedInterruptIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KINTERRUPT* interrupt = Connect(Message(), Claiming("isr"));
            IoDisconnectInterrupt(interrupt);
            KeAcquireInterruptSpinLock(interrupt);
        });

        Assert.Equal(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, report.Code);
    }

    [Fact]
    public void ServiceRoutineThatReturnsAtAnotherLevelIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            byte vector = Message();
            Connect(vector, _machine.Routine(() => KfRaiseIrql(HIGH_LEVEL)));
            _machine.RaiseInterrupt(vector);
            KeLowerIrql(KeRaiseIrqlToDpcLevel());
        });

        Assert.Equal(BugCheckCodes.IRQL_UNEXPECTED_VALUE, report.Code);
    }

    [Fact]
    public void MessagesGetConsecutiveAlignedVectorsOfOneLevel() => _machine.Run(() =>
    {
        foreach (int count in (int[])[1, 8, 4, 16, 2])
        {
            Assert.True(_machine.Kernel.Interrupts.TryAllocateVectors(count, out byte first));
            Assert.Equal(0, first % count);
            Assert.InRange(first >> 4, DIRQL_MIN, DIRQL_MAX);
            Assert.Equal(first >> 4, (first + count - 1) >> 4);
        }
    });

    [Fact]
    public void VectorsRunOutAndComeBack() => _machine.Run(() =>
    {
        List<byte> taken = [];
        while (_machine.Kernel.Interrupts.TryAllocateVectors(1, out byte vector))
            taken.Add(vector);
        Assert.Equal(9 * 16, taken.Distinct().Count());

        _machine.Kernel.Interrupts.FreeVector(taken[5]);
        Assert.True(_machine.Kernel.Interrupts.TryAllocateVectors(1, out byte again));
        Assert.Equal(taken[5], again);
    });

    [Fact]
    public void DevicesOnOneLineShareItsVector() => _machine.Run(() =>
    {
        byte first = AllocateLine();
        byte second = AllocateLine();
        Assert.Equal(first, second);
        Assert.False(_machine.Kernel.Interrupts.TryAllocateLine(Line, isLevel: false, out _));

        _machine.Kernel.Interrupts.FreeLine(Line);
        ConnectLine(second, Claiming("isr"));
    });

    [Fact]
    public void InterruptWakesAWaitingThread() => _machine.Run(() =>
    {
        KEVENT* done = _machine.New<KEVENT>();
        KeInitializeEvent(done, EVENT_TYPE.NotificationEvent, false);
        KDPC* dpc = _machine.New<KDPC>();
        KeInitializeDpc(dpc, _machine.Routine(() => KeSetEvent(done, 0, false)), null);
        byte vector = Message();
        Connect(vector, _machine.Routine((_, _, _, _) =>
        {
            KeInsertQueueDpc(dpc, null, null);
            return 1;
        }));

        ThreadPool.QueueUserWorkItem(_ => _machine.RaiseInterrupt(vector));

        Assert.Equal(
            STATUS_SUCCESS,
            KeWaitForSingleObject(done, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1234)]
    public void NoInterruptIsLostWhateverTheSchedule(int seed)
    {
        using var machine = new TestMachine(Schedule.Seeded((ulong)seed));
        int served = 0;
        machine.Run(() =>
        {
            Assert.True(machine.Kernel.Interrupts.TryAllocateVectors(1, out byte vector));
            IoConnectInterrupt(
                (KINTERRUPT**)machine.New<nint>(), machine.Routine((_, _, _, _) =>
                {
                    served++;
                    return 1;
                }),
                null, null, vector, (byte)(vector >> 4), (byte)(vector >> 4), KINTERRUPT_MODE.Latched, false, 1, false);
            for (int i = 1; i <= 100; i++)
            {
                machine.RaiseInterrupt(vector);
                for (int tries = 0; served < i && tries < 1_000; tries++)
                    KeLowerIrql(KeRaiseIrqlToDpcLevel());
                Assert.Equal(i, served);
            }
        });
    }

    private byte Message()
    {
        Assert.True(_machine.Kernel.Interrupts.TryAllocateVectors(1, out byte vector));
        return vector;
    }

    private byte AllocateLine()
    {
        Assert.True(_machine.Kernel.Interrupts.TryAllocateLine(Line, isLevel: true, out byte vector));
        return vector;
    }

    private KINTERRUPT* Connect(byte vector, DriverRoutine routine)
    {
        NTSTATUS status = TryConnect(vector, (byte)(vector >> 4), routine, shared: false, out KINTERRUPT* interrupt);
        Assert.Equal(STATUS_SUCCESS, status);
        return interrupt;
    }

    private KINTERRUPT* ConnectLine(byte vector, DriverRoutine routine)
    {
        KINTERRUPT** result = (KINTERRUPT**)_machine.New<nint>();
        Assert.Equal(STATUS_SUCCESS, IoConnectInterrupt(
            result, routine, null, null, vector, (byte)(vector >> 4), (byte)(vector >> 4),
            KINTERRUPT_MODE.LevelSensitive, true, 1, false));
        return *result;
    }

    private NTSTATUS TryConnect(byte vector, KIRQL irql, DriverRoutine routine, bool shared, out KINTERRUPT* interrupt)
    {
        KINTERRUPT** result = (KINTERRUPT**)_machine.New<nint>();
        NTSTATUS status = IoConnectInterrupt(
            result, routine, null, null, vector, irql, irql, KINTERRUPT_MODE.Latched, shared, 1, false);
        interrupt = *result;
        return status;
    }

    private DriverRoutine Claiming(string name) => Answering(name, 1);

    private DriverRoutine Refusing(string name) => Answering(name, 0);

    private DriverRoutine Answering(string name, ulong answer) => _machine.Routine((_, _, _, _) =>
    {
        _log.Add(name);
        return answer;
    });
}
