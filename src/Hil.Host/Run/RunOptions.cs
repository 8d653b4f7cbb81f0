using System.Collections.Immutable;
using Hil.Kernel;
using Hil.Trace;

namespace Hil.Host;

/// <summary>What the user asked `hil run` for, before any file is read.</summary>
public sealed record RunOptions
{
    /// <summary>A folder with a hil.yaml, or a .sys file.</summary>
    public string Target { get; init; } = "";

    /// <summary>Values of QEMU's -device that take the place of hil.yaml's.</summary>
    public ImmutableArray<string> Devices { get; init; } = [];

    /// <summary>A file whose workload is run.</summary>
    public string? WorkloadPath { get; init; }

    /// <summary>How often the workload is run.</summary>
    public int Repeat { get; init; } = 1;

    /// <summary>Runs the C# twin.</summary>
    public bool IsManaged { get; init; }

    /// <summary>Null for hil.yaml's, or the default.</summary>
    public TimeSpan? Watchdog { get; init; }

    /// <summary>Bytes of RAM; null for hil.yaml's, or the default.</summary>
    public ulong? MemoryBytes { get; init; }

    public string? QemuPath { get; init; }

    public ImmutableArray<string> QemuArguments { get; init; } = [];

    public InterruptPreference? Interrupts { get; init; }

    /// <summary>An interrupt storm makes the run fail; otherwise it is reported only.</summary>
    public bool StormFails { get; init; }

    /// <summary>Lets a native driver reach device memory without Hil: some twenty times faster, and
    /// not counted.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Writes the run to a trace; null for not.</summary>
    public CaptureOptions? Capture { get; init; }

    /// <summary>Shows every PnP request and interrupt, and logs to stderr.</summary>
    public bool IsVerbose { get; init; }

    /// <summary>Prints when DriverEntry was called and when the run ended.</summary>
    public bool ShowsTiming { get; init; }
}
