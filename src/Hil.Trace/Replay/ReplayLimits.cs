namespace Hil.Trace;

// A trace may come from anybody. What its records mean to a replay is checked before any of it reaches kernel or
// driver; what depends on the run (whether memory is shared, whether a file is open) is checked where that is known.

/// <summary>What records may say to a replay.</summary>
internal static class ReplayLimits
{
    private const ulong TimeMax = 1UL << 60; // Of 100 ns: three thousand years.
    private const ulong DeviceVectorMin = 0x30;
    private const ulong DeviceVectorEnd = 0xD0; // The doorbell's, and the clock's behind it.
    private const ulong IrqlMax = 15;
    private const ulong LinesMax = 240; // Redirection entries of the largest IOAPIC.

    /// <summary>What is impossible about a record; null if nothing is.</summary>
    /// <exception cref="TraceFormatException">It refers to what is not defined.</exception>
    public static string? FindImpossible(TraceCursor record)
    {
        if ((ulong)record.Time > TimeMax)
            return $"its time is {record.Time}";
        return record.Kind switch
        {
            TraceKind.Read or TraceKind.Write => OfAccess(record),
            TraceKind.ReadBlock or TraceKind.WriteBlock => OfSite(record),
            TraceKind.Interrupt when record[1] is < DeviceVectorMin or >= DeviceVectorEnd =>
                $"vector 0x{record[1]:x} is no device's",
            TraceKind.Line when record[0] >= LinesMax => $"there is no interrupt line {record[0]}",
            TraceKind.Line when record[1] > byte.MaxValue => $"there is no vector 0x{record[1]:x}",
            TraceKind.Line when record[2] > (ulong)TraceLineState.ConnectedLevel =>
                $"{record[2]} is no state of a line",
            TraceKind.Clock when record[0] > (ulong)TraceClock.PerformanceCounter => $"{record[0]} is no clock",
            TraceKind.Clock when record[1] > TimeMax => $"a clock says {record[1]}",
            TraceKind.Choice when record[1] > 1 => $"{record[1]} is nothing that is chosen",
            TraceKind.Irql when record[0] > IrqlMax => $"there is no IRQL {record[0]}",
            TraceKind.Request when record[3] > uint.MaxValue || record[5] > uint.MaxValue =>
                $"code 0x{record[3]:x} or flags 0x{record[5]:x} have more than 32 bits",
            _ => null,
        };
    }

    private static string? OfAccess(TraceCursor record) => OfSite(record)
        ?? (record.Site(record[0]).Width is var width && width < 8 && record[1] >> (width * 8) != 0
            ? $"0x{record[1]:x} is no value of {width} bytes"
            : null);

    private static string? OfSite(TraceCursor record)
    {
        TraceSite site = record.Site(record[0]);
        return site.Width is 1 or 2 or 4 or 8 ? null : $"an access of {site.Width} bytes";
    }
}
