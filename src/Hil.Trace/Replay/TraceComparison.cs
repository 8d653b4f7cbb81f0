namespace Hil.Trace;

/// <summary>Compares two traces record by record, stamps aside: a capture of a replay must equal the capture.</summary>
public static class TraceComparison
{
    /// <summary>The first difference as a sentence, or null when the traces are the same run.</summary>
    /// <exception cref="TraceFormatException">A file is no trace, or is damaged.</exception>
    public static string? FindDifference(string left, string right)
    {
        using TraceReader leftReader = TraceReader.Open(left);
        using TraceReader rightReader = TraceReader.Open(right);
        using TraceCursor a = leftReader.OpenCursor();
        using TraceCursor b = rightReader.OpenCursor();
        while (true)
        {
            bool hasLeft = a.MoveNext();
            bool hasRight = b.MoveNext();
            if (!hasLeft && !hasRight)
                return null;
            if (hasLeft != hasRight)
                return hasLeft
                    ? $"{left} goes on at record {a.Sequence}: {RecordText.Of(a)}"
                    : $"{right} goes on at record {b.Sequence}: {RecordText.Of(b)}";
            if (!IsSame(a, b))
                return $"record {a.Sequence} of {left}: {RecordText.Of(a)}; "
                    + $"record {b.Sequence} of {right}: {RecordText.Of(b)}";
        }
    }

    private static bool IsSame(TraceCursor a, TraceCursor b)
    {
        if (a.Kind != b.Kind || (TraceSchema.Of(a.Kind).HasData && !a.Data.SequenceEqual(b.Data)))
            return false;
        TraceField[] fields = TraceSchema.Of(a.Kind).Fields;
        for (int i = 0; i < fields.Length; i++)
        {
            if (!TraceDefinitions.IsSame(fields[i].Meaning, a, a[i], b, b[i]))
                return false;
        }
        return true;
    }
}
