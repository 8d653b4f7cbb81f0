using System.Collections.Immutable;
using Hil.Kernel;
using Hil.Loader;
using Hil.Trace;

namespace Hil.Testing;

/// <summary>What a <see cref="HilRig"/> starts.</summary>
public sealed record HilRigOptions
{
    /// <summary>A native driver's image; one of this and <see cref="ManagedDriver"/> is needed.</summary>
    public string? Driver { get; init; }

    /// <summary>Makes a driver written in C#.</summary>
    public Func<ManagedDriver>? ManagedDriver { get; init; }

    /// <summary>Values of QEMU's <c>-device</c>, such as "edu". None for a driver without hardware.</summary>
    public ImmutableArray<string> Devices { get; init; } = [];

    /// <summary>PCI vendor and device that the driver is for; null for every function that
    /// <see cref="Devices"/> brought.</summary>
    public (ushort Vendor, ushort Device)? Match { get; init; }

    public InterruptPreference Interrupts { get; init; } = InterruptPreference.Message;

    /// <summary>Values under the service's Parameters key: uint or string.</summary>
    public ImmutableDictionary<string, object> Parameters { get; init; } = ImmutableDictionary<string, object>.Empty;

    /// <summary>Where images of services lie that a driver loads with ZwLoadDriver; null for the folder of
    /// <see cref="Driver"/>.</summary>
    public string? ServiceFolder { get; init; }

    /// <summary>Guest RAM in bytes.</summary>
    public ulong MemoryBytes { get; init; } = 256UL << 20;

    /// <summary>Writes the run to a trace, which <see cref="HilReplay"/> replays; null for not.</summary>
    public CaptureOptions? Capture { get; init; }

    /// <summary>Makes the kernel's free choices; <see cref="Schedule.Seeded"/> finds races.</summary>
    public Schedule Schedule { get; init; } = Schedule.Live;

    /// <summary>Driver code that does not come back for this long is bug-checked.</summary>
    public TimeSpan Watchdog { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>QEMU program, looked up in PATH, or a path.</summary>
    public string QemuPath { get; init; } = "qemu-system-x86_64";

    /// <summary>Further arguments of QEMU.</summary>
    public ImmutableArray<string> QemuArguments { get; init; } = [];
}
