namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class EventTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly KEVENT* _event;

    public EventTests() => _event = _machine.New<KEVENT>();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void WaitForASetNotificationEventLeavesItSet() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.NotificationEvent, true);

        Assert.Equal(STATUS_SUCCESS, Wait(null));
        Assert.Equal(1, KeReadStateEvent(_event));
    });

    [Fact]
    public void WaitForASetSynchronizationEventClearsIt() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.SynchronizationEvent, true);

        Assert.Equal(STATUS_SUCCESS, Wait(null));
        Assert.Equal(0, KeReadStateEvent(_event));
    });

    [Fact]
    public void ZeroTimeoutTestsWithoutBlocking() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.NotificationEvent, false);
        long zero = 0;
        int idles = _machine.Processor.Idles;

        Assert.Equal(STATUS_TIMEOUT, Wait(&zero));
        Assert.Equal(idles, _machine.Processor.Idles);
    });

    [Fact]
    public void TimeoutEndsTheWaitNoSoonerThanAsked() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.NotificationEvent, false);
        long timeout = -10_000_000;
        long start = _machine.Clock.Now;

        Assert.Equal(STATUS_TIMEOUT, Wait(&timeout));
        Assert.InRange(_machine.Clock.Now - start, 10_000_000, 10_100_000);
    });

    [Fact]
    public void AbsoluteTimeoutInThePastEndsTheWaitAtOnce() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.NotificationEvent, false);
        long timeout = _machine.Clock.SystemTime - 1_000;
        long start = _machine.Clock.Now;

        Assert.Equal(STATUS_TIMEOUT, Wait(&timeout));
        Assert.True(_machine.Clock.Now - start < 1_000);
    });

    [Fact]
    public void KeSetEventReturnsTheStateFromBefore() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.NotificationEvent, false);

        Assert.Equal(0, KeSetEvent(_event, 0, false));
        Assert.Equal(1, KeSetEvent(_event, 0, false));
        Assert.Equal(1, KeResetEvent(_event));
        Assert.Equal(0, KeResetEvent(_event));
    });

    [Fact]
    public void NotificationEventReleasesAllWaiters() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.NotificationEvent, false);
        List<int> released = StartWaiters(3);

        KeSetEvent(_event, 0, false);
        TestMachine.Settle();

        Assert.Equal([0, 1, 2], released);
    });

    [Fact]
    public void SynchronizationEventReleasesOneWaiterForEachSetInOrderOfArrival() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.SynchronizationEvent, false);
        List<int> released = StartWaiters(3);

        for (int set = 1; set <= 3; set++)
        {
            KeSetEvent(_event, 0, false);
            TestMachine.Settle();
            Assert.Equal(Enumerable.Range(0, set), released);
        }
        Assert.Equal(0, KeReadStateEvent(_event));
    });

    [Fact]
    public void KePulseEventReleasesWaitersAndLeavesTheEventClear() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.NotificationEvent, false);
        List<int> released = StartWaiters(2);

        KePulseEvent(_event, 0, false);
        TestMachine.Settle();

        Assert.Equal([0, 1], released);
        Assert.Equal(0, KeReadStateEvent(_event));
    });

    [Fact]
    public void DriverThatClearsSignalStateItselfIsBelieved() => _machine.Run(() =>
    {
        KeInitializeEvent(_event, EVENT_TYPE.NotificationEvent, true);
        _event->Header.SignalState = 0; // KeClearEvent is a macro in some headers.
        long zero = 0;

        Assert.Equal(STATUS_TIMEOUT, Wait(&zero));
    });

    [Fact]
    public void UninitialisedMemoryIsNoEvent()
    {
        _event->Header.Type = 0x77;

        BugCheckReport report = _machine.RunToBugCheck(() => KeSetEvent(_event, 0, false));

        Assert.Equal((ulong)_event, report.Parameter1);
    }

    private NTSTATUS Wait(long* timeout) =>
        KeWaitForSingleObject(_event, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, timeout);

    private List<int> StartWaiters(int count)
    {
        var released = new List<int>();
        for (int i = 0; i < count; i++)
        {
            int waiter = i;
            _machine.StartThread(() =>
            {
                Wait(null);
                released.Add(waiter);
            });
        }
        TestMachine.Settle();
        return released;
    }
}
