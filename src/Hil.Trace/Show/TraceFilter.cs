namespace Hil.Trace;

/// <summary>Which records of a trace to look at. What is not given lets everything pass.</summary>
public sealed record TraceFilter
{
    /// <summary>The life of one IRP: what is about it, and what was done for it.</summary>
    public ulong? Irp { get; init; }

    /// <summary>Part of the name of a PCI function or device object.</summary>
    public string? Device { get; init; }

    /// <summary>A register as records show it: BAR0+0x20.</summary>
    public string? Register { get; init; }

    public IReadOnlySet<TraceKind>? Kinds { get; init; }

    /// <summary>Since the first record, 100 ns units.</summary>
    public long From { get; init; }

    public long To { get; init; } = long.MaxValue;
}
