namespace Hil.Trace;

/// <summary>How requests ended, in the trace and in the run. Requests that are on their way together may end in either
/// order, so a replay of a conversation pairs the two by number.</summary>
internal sealed class Outcomes
{
    private readonly Dictionary<ulong, Outcome> _recorded = [];
    private readonly Dictionary<ulong, Outcome> _done = [];

    /// <summary>Whether the run still has to end requests that had ended by now when it was captured.</summary>
    public bool HasOwed => _recorded.Count != 0;

    /// <summary>One of the requests that have not ended, for a message.</summary>
    public string DescribeOwed()
    {
        foreach (Outcome outcome in _recorded.Values)
            return outcome.Text;
        return "";
    }

    /// <summary>Notes an end that the trace has; false if the run's was another.</summary>
    public bool TryNoteRecorded(TraceCursor record, out string expected, out string actual)
    {
        var recorded = new Outcome(record[1], record[2], record.Data.ToArray(), RecordText.Of(record));
        return TryPair(record[0], recorded, _recorded, _done, out expected, out actual);
    }

    /// <summary>Notes an end that the run has; false if the trace's was another.</summary>
    public bool TryNoteDone(
        ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data, string text, out string expected, out string actual) =>
        TryPair(
            fields[0], new Outcome(fields[1], fields[2], data.ToArray(), text), _done, _recorded,
            out actual, out expected);

    private static bool TryPair(
        ulong number,
        Outcome ours,
        Dictionary<ulong, Outcome> waiting,
        Dictionary<ulong, Outcome> others,
        out string oursText,
        out string otherText)
    {
        oursText = ours.Text;
        otherText = "";
        if (!others.Remove(number, out Outcome? other))
        {
            waiting[number] = ours;
            return true;
        }
        otherText = other.Text;
        return ours.Status == other.Status && ours.Information == other.Information
            && ours.Data.AsSpan().SequenceEqual(other.Data);
    }

    private sealed record Outcome(ulong Status, ulong Information, byte[] Data, string Text);
}
