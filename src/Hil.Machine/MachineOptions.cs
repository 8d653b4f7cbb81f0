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

    /// <summary>Functions that the machine claims to have, in place of those on its PCI bus; null for the
    /// truth.</summary>
    public ImmutableArray<PciFunction>? Functions { get; init; }

    /// <summary>Further QEMU arguments.</summary>
    public ImmutableArray<string> ExtraArguments { get; init; } = [];

    /// <summary>Whether each device access of driver code comes to the host (about 1 µs) in place of going to the
    /// device directly.</summary>
    public bool TrapsDeviceAccess { get; init; }

    /// <summary>With <see cref="TrapsDeviceAccess"/>: whether port and clock instructions come to the host, too.
    /// Finding them takes time when a driver is loaded.</summary>
    public bool TrapsInstructions { get; init; } = true;

    /// <summary>Whether a run depends on nothing but what the host answers: driver code runs with interrupts closed, so
    /// that they are taken at exits only, and reads clocks through the host. Needs
    /// <see cref="TrapsDeviceAccess"/>.</summary>
    public bool Deterministic { get; init; }

    /// <summary>With <see cref="Deterministic"/>: whether driver code is cut into after every so many instructions,
    /// always at the same one. Plain code then takes 2.4 times as long.</summary>
    public bool Slices { get; init; }

    /// <summary>With <see cref="Deterministic"/>: whether kernel calls are observed, so that routines which could run
    /// in the guest (IRQL, spin locks) must come to the host.</summary>
    public bool WatchesCalls { get; init; }

    /// <summary>Which of the address ranges for RAM windows this machine gets, 0 to 255; null for the first free one:
    /// from 0 for a deterministic machine, from 1 for others.</summary>
    public int? WindowSlot { get; init; }

    public VirtualCpuOptions Cpu { get; init; } = new();
}
