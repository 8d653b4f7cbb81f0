namespace Hil.Kernel.Tests.Io;

/// <summary>Service routines that threads run, and those that are reported inactive.</summary>
public sealed unsafe class PassiveInterruptTests : IDisposable
{
    private const uint Line = 20;

    private readonly TestMachine _machine = new();
    private readonly List<string> _log = [];

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void AMessageIsServedAtPassiveLevelAfterItsInterruptIsEnded() => _machine.Run(() =>
    {
        byte vector = Message();
        Connect(vector, KINTERRUPT_MODE.Latched, PASSIVE_LEVEL, (_, _, _, _) =>
        {
            _log.Add($"isr at {KeGetCurrentIrql().Value}, {_machine.Processor.InService.Count} in service");
            return 1;
        });

        Raise(vector);

        Assert.Equal(["isr at 0, 0 in service"], _log);
        Assert.Equal(0, _machine.Kernel.Interrupts.Unclaimed);
    });

    [Fact]
    public void EdgesThatComeBeforeTheRoutineBeginsAreOneAndLaterOnesAreServedAfterIt() => _machine.Run(() =>
    {
        byte vector = EdgeLine();
        Connect(vector, KINTERRUPT_MODE.Latched, PASSIVE_LEVEL, (_, _, _, _) =>
        {
            _log.Add("begin");
            if (_log.Count == 1)
                Take(vector);
            _log.Add("end");
            return 1;
        });

        KIRQL old = KeRaiseIrqlToDpcLevel();
        for (int i = 0; i < 3; i++)
            Take(vector);
        KeLowerIrql(old);

        Assert.Equal(["begin", "end", "begin", "end"], _log);
        Assert.False(_machine.Interrupts.IsMasked(Line));
    });

    [Fact]
    public void AVectorMayHaveRoutinesOfBothKinds() => _machine.Run(() =>
    {
        byte vector = Message();
        Connect(vector, KINTERRUPT_MODE.Latched, PASSIVE_LEVEL, Answer("passive", 0));
        Connect(vector, KINTERRUPT_MODE.Latched, (byte)(vector >> 4), Answer("dirql", 1, times: 1));

        Raise(vector);

        Assert.Equal(["dirql", "dirql again", "passive"], _log);
        Assert.Equal(0, _machine.Kernel.Interrupts.Unclaimed);
    });

    [Fact]
    public void AMessageThatNoPassiveRoutineClaimsIsUnclaimed() => _machine.Run(() =>
    {
        byte vector = Message();
        Connect(vector, KINTERRUPT_MODE.Latched, PASSIVE_LEVEL, Answer("passive", 0));

        Raise(vector);

        Assert.Equal(["passive"], _log);
        Assert.Equal(1, _machine.Kernel.Interrupts.Unclaimed);
    });

    [Fact]
    public void ARoutineThatIsDisconnectedBeforeItsThreadRunsIsNotCalled() => _machine.Run(() =>
    {
        KeSetPriorityThread(KeGetCurrentThread(), HIGH_PRIORITY - 1);
        byte vector = Message();
        KINTERRUPT* interrupt = Connect(vector, KINTERRUPT_MODE.Latched, PASSIVE_LEVEL, Answer("passive", 1));
        Raise(vector);

        IoDisconnectInterrupt(interrupt);
        KeSetPriorityThread(KeGetCurrentThread(), LOW_PRIORITY + 1);

        Assert.Empty(_log);
    });

