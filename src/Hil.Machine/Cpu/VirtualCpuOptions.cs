namespace Hil.Machine;

/// <summary>How the host waits for the virtual processor.</summary>
public sealed record VirtualCpuOptions
{
    /// <summary>Driver code that neither returns nor calls the kernel for this long is stopped.</summary>
    public TimeSpan Watchdog { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it may go on calling the kernel at DISPATCH_LEVEL or above; null for as long as the
    /// watchdog.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>Instructions in a slice, where driver code runs in slices.</summary>
    public uint SliceInstructions { get; init; } = 1_000_000;

    /// <summary>How long the host spins for an exit before it sleeps. On one core spinning keeps the other side
    /// from running.</summary>
    public TimeSpan Spin { get; init; } =
        Environment.ProcessorCount > 1 ? TimeSpan.FromMicroseconds(50) : TimeSpan.Zero;

    /// <summary>Rounds that the virtual processor spins for a request before it halts; about 2 ns each.</summary>
    public uint GuestSpinRounds { get; init; } = Environment.ProcessorCount > 1 ? 25_000u : 0;
}
