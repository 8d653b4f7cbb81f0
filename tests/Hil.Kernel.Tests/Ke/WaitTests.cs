namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class WaitTests : IDisposable
{
    private const int Count = 8;

    private readonly TestMachine _machine = new();
    private readonly KEVENT* _events;
    private readonly void** _objects;
    private readonly KWAIT_BLOCK* _blocks;

    public WaitTests()
    {
        _events = (KEVENT*)_machine.New<Page>();
        _objects = (void**)_machine.New<Page>();
        _blocks = (KWAIT_BLOCK*)_machine.New<Page>();
        _machine.Run(() =>
        {
            for (int i = 0; i < Count; i++)
            {
                KeInitializeEvent(&_events[i], EVENT_TYPE.SynchronizationEvent, false);
                _objects[i] = &_events[i];
            }
        });
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void WaitAnyReturnsTheIndexOfTheFirstSignalledObject() => _machine.Run(() =>
    {
        KeSetEvent(&_events[5], 0, false);
        KeSetEvent(&_events[3], 0, false);

        Assert.Equal<NTSTATUS>(STATUS_WAIT_0 + 3, Wait(Count, WAIT_TYPE.WaitAny, null));
        Assert.Equal<NTSTATUS>(STATUS_WAIT_0 + 5, Wait(Count, WAIT_TYPE.WaitAny, null));
    });

    [Fact]
    public void WaitAnyTakesOneSignalOnly() => _machine.Run(() =>
    {
        NTSTATUS status = default;
        _machine.StartThread(() => status = Wait(Count, WAIT_TYPE.WaitAny, null));
        TestMachine.Settle();

        KeSetEvent(&_events[6], 0, false);
        KeSetEvent(&_events[2], 0, false);
        TestMachine.Settle();

        Assert.Equal<NTSTATUS>(STATUS_WAIT_0 + 6, status);
        Assert.Equal(1, KeReadStateEvent(&_events[2]));
    });

    [Fact]
    public void WaitAllTakesNothingUntilAllAreSignalled() => _machine.Run(() =>
    {
        bool isOver = false;
        _machine.StartThread(() =>
        {
            Wait(3, WAIT_TYPE.WaitAll, null);
            isOver = true;
        });
        TestMachine.Settle();

        KeSetEvent(&_events[0], 0, false);
        KeSetEvent(&_events[1], 0, false);
        TestMachine.Settle();
        Assert.False(isOver);
        Assert.Equal(1, KeReadStateEvent(&_events[0]));

        KeSetEvent(&_events[2], 0, false);
        TestMachine.Settle();
        Assert.True(isOver);
        for (int i = 0; i < 3; i++)
            Assert.Equal(0, KeReadStateEvent(&_events[i]));
    });

    [Fact]
    public void TimeoutOfAWaitForManyLeavesNoWaiterBehind() => _machine.Run(() =>
    {
        long timeout = -10_000;
        Assert.Equal(STATUS_TIMEOUT, Wait(Count, WAIT_TYPE.WaitAny, &timeout));

        KeSetEvent(&_events[4], 0, false);
        Assert.Equal(1, KeReadStateEvent(&_events[4]));
    });

    [Fact]
    public void SixtyFourObjectsAreAllowed() => _machine.Run(() =>
    {
        var events = (KEVENT*)_machine.New<Page>();
        for (int i = 0; i < 64; i++)
        {
            KeInitializeEvent(&events[i], EVENT_TYPE.NotificationEvent, i == 63);
            _objects[i] = &events[i];
        }

        Assert.Equal<NTSTATUS>(STATUS_WAIT_0 + 63, Wait(64, WAIT_TYPE.WaitAny, null));
    });

    [Fact]
    public void MoreThanThreeObjectsWithoutABlockArrayAreABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => KeWaitForMultipleObjects(
            4, _objects, WAIT_TYPE.WaitAny, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null, null));

        Assert.Equal(BugCheckCodes.MAXIMUM_WAIT_OBJECTS_EXCEEDED, report.Code);
    }

    [Fact]
    public void WaitThatCouldBlockAtDispatchLevelIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeRaiseIrqlToDpcLevel();
            KeWaitForSingleObject(_events, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
        });

        Assert.Equal(BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, report.Code);
        Assert.Equal((ulong)_events, report.Parameter1);
        Assert.Equal<KIRQL>(DISPATCH_LEVEL, (byte)report.Parameter2);
    }

    [Fact]
    public void ZeroTimeoutIsAllowedAtDispatchLevel() => _machine.Run(() =>
    {
        long zero = 0;
        KIRQL old = KeRaiseIrqlToDpcLevel();
        NTSTATUS status = KeWaitForSingleObject(
            _events, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, &zero);
        KeLowerIrql(old);

        Assert.Equal(STATUS_TIMEOUT, status);
    });

    [Fact]
    public void WildPointerIsABugCheckThatNamesIt()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => KeWaitForSingleObject(
            (void*)0x1234, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null));

        Assert.Equal(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, report.Code);
        Assert.Equal(0x1234ul, report.Parameter1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(99)]
    public void EverySignalIsTakenExactlyOnceWhateverTheSchedule(int seed)
    {
        using var machine = new TestMachine(Schedule.Seeded((ulong)seed));
        int taken = 0;
        machine.Run(() =>
        {
            KSEMAPHORE* semaphore = machine.New<KSEMAPHORE>();
            KeInitializeSemaphore(semaphore, 0, int.MaxValue);
            for (int i = 0; i < 4; i++)
            {
                machine.StartThread(() =>
                {
                    for (int n = 0; n < 25; n++)
                    {
                        KeWaitForSingleObject(
                            semaphore, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
                        taken++;
                    }
                });
            }
            for (int n = 0; n < 100; n++)
                KeReleaseSemaphore(semaphore, 0, 1, false);
            TestMachine.Settle();
            Assert.Equal(0, KeReadStateSemaphore(semaphore));
        });

        Assert.Equal(100, taken);
    }

    private NTSTATUS Wait(uint count, WAIT_TYPE type, long* timeout) => KeWaitForMultipleObjects(
        count, _objects, type, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, timeout, _blocks);

    private struct Page
    {
        public fixed byte Bytes[4096];
    }
}
