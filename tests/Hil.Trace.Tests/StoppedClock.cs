using Hil.Kernel.Platform;

namespace Hil.Trace.Tests;

/// <summary>A clock at which no time passes.</summary>
internal sealed class StoppedClock : IClock
{
    public long InterruptTime => 1;

    public long SystemTime => 1;

    public long PerformanceCounter => 1;

    public long PerformanceFrequency => 1;
}
