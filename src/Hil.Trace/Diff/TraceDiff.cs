using System.Runtime.InteropServices;

namespace Hil.Trace;

// Times and addresses differ between any two runs; what a driver does for an IRP should not. IRPs correspond in the
// order of their creation when they ask for the same; where they do not, a window of them is aligned. Then the actions
// for each pair are aligned. What belongs to no IRP is compared as one sequence, a piece at a time. Equal differences
// are counted, not repeated.

/// <summary>Compares two traces by what they mean.</summary>
public sealed class TraceDiff
{
    private const int Window = 512;
    private const int RestPiece = 50_000;
    private const int DifferencesMax = 10_000; // A report that nobody reads; the rest is counted together.

    private readonly Dictionary<(string Kind, string Text), TraceDifference> _differences = [];
    private readonly List<TraceDifference> _ordered = [];
    private readonly ActivityComparison _comparison;

    private TraceDiff(Func<ulong, bool> mayBeAddress, DiffNames names) =>
        _comparison = new ActivityComparison(names, mayBeAddress, Report);

    public long IrpsOfA { get; private set; }

    public long IrpsOfB { get; private set; }

    /// <summary>Pairs of IRPs that correspond.</summary>
    public long Compared { get; private set; }

    /// <summary>Whether nothing differs but values that may be addresses.</summary>
    public bool IsEqual => _ordered.TrueForAll(static difference => difference.Kind == "address");

    /// <summary>The most frequent first.</summary>
    public IReadOnlyList<TraceDifference> Differences =>
        [.. _ordered.OrderByDescending(static difference => difference.Count)];

    /// <summary>Reads both traces.</summary>
    /// <exception cref="TraceFormatException">One is damaged.</exception>
    public static TraceDiff Compare(TraceReader a, TraceReader b)
    {
        var names = new DiffNames();
        using var readerOfA = new ActivityReader(a, names);
        using var readerOfB = new ActivityReader(b, names);
        var diff = new TraceDiff(value => readerOfA.MayBeAddress(value) && readerOfB.MayBeAddress(value), names);
        diff.CompareIrps(readerOfA, readerOfB);
        diff.CompareRest(readerOfA, readerOfB);
        return diff;
    }

    private void CompareIrps(ActivityReader a, ActivityReader b)
    {
        var waitingA = new List<DiffActivity>();
        var waitingB = new List<DiffActivity>();
        while (true)
        {
            bool hasA = TryTake(a, waitingA), hasB = TryTake(b, waitingB);
            if (!hasA && !hasB)
                return;
            if (hasA && hasB && waitingA[0].Request == waitingB[0].Request)
                CompareFirst(waitingA, waitingB);
            else
                AlignWindow(a, waitingA, b, waitingB);
            if (a.RestCount > RestPiece && b.RestCount > RestPiece)
                CompareRest(a, b);
        }
    }

    // Looks so far ahead that IRPs that only one trace has can be told from those that both have.
    private void AlignWindow(
        ActivityReader a, List<DiffActivity> waitingA, ActivityReader b, List<DiffActivity> waitingB)
    {
        while (waitingA.Count < Window && a.Next() is { } next)
            waitingA.Add(next);
        while (waitingB.Count < Window && b.Next() is { } next)
            waitingB.Add(next);
        string[] requestsA = [.. waitingA.Select(static irp => irp.Request)];
        string[] requestsB = [.. waitingB.Select(static irp => irp.Request)];
        // The end of a window is uncertain; what lies behind the middle is aligned again with what follows.
        bool isLast = waitingA.Count < Window && waitingB.Count < Window;
        List<(int A, int B)> pairs = Myers.Align<string>(requestsA, requestsB, isCut: !isLast);
        (int A, int B) until = pairs.Find(pair => !isLast && (pair.A >= Window / 2 || pair.B >= Window / 2));
        if (until == default)
            until = (waitingA.Count, waitingB.Count);
        (int droppedA, int droppedB) = (0, 0);
        foreach ((int inA, int inB) in pairs.Where(pair => pair.A < until.A && pair.B < until.B).Append(until))
        {
            DropFirst(waitingA, inA - droppedA, "irp-removed", "IRPs that are not sent any more");
            DropFirst(waitingB, inB - droppedB, "irp-added", "IRPs that are new");
            (droppedA, droppedB) = (inA, inB);
            if ((inA, inB) == until)
                return;
            CompareFirst(waitingA, waitingB);
            (droppedA, droppedB) = (inA + 1, inB + 1);
        }
    }

    private void DropFirst(List<DiffActivity> waiting, int count, string kind, string text)
    {
        foreach (DiffActivity irp in waiting.Take(count))
        {
            IrpsOfA += kind == "irp-removed" ? 1 : 0;
            IrpsOfB += kind == "irp-added" ? 1 : 0;
            Report(kind, $"{text}: {irp.Request}", irp.Irp, null);
        }
        waiting.RemoveRange(0, Math.Min(count, waiting.Count));
    }

    private void CompareFirst(List<DiffActivity> waitingA, List<DiffActivity> waitingB)
    {
        IrpsOfA++;
        IrpsOfB++;
        Compared++;
        _comparison.Compare(waitingA[0], waitingB[0]);
        waitingA.RemoveAt(0);
        waitingB.RemoveAt(0);
    }

    private static bool TryTake(ActivityReader reader, List<DiffActivity> waiting)
    {
        if (waiting.Count == 0 && reader.Next() is { } next)
            waiting.Add(next);
        return waiting.Count != 0;
    }

    private void CompareRest(ActivityReader a, ActivityReader b) => _comparison.Compare(a.TakeRest(), b.TakeRest());

    private void Report(string kind, string text, ulong irp, string? example)
    {
        if (_ordered.Count >= DifferencesMax && !_differences.ContainsKey((kind, text)))
            (kind, text) = ("count", "other differences");
        ref TraceDifference? difference =
            ref CollectionsMarshal.GetValueRefOrAddDefault(_differences, (kind, text), out _);
        if (difference == null)
            _ordered.Add(difference = new TraceDifference(kind, text));
        difference.Add(irp, example);
    }
}
