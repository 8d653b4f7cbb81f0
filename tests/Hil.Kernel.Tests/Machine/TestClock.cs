namespace Hil.Kernel.Tests;

/// <summary>Time that passes by 100 ns with each look at it, so that busy waits end, and jumps when the machine
/// idles.</summary>
public sealed class TestClock : IClock
{
    private const long SystemTimeAtStart = 134_000_000_000_000_000; // Some day in 2025.

    private long _now = 10_000_000;
    private int _jumpers;

    public long InterruptTime => Interlocked.Increment(ref _now);

    public long SystemTime => SystemTimeAtStart + InterruptTime;

    public long PerformanceCounter => InterruptTime;

    public long PerformanceFrequency => 10_000_000;

    /// <summary>The time, without making it pass.</summary>
    public long Now => Volatile.Read(ref _now);

    public bool MayJump => Volatile.Read(ref _jumpers) != 0;

    public void AllowJumps() => Interlocked.Increment(ref _jumpers);

    public void ForbidJumps() => Interlocked.Decrement(ref _jumpers);

    public void AdvanceTo(long time)
    {
        long now;
        do
        {
            now = Now;
        }
        while (now < time && Interlocked.CompareExchange(ref _now, time, now) != now);
    }
}
