using System.Collections.Immutable;

namespace Hil.Machine;

/// <summary>What an <see cref="EmulatedMachine"/> is made of.</summary>
public sealed record MachineOptions
{
    /// <summary>Program name, looked up in PATH, or a path.</summary>
    public string QemuPath { get; init; } = "qemu-system-x86_64";

    /// <summary>RAM in bytes, 64 MB to 2 GB, whole megabytes.</summary>
    public ulong MemoryBytes { get; init; } = 256UL << 20;

    /// <summary>Memory for a <see cref="ShadowMemory"/>, whole megabytes, up to 64 MB; 0 when nothing is
    /// shadowed.</summary>
    public ulong ShadowBytes { get; init; }

    /// <summary>Values of QEMU's <c>-device</c>.</summary>
    public ImmutableArray<string> Devices { get; init; } = [];

    /// <summary>Functions that the machine claims to have, in place of those on its PCI bus; null for the truth.</summary>
    public ImmutableArray<PciFunction>? Functions { get; init; }

    /// <summary>Further QEMU arguments.</summary>
    public ImmutableArray<string> ExtraArguments { get; init; } = [];

    /// <summary>Whether each device access of driver code comes to the host (about 1 µs) in place of going to the device
    /// directly.</summary>
    public bool TrapsDeviceAccess { get; init; }

    public VirtualCpuOptions Cpu { get; init; } = new();
}
