using Hil.Loader;

namespace Hil.Host;

/// <summary>How a trace is replayed.</summary>
public sealed record ReplayOptions
{
    public required string TracePath { get; init; }

    /// <summary>Image of the driver; null for the one in the trace, or where it was.</summary>
    public string? DriverPath { get; init; }

    /// <summary>Makes a managed driver; null for the type that the trace names.</summary>
    public Func<ManagedDriver>? ManagedDriver { get; init; }

    /// <summary>Lets the driver poll more or fewer times than it did, and read configuration space in another
    /// order.</summary>
    public bool IsRelaxed { get; init; }

    /// <summary>Writes the replay down as a trace of its own.</summary>
    public string? CapturePath { get; init; }

    public string QemuPath { get; init; } = "qemu-system-x86_64";
}
