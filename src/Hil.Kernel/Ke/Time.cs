namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Length of a clock tick in 100 ns units: 64 ticks a second, as Windows reports it.</summary>
    internal const uint TimeIncrement = 156_250;

    /// <summary>Time in 100 ns units since 1601-01-01 UTC.</summary>
    /// <remarks>WDK: KeQuerySystemTime. x64 drivers have it inlined as a read of the shared page.</remarks>
    [Export]
    public static void KeQuerySystemTime(long* currentTime) => *currentTime = LookAtClock().SystemTime;

    /// <inheritdoc cref="KeQuerySystemTime"/>
    /// <remarks>WDK: KeQuerySystemTimePrecise.</remarks>
    [Export]
    public static void KeQuerySystemTimePrecise(long* currentTime) => *currentTime = LookAtClock().SystemTime;

    /// <summary>Time in 100 ns units since the machine started.</summary>
    /// <remarks>WDK: KeQueryInterruptTime.</remarks>
    [Export]
    public static ulong KeQueryInterruptTime() => (ulong)LookAtClock().InterruptTime;

    /// <summary>As KeQueryInterruptTime, with the performance counter of the same moment.</summary>
    /// <remarks>WDK: KeQueryInterruptTimePrecise.</remarks>
    [Export]
    public static ulong KeQueryInterruptTimePrecise(ulong* qpcTimeStamp)
    {
        IClock clock = LookAtClock();
        if (qpcTimeStamp != null)
            *qpcTimeStamp = (ulong)clock.PerformanceCounter;
        return (ulong)clock.InterruptTime;
    }

    /// <summary>As KeQueryInterruptTime without time asleep; the machine never sleeps.</summary>
    /// <remarks>WDK: KeQueryUnbiasedInterruptTime.</remarks>
    [Export]
    public static ulong KeQueryUnbiasedInterruptTime() => KeQueryInterruptTime();

    /// <summary>Clock ticks since the machine started; see KeQueryTimeIncrement for their length.</summary>
    /// <remarks>WDK: KeQueryTickCount. x64 drivers have it inlined as a read of the shared page.</remarks>
    [Export]
    public static void KeQueryTickCount(long* tickCount) =>
        *tickCount = LookAtClock().InterruptTime / TimeIncrement;

    /// <summary>Length of a clock tick in 100 ns units.</summary>
    /// <remarks>WDK: KeQueryTimeIncrement.</remarks>
    [Export]
    public static uint KeQueryTimeIncrement() => TimeIncrement;

    /// <summary>Asks for a finer clock; timers here are never coarser than the host's. Returns the length of a
    /// tick.</summary>
    /// <remarks>WDK: ExSetTimerResolution.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static uint ExSetTimerResolution(uint desiredTime, BOOLEAN setResolution) => TimeIncrement;

    /// <summary>System time to local time; the machine's time zone is UTC.</summary>
    /// <remarks>WDK: ExSystemTimeToLocalTime.</remarks>
    [Export]
    public static void ExSystemTimeToLocalTime(long* systemTime, long* localTime) => *localTime = *systemTime;

    /// <summary>Local time to system time; the machine's time zone is UTC.</summary>
    /// <remarks>WDK: ExLocalTimeToSystemTime.</remarks>
    [Export]
    public static void ExLocalTimeToSystemTime(long* localTime, long* systemTime) => *systemTime = *localTime;

    // A managed driver that waits for a word in memory makes no exit between its looks, but it looks at a clock or
    // stalls.
    internal static IClock LookAtClock()
    {
        NtKernel kernel = NtKernel.Current;
        kernel.Processor.ObserveDevices();
        kernel.Processor.NoteManagedProgress();
        return kernel.Clock;
    }
}

public static unsafe partial class Hal
{
    /// <summary>The performance counter; its frequency, in counts per second, if asked for.</summary>
    /// <remarks>WDK: KeQueryPerformanceCounter.</remarks>
    [Export]
    public static long KeQueryPerformanceCounter(long* performanceFrequency)
    {
        IClock clock = Ntoskrnl.LookAtClock();
        if (performanceFrequency != null)
            *performanceFrequency = clock.PerformanceFrequency;
        return clock.PerformanceCounter;
    }

    /// <summary>Holds the processor for some microseconds; interrupts above the current IRQL are served
    /// meanwhile.</summary>
    /// <remarks>WDK: KeStallExecutionProcessor; drivers should stall for at most 50 µs.</remarks>
    [Export]
    public static void KeStallExecutionProcessor(uint microseconds)
    {
        const long TicksPerMicrosecond = 10;
        NtKernel kernel = NtKernel.Current;
        long begin = kernel.Clock.InterruptTime;
        long end = begin + microseconds * TicksPerMicrosecond;
        long now;
        while ((now = kernel.Clock.SpinUntil(end)) < end)
            kernel.Processor.ServicePendingInterrupts();
        if (kernel.Processor.Irql >= DISPATCH_LEVEL)
            kernel.Processor.Hold(now - begin);
        kernel.Processor.ObserveDevices();
        kernel.Processor.NoteManagedProgress();
    }
}
