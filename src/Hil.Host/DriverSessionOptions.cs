using System.Collections.Immutable;
using Hil.Kernel;
using Hil.Loader;
using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>What a <see cref="DriverSession"/> runs: one driver on one machine.</summary>
public sealed record DriverSessionOptions
{
    public MachineOptions Machine { get; init; } = new();

    /// <summary>Image of a native driver; exactly one of this and <see cref="ManagedDriver"/> is given.</summary>
    public string? ImagePath { get; init; }

    /// <summary>The native driver's image, where it was read before or does not come from a file.</summary>
    internal DriverImage? Image { get; init; }

    /// <summary>Writes the run to a trace; null for not.</summary>
    public CaptureOptions? Capture { get; init; }

    /// <summary>What repeats a run; null for a live one.</summary>
    internal ISessionTracing? Tracing { get; init; }

    /// <summary>Makes free choices, such as when a pending interrupt is taken.</summary>
    public Schedule Schedule { get; init; } = Schedule.Live;

    /// <summary>Makes the managed driver.</summary>
    public Func<ManagedDriver>? ManagedDriver { get; init; }

    /// <summary>Service name; null for the image's or the type's.</summary>
    public string? ServiceName { get; init; }

    /// <summary>Where images of services lie that a driver loads with ZwLoadDriver; null for the folder of
    /// <see cref="ImagePath"/>.</summary>
    public string? ServiceFolder { get; init; }

    /// <summary>PCI vendor and device that the driver is for; null for the functions that the machine's devices
    /// brought.</summary>
    public (ushort Vendor, ushort Device)? Match { get; init; }

    public InterruptPreference Interrupts { get; init; } = InterruptPreference.Registry;

    /// <summary>Values under the service's Parameters key: uint (REG_DWORD) or string (REG_SZ).</summary>
    public ImmutableDictionary<string, object> Parameters { get; init; } = ImmutableDictionary<string, object>.Empty;
}
