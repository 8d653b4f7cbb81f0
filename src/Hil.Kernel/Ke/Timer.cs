namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint PeriodMsMax = int.MaxValue;

    /// <summary>Initialises a notification timer.</summary>
    /// <remarks>WDK: KeInitializeTimer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeInitializeTimer(KTIMER* timer) => KeInitializeTimerEx(timer, TIMER_TYPE.NotificationTimer);

    /// <summary>Initialises a timer of either type.</summary>
    /// <remarks>WDK: KeInitializeTimerEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeInitializeTimerEx(KTIMER* timer, TIMER_TYPE type)
    {
        TimerQueue timers = NtKernel.Current.Timers;
        if (timers.Cancel(timer))
            NtKernel.Current.Violation($"the timer at 0x{(ulong)timer:x} is initialised while it is set");
        KOBJECTS kind = type == TIMER_TYPE.NotificationTimer
            ? KOBJECTS.TimerNotificationObject
            : KOBJECTS.TimerSynchronizationObject;
        *timer = default;
        InitializeHeader(&timer->Header, kind, sizeof(KTIMER), 0);
    }

    /// <summary>Sets a timer, again if it is set already.</summary>
    /// <param name="dueTime">100 ns units; negative is relative, else system time.</param>
    /// <param name="dpc">Queued when the timer expires; may be null.</param>
    /// <returns>TRUE if it was set already.</returns>
    /// <remarks>WDK: KeSetTimer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeSetTimer(KTIMER* timer, long dueTime, KDPC* dpc) => KeSetTimerEx(timer, dueTime, 0, dpc);

    /// <summary>Sets a timer that may be periodic.</summary>
    /// <param name="period">Milliseconds; zero for once.</param>
    /// <remarks>WDK: KeSetTimerEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeSetTimerEx(KTIMER* timer, long dueTime, int period, KDPC* dpc)
    {
        NtKernel kernel = NtKernel.Current;
        RequireTimer(timer);
        bool wasSet = kernel.Timers.Cancel(timer);
        timer->Header.SignalState = 0;
        timer->Dpc = dpc;
        timer->Period = (uint)Math.Clamp((uint)period, 0, PeriodMsMax);
        kernel.Timers.Set(timer, TimerQueue.ToInterruptTime(kernel.Clock, dueTime));
        kernel.Scheduler.PreemptionPoint(); // A due time that has passed expires at once.
        return wasSet;
    }

    /// <summary>As KeSetTimerEx; the tolerance lets Windows join expirations, Hil expires on time.</summary>
    /// <remarks>WDK: KeSetCoalescableTimer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeSetCoalescableTimer(
        KTIMER* timer, long dueTime, uint period, uint tolerableDelay, KDPC* dpc) =>
        KeSetTimerEx(timer, dueTime, (int)period, dpc);

    /// <summary>Takes a timer out of the timer queue; TRUE if it was in it. Its DPC may still be queued.</summary>
    /// <remarks>WDK: KeCancelTimer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeCancelTimer(KTIMER* timer)
    {
        RequireTimer(timer);
        return NtKernel.Current.Timers.Cancel(timer);
    }

    /// <summary>TRUE when a timer is signalled.</summary>
    /// <remarks>WDK: KeReadStateTimer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeReadStateTimer(KTIMER* timer) => timer->Header.SignalState != 0;

    internal static bool IsTimer(DISPATCHER_HEADER* header) =>
        header->Type is (byte)KOBJECTS.TimerNotificationObject or (byte)KOBJECTS.TimerSynchronizationObject;

    /// <summary>What a timer does when it expires: it releases waiters and queues its DPC. At DISPATCH_LEVEL.</summary>
    internal static void SignalTimer(KTIMER* timer)
    {
        NtKernel kernel = NtKernel.Current;
        KDPC* dpc = timer->Dpc;
        timer->Header.SignalState = 1;
        kernel.Scheduler.Signal(&timer->Header);
        if (dpc == null)
            return;
        ulong time = (ulong)kernel.Clock.SystemTime;
        kernel.Dpcs.Insert(
            PointerCheck.Follow<KDPC>(dpc, "Timer->Dpc"), (void*)(time & uint.MaxValue), (void*)(time >> 32));
    }

    private static void RequireTimer(KTIMER* timer)
    {
        if (!IsTimer(&timer->Header))
            FailWrongObject(&timer->Header, "a timer");
    }
}
