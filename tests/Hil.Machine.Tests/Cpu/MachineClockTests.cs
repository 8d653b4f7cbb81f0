using System.Diagnostics;

namespace Hil.Machine.Tests.Cpu;

/// <summary>Time is the time stamp counter's where the system trusts it, and must still be the system's.</summary>
public sealed class MachineClockTests
{
    private static readonly TimeSpan s_watched = TimeSpan.FromMilliseconds(300); // Calibration takes 10.

    [Fact]
    public void TimeNeverGoesBackOnAnyThread()
    {
        var clock = new MachineClock();

        Parallel.For(0, 2, _ =>
        {
            long last = 0;
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < s_watched;)
            {
                long now = clock.InterruptTime;
                Assert.True(now >= last, $"{now} came after {last}");
                last = now;
            }
        });
    }

    [Fact]
    public void TimeIsTheSystems()
    {
        const long ErrorMax = 1_000; // 100 µs; what is seen is below 1.
        long start = Stopwatch.GetTimestamp();
        var clock = new MachineClock();
        long begun = Stopwatch.GetTimestamp();

        while (Stopwatch.GetElapsedTime(start) < s_watched)
        {
            long atLeast = Stopwatch.GetElapsedTime(begun).Ticks;
            long now = clock.InterruptTime;
            long atMost = Stopwatch.GetElapsedTime(start).Ticks;
            Assert.InRange(now, atLeast - ErrorMax, atMost + ErrorMax);
        }
    }

    [Fact]
    public void TimeGoesOnAfterALongPause()
    {
        var clock = new MachineClock();
        Use(clock, TimeSpan.FromMilliseconds(30));
        long before = clock.InterruptTime;
        long start = Stopwatch.GetTimestamp();

        Thread.Sleep(500);

        long passed = Stopwatch.GetElapsedTime(start).Ticks;
        Assert.InRange(clock.InterruptTime - before, passed - 1_000, passed + TimeSpan.TicksPerSecond);
    }

    private static void Use(MachineClock clock, TimeSpan time)
    {
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time;)
            _ = clock.InterruptTime;
    }
}