    [Fact]
    public void ALineIsMaskedWhileAllItsRoutinesAreInactive() => _machine.Run(() =>
    {
        Assert.True(_machine.Kernel.Interrupts.TryAllocateLine(Line, isLevel: true, out byte vector));
        KIRQL irql = (byte)(vector >> 4);
        KINTERRUPT* first = Connect(vector, KINTERRUPT_MODE.LevelSensitive, irql, Answer("first", 0));
        KINTERRUPT* second = Connect(vector, KINTERRUPT_MODE.LevelSensitive, irql, (_, _, _, _) =>
        {
            _log.Add("second");
            _machine.Interrupts.SetLine(Line, false);
            return 1;
        });

        Report(first, isActive: false);
        Assert.False(_machine.Interrupts.IsMasked(Line));
        Report(second, isActive: false);
        Assert.True(_machine.Interrupts.IsMasked(Line));
        _machine.Interrupts.SetLine(Line, true);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());
        Assert.Empty(_log);
        Report(second, isActive: true);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.Equal(["second"], _log);
        Assert.False(_machine.Interrupts.IsMasked(Line));
        IoDisconnectInterrupt(second);
        Assert.True(_machine.Interrupts.IsMasked(Line));
        Report(first, isActive: true);
        Assert.False(_machine.Interrupts.IsMasked(Line));
    });

    [Fact]
    public void AnInactivePassiveRoutineIsNotCalled() => _machine.Run(() =>
    {
        byte vector = Message();
        KINTERRUPT* interrupt = Connect(vector, KINTERRUPT_MODE.Latched, PASSIVE_LEVEL, Answer("passive", 1));

        Report(interrupt, isActive: false);
        Raise(vector);
        Assert.Empty(_log);
        Report(interrupt, isActive: true);
        Raise(vector);

        Assert.Equal(["passive"], _log);
    });

    [Fact]
    public void ReportingAnInterruptThatIsNotConnectedIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => Report(_machine.New<KINTERRUPT>(), isActive: false));

        Assert.Equal(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, report.Code);
    }

    private byte Message()
    {
        Assert.True(_machine.Kernel.Interrupts.TryAllocateVectors(1, out byte vector));
        return vector;
    }

    private byte EdgeLine()
    {
        Assert.True(_machine.Kernel.Interrupts.TryAllocateLine(Line, isLevel: false, out byte vector));
        return vector;
    }

    // The threads of service routines have real-time priority: they have run when this returns at PASSIVE_LEVEL.
    private void Raise(byte vector)
    {
        _machine.RaiseInterrupt(vector);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());
    }

    private void Take(byte vector)
    {
        _machine.RaiseInterrupt(vector);
        _machine.Kernel.Processor.ServicePendingInterrupts();
    }

    private Func<ulong, ulong, ulong, ulong, ulong> Answer(string name, ulong answer, int times = int.MaxValue)
    {
        int calls = 0;
        return (_, _, _, _) =>
        {
            _log.Add(calls++ == 0 ? name : $"{name} again");
            return calls <= times ? answer : 0;
        };
    }

    private KINTERRUPT* Connect(
        byte vector, KINTERRUPT_MODE mode, KIRQL irql, Func<ulong, ulong, ulong, ulong, ulong> routine)
    {
        KINTERRUPT** result = (KINTERRUPT**)_machine.New<nint>();
        IO_CONNECT_INTERRUPT_PARAMETERS* parameters = _machine.New<IO_CONNECT_INTERRUPT_PARAMETERS>();
        parameters->Version = CONNECT_FULLY_SPECIFIED;
        parameters->FullySpecified = new IO_CONNECT_INTERRUPT_PARAMETERS.FullySpecifiedParameters
        {
            InterruptObject = result,
            ServiceRoutine = _machine.Routine(routine),
            SynchronizeIrql = irql,
            ShareVector = true,
            Vector = vector,
            Irql = irql,
            InterruptMode = mode,
            ProcessorEnableMask = 1,
        };
        Assert.Equal(STATUS_SUCCESS, IoConnectInterruptEx(parameters));
        return *result;
    }

    private void Report(KINTERRUPT* interrupt, bool isActive)
    {
        IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS* parameters =
            _machine.New<IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS>();
        parameters->Version = CONNECT_FULLY_SPECIFIED;
        parameters->ConnectionContext.InterruptObject = interrupt;
        if (isActive)
            IoReportInterruptActive(parameters);
        else
            IoReportInterruptInactive(parameters);
    }
}
