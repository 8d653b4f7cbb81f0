using System.Diagnostics;

namespace Hil.Machine;

/// <summary>Real time for the kernel, and the pages where drivers read it without asking.</summary>
public sealed class MachineClock : IClock
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long _systemTimeAtStart = DateTime.UtcNow.ToFileTimeUtc();
    private readonly double _unitsPerTick = (double)TimeSpan.TicksPerSecond / Stopwatch.Frequency;

    public long InterruptTime => (long)((Stopwatch.GetTimestamp() - _start) * _unitsPerTick);

    public long SystemTime => _systemTimeAtStart + InterruptTime;

    public long PerformanceCounter => InterruptTime;

    public long PerformanceFrequency => TimeSpan.TicksPerSecond;
}
