namespace Hil.Kernel;

// EX_TIMER is opaque: a KTIMER, which a thread may wait for, the DPC that calls the driver's routine, and the routine.

public static unsafe partial class Ntoskrnl
{
    private const uint ExTimerTag = 0x54207845; // 'Ex T'

    private struct ExTimer
    {
        public KTIMER Timer;
        public KDPC Dpc;
        public DriverRoutine Callback;
        public void* CallbackContext;
    }

    /// <summary>Allocates a timer whose routine is called at DISPATCH_LEVEL; null when memory is exhausted.</summary>
    /// <remarks>WDK: ExAllocateTimer. High resolution needs no mention: every timer here has the host's.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* ExAllocateTimer(DriverRoutine callback, void* callbackContext, uint attributes)
    {
        const uint SynchronizationTimerAttribute = 1; // Without it a notification timer.
        NtKernel kernel = NtKernel.Current;
        var timer = (ExTimer*)kernel.Pool.Allocate((nuint)sizeof(ExTimer), ExTimerTag, zero: true);
        if (timer == null)
            return null;
        bool isSynchronization = (attributes & SynchronizationTimerAttribute) != 0;
        KeInitializeTimerEx(
            &timer->Timer, isSynchronization ? TIMER_TYPE.SynchronizationTimer : TIMER_TYPE.NotificationTimer);
        KeInitializeDpc(&timer->Dpc, kernel.WorkQueues.ExTimerDpc, timer);
        timer->Callback = callback;
        timer->CallbackContext = callbackContext;
        return timer;
    }

    /// <summary>Sets a timer; TRUE if it was set already.</summary>
    /// <param name="dueTime">100 ns units; negative is relative, else system time.</param>
    /// <param name="period">100 ns units; zero for once.</param>
    /// <remarks>WDK: ExSetTimer. Periods are rounded up to a millisecond.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN ExSetTimer(void* timer, long dueTime, long period, void* parameters)
    {
        const long TicksPerMs = 10_000;
        ExTimer* state = RequireExTimer(timer);
        KDPC* dpc = state->Callback.IsNull ? null : &state->Dpc;
        return KeSetTimerEx(&state->Timer, dueTime, (int)((period + TicksPerMs - 1) / TicksPerMs), dpc);
    }

    /// <summary>Cancels a timer; TRUE if it was set.</summary>
    /// <remarks>WDK: ExCancelTimer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN ExCancelTimer(void* timer, void* parameters) => KeCancelTimer(&RequireExTimer(timer)->Timer);

    /// <summary>Deletes a timer; TRUE if <paramref name="cancel"/> found it set.</summary>
    /// <param name="wait">TRUE to return only when its routine cannot be called any more, which is always so
    /// here.</param>
    /// <remarks>WDK: ExDeleteTimer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN ExDeleteTimer(void* timer, BOOLEAN cancel, BOOLEAN wait, void* parameters)
    {
        ExTimer* state = RequireExTimer(timer);
        bool wasSet = KeCancelTimer(&state->Timer);
        KeRemoveQueueDpc(&state->Dpc);
        NtKernel.Current.Pool.Free(timer);
        return wasSet && cancel;
    }

    /// <summary>What the DPC of every such timer does.</summary>
    internal static void RunExTimer(void* timer)
    {
        var state = (ExTimer*)timer;
        Processor.Current.Call(state->Callback, timer, state->CallbackContext);
    }

    private static ExTimer* RequireExTimer(void* timer) => PointerCheck.Follow<ExTimer>(timer, "Timer");
}
