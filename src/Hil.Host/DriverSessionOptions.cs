using System.Collections.Immutable;
using Hil.Kernel;
using Hil.Loader;
using Hil.Machine;

namespace Hil.Host;

/// <summary>What a <see cref="DriverSession"/> runs: one driver on one machine.</summary>
public sealed record DriverSessionOptions
{
    public MachineOptions Machine { get; init; } = new();

    /// <summary>Image of a native driver; exactly one of this and <see cref="ManagedDriver"/> is given.</summary>
    public string? ImagePath { get; init; }

    /// <summary>Makes the managed driver.</summary>
    public Func<ManagedDriver>? ManagedDriver { get; init; }

    /// <summary>Service name; null for the image's or the type's.</summary>
    public string? ServiceName { get; init; }

    /// <summary>PCI vendor and device that the driver is for; null for the functions that the machine's devices
    /// brought.</summary>
    public (ushort Vendor, ushort Device)? Match { get; init; }

    public InterruptPreference Interrupts { get; init; } = InterruptPreference.Registry;

    /// <summary>Values under the service's Parameters key: uint (REG_DWORD) or string (REG_SZ).</summary>
    public ImmutableDictionary<string, object> Parameters { get; init; } = ImmutableDictionary<string, object>.Empty;
}
