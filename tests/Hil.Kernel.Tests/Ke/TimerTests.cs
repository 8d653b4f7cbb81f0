namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class TimerTests : IDisposable
{
    private const long Millisecond = 10_000;

    private readonly TestMachine _machine = new();
    private readonly KTIMER* _timer;
    private readonly KDPC* _dpc;

    public TimerTests()
    {
        _timer = _machine.New<KTIMER>();
        _dpc = _machine.New<KDPC>();
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void TimerSignalsWhenDueAndNotBefore() => _machine.Run(() =>
    {
        KeInitializeTimer(_timer);
        long start = _machine.Clock.Now;

        Assert.False(KeSetTimer(_timer, -5 * Millisecond, null));
        Assert.False(KeReadStateTimer(_timer));
        Wait(_timer);

        Assert.InRange(_machine.Clock.Now - start, 5 * Millisecond, 6 * Millisecond);
        Assert.True(KeReadStateTimer(_timer));
    });

    [Fact]
    public void SynchronizationTimerIsTakenByOneWait() => _machine.Run(() =>
    {
        KeInitializeTimerEx(_timer, TIMER_TYPE.SynchronizationTimer);
        KeSetTimer(_timer, -Millisecond, null);
        Wait(_timer);

        Assert.False(KeReadStateTimer(_timer));
    });

    [Fact]
    public void AbsoluteDueTimeIsSystemTime() => _machine.Run(() =>
    {
        KeInitializeTimer(_timer);
        long due = _machine.Clock.SystemTime + 20 * Millisecond;

        KeSetTimer(_timer, due, null);
        Wait(_timer);

        Assert.InRange(_machine.Clock.SystemTime, due, due + Millisecond);
    });

    [Fact]
    public void DueTimeInThePastExpiresAtOnce() => _machine.Run(() =>
    {
        bool ran = false;
        KeInitializeTimer(_timer);
        KeInitializeDpc(_dpc, _machine.Routine(() => ran = true), null);

        KeSetTimer(_timer, _machine.Clock.SystemTime - Millisecond, _dpc);

        Assert.True(KeReadStateTimer(_timer));
        Assert.True(ran);
    });

    [Fact]
    public void TimerQueuesItsDpc() => _machine.Run(() =>
    {
        KIRQL irql = default;
        KeInitializeTimer(_timer);
        KeInitializeDpc(_dpc, _machine.Routine(() => irql = KeGetCurrentIrql()), null);

        KeSetTimer(_timer, -Millisecond, _dpc);
        Wait(_timer);

        Assert.Equal<KIRQL>(DISPATCH_LEVEL, irql);
    });

    [Fact]
    public void PeriodicTimerExpiresAgainAndAgainUntilItIsCancelled() => _machine.Run(() =>
    {
        List<long> times = [];
        KeInitializeTimer(_timer);
        KeInitializeDpc(_dpc, _machine.Routine(() => times.Add(_machine.Clock.Now)), null);
        long start = _machine.Clock.Now;

        KeSetTimerEx(_timer, -10 * Millisecond, 20, _dpc);
        Delay(95 * Millisecond);
        Assert.True(KeCancelTimer(_timer));
        Delay(100 * Millisecond);

        Assert.Equal([10L, 30, 50, 70, 90], times.Select(time => (time - start) / Millisecond));
    });

    [Fact]
    public void CancelledTimerDoesNotExpire() => _machine.Run(() =>
    {
        KeInitializeTimer(_timer);
        KeSetTimer(_timer, -Millisecond, null);

        Assert.True(KeCancelTimer(_timer));
        Assert.False(KeCancelTimer(_timer));
        Delay(2 * Millisecond);

        Assert.False(KeReadStateTimer(_timer));
    });

    [Fact]
    public void SettingASetTimerMovesIt() => _machine.Run(() =>
    {
        KeInitializeTimer(_timer);
        KeSetTimer(_timer, -Millisecond, null);

        Assert.True(KeSetTimer(_timer, -50 * Millisecond, null));
        Delay(10 * Millisecond);
        Assert.False(KeReadStateTimer(_timer));
        Delay(50 * Millisecond);
        Assert.True(KeReadStateTimer(_timer));
    });

    [Fact]
    public void TimersExpireInOrderOfDueTimeWhateverTheOrderTheyWereSetIn() => _machine.Run(() =>
    {
        const int Count = 200;
        var timers = (KTIMER*)_machine.Kernel.Pages.Allocate(Count * (nuint)sizeof(KTIMER), PageAccess.ReadWrite);
        var dpcs = (KDPC*)_machine.Kernel.Pages.Allocate(Count * (nuint)sizeof(KDPC), PageAccess.ReadWrite);
        List<ulong> expired = [];
        DriverRoutine recorder = _machine.Routine((_, context, _, _) =>
        {
            expired.Add(context);
            return 0;
        });
        for (int i = 0; i < Count; i++)
        {
            int shuffled = i * 77 % Count;
            KeInitializeTimer(&timers[i]);
            KeInitializeDpc(&dpcs[i], recorder, (void*)shuffled);
            KeSetTimer(&timers[i], -(shuffled + 1) * Millisecond, &dpcs[i]);
        }
        for (int i = 0; i < Count; i += 2)
            KeCancelTimer(&timers[i]);

        Delay(Count * 2 * Millisecond);

        ulong[] expected =
            [.. Enumerable.Range(0, Count / 2).Select(static i => (ulong)((i * 2 + 1) * 77 % Count)).Order()];
        Assert.Equal(expected, expired);
    });

    [Fact]
    public void TimerThatWasOverwrittenWhileSetIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeInitializeTimer(_timer);
            KeSetTimer(_timer, -Millisecond, null);
            *_timer = default;
            Delay(2 * Millisecond);
        });

        Assert.Equal(BugCheckCodes.TIMER_OR_DPC_INVALID, report.Code);
        Assert.Equal((ulong)_timer, report.Parameter2);
    }

    [Fact]
    public void FreeingPoolWithASetTimerInItIsABugCheck()
    {
        ulong timer = 0;
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            byte* block = (byte*)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 200, 0x74736554);
            timer = (ulong)block + 64;
            KeInitializeTimer((KTIMER*)timer);
            KeSetTimer((KTIMER*)timer, -Millisecond, null);
            ExFreePoolWithTag(block, 0x74736554);
        });

        Assert.Equal(BugCheckCodes.TIMER_OR_DPC_INVALID, report.Code);
        Assert.Equal(timer, report.Parameter2);
    }

    [Fact]
    public void FreeingPoolAfterTheTimerIsCancelledIsAllowed() => _machine.Run(() =>
    {
        var timer = (KTIMER*)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 200, 0x74736554);
        KeInitializeTimer(timer);
        KeSetTimer(timer, -Millisecond, null);
        KeCancelTimer(timer);

        ExFreePoolWithTag(timer, 0x74736554);

        Assert.Equal(0, _machine.Kernel.Timers.Count);
    });

    [Fact]
    public void StallHoldsTheProcessorForTheTime() => _machine.Run(() =>
    {
        long start = _machine.Clock.Now;

        KeStallExecutionProcessor(50);

        Assert.InRange(_machine.Clock.Now - start, 500, 600);
    });

    private static void Wait(void* timer) =>
        Assert.Equal(
            STATUS_SUCCESS,
            KeWaitForSingleObject(timer, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null));

    private static void Delay(long time)
    {
        long interval = -time;
        KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, &interval);
    }
}
