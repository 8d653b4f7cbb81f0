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

    /// <summary>Whether a record passes.</summary>
    /// <param name="sinceStart">The record's time since the first one.</param>
    public bool Passes(TraceCursor record, TraceContext context, long sinceStart)
    {
        if (Irp is { } irp && context.Irp != irp)
            return false;
        if (sinceStart < From || sinceStart > To)
            return false;
        if (Kinds is { } kinds && !kinds.Contains(record.Kind))
            return false;
        return (Register == null || IsRegister(record, Register))
            && (Device == null || IsDevice(record, context, Device));
    }

    private static bool IsRegister(TraceCursor record, string register) =>
        IsAccess(record.Kind)
        && RegisterName.Of(record.Site(record[0])).Equals(register, StringComparison.OrdinalIgnoreCase);

    private static bool IsDevice(TraceCursor record, TraceContext context, string device)
    {
        string name = record.Kind switch
        {
            _ when IsAccess(record.Kind) => record.Text(record.Site(record[0]).Device),
            TraceKind.IrpDispatch or TraceKind.IrpQueue or TraceKind.StartIo or TraceKind.StartIoEnd =>
                record.Text(record[1]),
            TraceKind.Pnp or TraceKind.ErrorLog => record.Text(record[0]),
            _ => context.State is { IsDispatched: true } irp ? irp.Device : "",
        };
        return name.Contains(device, StringComparison.OrdinalIgnoreCase);
    }

    internal static bool IsAccess(TraceKind kind) => kind is >= TraceKind.Read and <= TraceKind.WriteBlock;
}
