using Hil.Trace;
using static System.FormattableString;

namespace Hil.Host;

/// <summary>What a capture came to.</summary>
/// <param name="Inexact">What the driver did that may come out otherwise in a replay.</param>
/// <param name="Missing">Categories that a replay needs and the capture left out.</param>
public sealed record CaptureSummary(
    string Path, TraceWriterSummary Writer, IReadOnlyCollection<string> Inexact, IReadOnlyCollection<string> Missing)
{
    /// <summary>Whether `hil replay` repeats the run exactly.</summary>
    public bool IsExact => !NotExact.Any();

    /// <summary>Reasons why a replay may not be exact, or is not possible; none if it will be.</summary>
    public IEnumerable<string> NotExact
    {
        get
        {
            if (Missing.Count != 0)
                yield return $"cannot be replayed: left out were {string.Join(", ", Missing)}";
            if (Writer.Failure != null)
                yield return "records are lost";
            foreach (string reason in Inexact)
                yield return reason;
        }
    }

    /// <summary>One line for a summary.</summary>
    public override string ToString()
    {
        string text = Invariant(
            $"{Path}, {Writer.Records} records, {Writer.Bytes / 1024} KB{(IsExact ? ", exact" : "")}");
        if (Writer.Waited > TimeSpan.FromMilliseconds(1))
            text += Invariant($"; the driver waited {Writer.Waited.TotalMilliseconds:0} ms for the disk");
        if (Writer.Failure != null)
            text += Invariant($"; {Writer.Lost} records lost: {Writer.Failure.Message}");
        return text;
    }
}
