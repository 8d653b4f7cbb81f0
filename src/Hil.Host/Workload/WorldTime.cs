using System.Diagnostics;
using Hil.Machine.Qemu;

namespace Hil.Host;

/// <summary>Time in which both this process and QEMU could run: what a driver can be expected to use. While either is
/// stopped (SIGSTOP, a debugger) it stands still.</summary>
/// <remarks>It has to be looked at: a step between two looks counts as half a second at most.</remarks>
internal sealed class WorldTime(QemuProcess qemu)
{
    /// <summary>How often who waits should look.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan s_stepMax = 5 * LookEvery;

    private readonly Lock _lock = new();
    private long _lastLook = Stopwatch.GetTimestamp();
    private TimeSpan _now;

    /// <summary>Since some moment before.</summary>
    public TimeSpan Look()
    {
        lock (_lock)
        {
            long look = Stopwatch.GetTimestamp();
            TimeSpan step = Stopwatch.GetElapsedTime(_lastLook, look);
            _lastLook = look;
            if (!qemu.IsStopped)
                _now += step < s_stepMax ? step : s_stepMax;
            return _now;
        }
    }

    /// <summary>Waits for a task's end, so much of this time at most.</summary>
    /// <returns>Whether it has ended, however.</returns>
    public async Task<bool> WaitAsync(Task task, TimeSpan limit, CancellationToken cancellation)
    {
        TimeSpan end = Look() + limit;
        for (TimeSpan left = limit; !task.IsCompleted; left = end - Look())
        {
            if (left <= TimeSpan.Zero)
                return false;
            await task.WaitAsync(left < LookEvery ? left : LookEvery, cancellation)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
        return true;
    }
}
