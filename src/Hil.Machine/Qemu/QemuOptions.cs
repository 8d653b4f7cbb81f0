using System.Collections.Immutable;

namespace Hil.Machine.Qemu;

/// <summary>What a QEMU process is started with.</summary>
public sealed record QemuOptions
{
    /// <summary>What x64 Windows counts on (CMPXCHG16B, LAHF/SAHF, SSE4.2, POPCNT; PREFETCHW, which TCG runs but does
    /// not announce) and nothing that the monitor would have to save beyond XMM registers: no AVX. 1 GB pages are the
    /// monitor's own need.</summary>
    public const string WindowsCpu = "qemu64,+pdpe1gb,+cx16,+lahf-lm,+ssse3,+sse4.1,+sse4.2,+popcnt,-svm";

    /// <summary>A PC with a PCI Express root complex and no built-in devices beyond host bridge and LPC
    /// bridge.</summary>
    public const string Q35Machine = "q35,sata=off,smbus=off,vmport=off";

    /// <summary>Program name, looked up in PATH, or a path.</summary>
    public string QemuPath { get; init; } = "qemu-system-x86_64";

    /// <summary>Image mapped below 4 GiB so that it holds the reset vector.</summary>
    public required string FirmwarePath { get; init; }

    /// <summary>Guest RAM in bytes; a multiple of 1 MiB.</summary>
    public ulong MemoryBytes { get; init; } = 256UL << 20;

    /// <summary>File that is the guest's RAM, shared with this process (<c>/proc/PID/fd/N</c> of a memfd), or null for
    /// memory of QEMU's own.</summary>
    public string? MemoryPath { get; init; }

    /// <summary>Values of <c>-device</c>.</summary>
    public ImmutableArray<string> Devices { get; init; } = [];

    /// <summary>Further arguments, as QEMU takes them.</summary>
    public ImmutableArray<string> ExtraArguments { get; init; } = [];

    /// <summary>Value of <c>-cpu</c>.</summary>
    public string Cpu { get; init; } = WindowsCpu;

    /// <summary>Value of <c>-machine</c>: type and options.</summary>
    public string Machine { get; init; } = Q35Machine;

    /// <summary>Port whose writes ring the host's <see cref="GuestDoorbell"/>.</summary>
    public ushort DoorbellPort { get; init; } = 0xE9;

    /// <summary>Gives the qtest socket to a <see cref="Buses.PlainQtestClient"/> in place of the
    /// pipelining one.</summary>
    public bool PlainQtest { get; init; }

    /// <summary>Makes virtual time a count of executed instructions (<c>-icount</c>).</summary>
    public bool CountsInstructions { get; init; }

    /// <summary>How long QEMU may take from exec to a running machine. Generous: a busy one-core machine needs
    /// seconds.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
