using System.Diagnostics;

namespace Hil.Host;

/// <summary>Milliseconds since this process was executed. The system notes that moment to 10 ms.</summary>
internal static class ProcessClock
{
    public static double MillisecondsNow
    {
        get
        {
            using Process self = Process.GetCurrentProcess();
            return (DateTime.Now - self.StartTime).TotalMilliseconds;
        }
    }

    /// <param name="timestamp">As Stopwatch.GetTimestamp has it; null comes back for 0.</param>
    public static double? MillisecondsAt(long timestamp) =>
        timestamp == 0 ? null : MillisecondsNow - Stopwatch.GetElapsedTime(timestamp).TotalMilliseconds;
}
