namespace Hil.Trace;

// The kernel asks several times for each IRP whether a deadline has come: only that it has is a record.

/// <summary>The seam at the clock: each look at it is an input.</summary>
internal sealed class TracedClock(IClock inner, TraceLog log) : IClock
{
    public long InterruptTime => Read(TraceClock.InterruptTime, log.IsLive ? inner.InterruptTime : 0);

    public long SystemTime => Read(TraceClock.SystemTime, log.IsLive ? inner.SystemTime : 0);

    public long PerformanceCounter => Read(TraceClock.PerformanceCounter, log.IsLive ? inner.PerformanceCounter : 0);

    public long PerformanceFrequency => inner.PerformanceFrequency;

    public bool HasCome(long time) =>
        log.HasCome(time) ?? log.Happens(TraceKind.Deadline, log.IsLive && inner.HasCome(time), [0]);

    public long Stamp => log.IsLive ? inner.Stamp : log.Now;

    // A moment is longer here than elsewhere, since each is a record. A replay does not wait.
    public long SpinUntil(long time) =>
        log.SpinTo(time) ?? Read(TraceClock.InterruptTime, log.IsLive ? Spin(time) : 0);

    private long Spin(long time)
    {
        const long MomentMax = 50; // 5 µs: an interrupt that comes meanwhile is taken after it.
        long end = Math.Min(time, inner.InterruptTime + MomentMax);
        long now;
        do
        {
            Thread.SpinWait(1);
            now = inner.InterruptTime;
        }
        while (now < end);
        return now;
    }

    private long Read(TraceClock which, long live) => (long)log.Exchange(TraceKind.Clock, [(ulong)which, (ulong)live]);
}

/// <summary>Which clock a Clock record is of.</summary>
public enum TraceClock
{
    InterruptTime,
    SystemTime,
    PerformanceCounter,
}
