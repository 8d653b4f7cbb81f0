namespace Hil.Kernel.Tests.Ke;

/// <summary>The paths between register access and completed IRP allocate nothing managed once they are warm.</summary>
public sealed unsafe class AllocationTests : IDisposable
{
    private const int WarmUp = 2_000;
    private const int Rounds = 10_000;

    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void RaisingAndLoweringIrqlAllocatesNothing() =>
        AssertAllocatesNothing(static () => KeLowerIrql(KeRaiseIrqlToDpcLevel()));

    [Fact]
    public void SpinLocksAllocateNothing()
    {
        KSPIN_LOCK* spinLock = _machine.New<KSPIN_LOCK>();

        AssertAllocatesNothing(() => KeReleaseSpinLock(spinLock, KeAcquireSpinLockRaiseToDpc(spinLock)));
    }

    [Fact]
    public void DpcsAllocateNothing()
    {
        KDPC* dpc = _machine.New<KDPC>();
        _machine.Run(() => KeInitializeDpc(dpc, _machine.Kernel.Gate.Register(static _ => 0), null));

        AssertAllocatesNothing(() => KeInsertQueueDpc(dpc, null, null));
    }

    [Fact]
    public void EventsAllocateNothing()
    {
        KEVENT* @event = _machine.New<KEVENT>();
        _machine.Run(() => KeInitializeEvent(@event, EVENT_TYPE.SynchronizationEvent, false));

        AssertAllocatesNothing(() =>
        {
            KeSetEvent(@event, 0, false);
            KeWaitForSingleObject(@event, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
        });
    }

    [Fact]
    public void WaitsThatTimeOutAllocateNothing()
    {
        KEVENT* @event = _machine.New<KEVENT>();
        _machine.Run(() => KeInitializeEvent(@event, EVENT_TYPE.SynchronizationEvent, false));

        AssertAllocatesNothing(() =>
        {
            long timeout = -10;
            KeWaitForSingleObject(@event, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, &timeout);
        });
    }

    [Fact]
    public void TimersAllocateNothing()
    {
        KTIMER* timer = _machine.New<KTIMER>();
        _machine.Run(() => KeInitializeTimer(timer));

        AssertAllocatesNothing(() =>
        {
            KeSetTimer(timer, -10_000_000, null);
            KeCancelTimer(timer);
        });
    }

    [Fact]
    public void InterruptToDpcToWaiterAllocatesNothing()
    {
        KEVENT* done = _machine.New<KEVENT>();
        KDPC* dpc = _machine.New<KDPC>();
        var interrupt = (KINTERRUPT**)_machine.New<nint>();
        byte vector = 0;
        _machine.Run(() =>
        {
            KeInitializeEvent(done, EVENT_TYPE.SynchronizationEvent, false);
            KeInitializeDpc(dpc, _machine.Kernel.Gate.Register(arguments =>
            {
                KeSetEvent((KEVENT*)arguments[1], 0, false);
                return 0;
            }), done);
            Assert.True(_machine.Kernel.Interrupts.TryAllocateVectors(1, out vector));
            IoConnectInterrupt(
                interrupt, _machine.Kernel.Gate.Register(static arguments =>
                {
                    KeInsertQueueDpc((KDPC*)arguments[1], null, null);
                    return 1;
                }),
                dpc, null, vector, (byte)(vector >> 4), (byte)(vector >> 4), KINTERRUPT_MODE.Latched, false, 1, false);
        });

        AssertAllocatesNothing(() =>
        {
            _machine.RaiseInterrupt(vector);
            KeWaitForSingleObject(done, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
        });

        Assert.True(_machine.Kernel.Interrupts.CountOf(vector) >= WarmUp + Rounds);
    }

    [Fact]
    public void SwitchingBetweenThreadsAllocatesNothing()
    {
        KEVENT* ping = _machine.New<KEVENT>();
        KEVENT* pong = _machine.New<KEVENT>();
        _machine.Run(() =>
        {
            KeInitializeEvent(ping, EVENT_TYPE.SynchronizationEvent, false);
            KeInitializeEvent(pong, EVENT_TYPE.SynchronizationEvent, false);
            _machine.StartThread(() =>
            {
                while (true)
                {
                    KeWaitForSingleObject(ping, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
                    KeSetEvent(pong, 0, false);
                }
            });
        });

        AssertAllocatesNothing(() =>
        {
            KeSetEvent(ping, 0, false);
            KeWaitForSingleObject(pong, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
        });
    }

    private void AssertAllocatesNothing(Action round) => _machine.Run(() =>
    {
        for (int i = 0; i < WarmUp; i++)
            round();

        Assert.Equal(0, Allocation.Least(() =>
        {
            for (int i = 0; i < Rounds; i++)
                round();
        }));
    });
}
