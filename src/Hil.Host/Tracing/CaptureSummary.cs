using System.Globalization;
using Hil.Trace;

namespace Hil.Host;

/// <summary>What a capture came to.</summary>
/// <param name="Inexact">Reasons why a replay may not be exact; empty if it will be.</param>
public sealed record CaptureSummary(string Path, TraceWriterSummary Writer, IReadOnlyCollection<string> Inexact)
{
    /// <summary>One line for a summary.</summary>
    public override string ToString()
    {
        string size = string.Create(
            CultureInfo.InvariantCulture, $"{Path}, {Writer.Records} records, {Writer.Bytes / 1024} KB");
        if (Writer.Waited > TimeSpan.FromMilliseconds(1))
            size += string.Create(
                CultureInfo.InvariantCulture, $"; the driver waited {Writer.Waited.TotalMilliseconds:0} ms for the disk");
        return Writer.Failure == null
            ? size
            : string.Create(CultureInfo.InvariantCulture, $"{size}; {Writer.Lost} records lost: {Writer.Failure}");
    }
}
