using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>Finds what differs between two activities that correspond, and says it.</summary>
internal sealed class ActivityComparison(
    DiffNames names, Func<ulong, bool> mayBeAddress, Action<string, string, ulong, string?> report)
{
    private const ulong PageMask = 0xFFF;

    private readonly List<DiffAction> _removed = [];
    private readonly List<DiffAction> _added = [];
    private ulong _irp;

    public void Compare(DiffActivity a, DiffActivity b)
    {
        _irp = a.Irp;
        _removed.Clear();
        _added.Clear();
        if (a.TailActions != b.TailActions || a.TailHash != b.TailHash)
            Report("order", $"goes on otherwise after {DiffActivity.ActionsMax:N0} actions", null);
        if (a.Actions.SequenceEqual(b.Actions) && a.Times.SequenceEqual(b.Times))
            return;
        List<(int A, int B)> pairs = Myers.Align(a.Actions, b.Actions);
        (int nextA, int nextB) = (0, 0);
        foreach ((int inA, int inB) in pairs)
        {
            CompareGap(a.Actions[nextA..inA], b.Actions[nextB..inB]);
            CompareTimes(a.Actions[inA], a.Times[inA], b.Times[inB]);
            (nextA, nextB) = (inA + 1, inB + 1);
        }
        CompareGap(a.Actions[nextA..], b.Actions[nextB..]);
        ReportMoves();
        ReportCounts(a, b);
    }

    private void CompareTimes(in DiffAction action, int before, int now)
    {
        if (before != now)
            Report("count", $"{Subject(action)} {Times(now)} in a row now, {Times(before)} before", null);
    }

    // Between two places where both agree: the same subject with another value is a change, the rest waits for a look
    // at the whole. Both can be as long as activities are.
    private void CompareGap(ReadOnlySpan<DiffAction> a, ReadOnlySpan<DiffAction> b)
    {
        if (a.IsEmpty || b.IsEmpty)
        {
            _removed.AddRange(a);
            _added.AddRange(b);
            return;
        }
        var places = new Dictionary<DiffAction, Queue<int>>();
        for (int i = 0; i < b.Length; i++)
            PlacesOf(places, SubjectOf(b[i])).Enqueue(i);
        var isPaired = new bool[b.Length];
        foreach (ref readonly DiffAction before in a)
        {
            if (places.TryGetValue(SubjectOf(before), out Queue<int>? same) && same.TryDequeue(out int at))
            {
                ReportValue(before, b[at]);
                isPaired[at] = true;
            }
            else
            {
                _removed.Add(before);
            }
        }
        for (int i = 0; i < b.Length; i++)
        {
            if (!isPaired[i])
                _added.Add(b[i]);
        }
    }

    private static Queue<int> PlacesOf(Dictionary<DiffAction, Queue<int>> places, in DiffAction what)
    {
        ref Queue<int>? queue = ref CollectionsMarshal.GetValueRefOrAddDefault(places, what, out _);
        return queue ??= [];
    }

    // An end is an end, whatever came of it.
    private static DiffAction SubjectOf(in DiffAction action) =>
        action.Operation is DiffOperation.Complete or DiffOperation.Result
            ? new DiffAction(default, action.Operation, 0, 0)
            : action.Subject;

    private void ReportValue(in DiffAction before, in DiffAction now)
    {
        switch (before.Operation)
        {
            case DiffOperation.Complete when before.Value != now.Value:
                Report("status", $"completes with {Status(now)} now, {Status(before)} before", null);
                break;
            case DiffOperation.Complete:
                Report("status", "completes with another information", $"{before.Name} → {now.Name}");
                break;
            case DiffOperation.Result:
                Report("result", "gives other data back", $"{before.Name} bytes → {now.Name} bytes");
                break;
            case DiffOperation.Dma:
                Report("value", $"the device writes other data by DMA, {names[now.Name]}", null);
                break;
            case DiffOperation.ReadBlock or DiffOperation.WriteBlock:
                Report("value", $"{Subject(now)} with other data", null);
                break;
            case DiffOperation.Write or DiffOperation.Read when AreAddresses(before.Value, now.Value):
                Report("address", $"{Subject(now)} with another value, which may be an address",
                    $"{Value(before)} → {Value(now)}");
                break;
            default:
                Report("value", $"{Subject(now)} with another value", $"{Value(before)} → {Value(now)}");
                break;
        }
    }

    // Allocators move whole pages.
    private bool AreAddresses(ulong before, ulong now) => before == ActivityReader.AnyAddress
        ? mayBeAddress(now)
        : now == ActivityReader.AnyAddress
            ? mayBeAddress(before)
            : mayBeAddress(before) && mayBeAddress(now) && (before & PageMask) == (now & PageMask);

    // The same, elsewhere: another stage, or another place in the order.
    private void ReportMoves()
    {
        if (_removed.Count == 0 || _added.Count == 0)
            return;
        var places = new Dictionary<DiffAction, Queue<int>>();
        for (int i = 0; i < _added.Count; i++)
            PlacesOf(places, _added[i] with { Stage = default }).Enqueue(i);
        var isMovedTo = new bool[_added.Count];
        var isMoved = new bool[_removed.Count];
        for (int i = _removed.Count - 1; i >= 0; i--)
        {
            DiffAction before = _removed[i];
            if (!places.TryGetValue(before with { Stage = default }, out Queue<int>? same)
                || !same.TryDequeue(out int at))
                continue;
            ReportMove(before, _added[at]);
            isMoved[i] = isMovedTo[at] = true;
        }
        Drop(_removed, isMoved);
        Drop(_added, isMovedTo);
    }

    private void ReportMove(in DiffAction before, in DiffAction now)
    {
        string text = now.Stage == before.Stage
            ? $"{Subject(before)} at another place in the order"
            : $"{Subject(now)} now, {StageOf(before)} before";
        Report("order", text, IsAccess(before) ? Value(before) : null);
    }

    private static void Drop(List<DiffAction> actions, bool[] isDropped)
    {
        int at = 0;
        actions.RemoveAll(_ => isDropped[at++]);
    }

    private void ReportCounts(DiffActivity a, DiffActivity b)
    {
        var counts = new Dictionary<DiffAction, SubjectCount>();
        var subjects = new List<DiffAction>();
        NoteSubjects(_removed, isNow: false, counts, subjects);
        NoteSubjects(_added, isNow: true, counts, subjects);
        if (subjects.Count == 0)
            return;
        for (int i = 0; i < a.Count; i++)
        {
            if (counts.TryGetValue(a.Actions[i].Subject, out SubjectCount? count))
                count.Before += a.Times[i];
        }
        for (int i = 0; i < b.Count; i++)
        {
            if (counts.TryGetValue(b.Actions[i].Subject, out SubjectCount? count))
                count.Now += b.Times[i];
        }
        foreach (DiffAction subject in subjects)
            ReportCount(subject, counts[subject]);
    }

    private static void NoteSubjects(
        List<DiffAction> actions, bool isNow, Dictionary<DiffAction, SubjectCount> counts, List<DiffAction> subjects)
    {
        foreach (DiffAction action in actions)
        {
            ref SubjectCount? count =
                ref CollectionsMarshal.GetValueRefOrAddDefault(counts, action.Subject, out bool isKnown);
            if (!isKnown)
                subjects.Add(action.Subject);
            count ??= new SubjectCount();
            count.IsNow |= isNow;
            count.NoteExample(action);
        }
    }

    private void ReportCount(in DiffAction subject, SubjectCount count)
    {
        if (subject.Operation is DiffOperation.Complete or DiffOperation.Result)
        {
            string what = subject.Operation == DiffOperation.Result ? "gives an answer" : "completes";
            Report("status", count.IsNow ? $"{what} now, did not before" : $"{what} before, does not now", null);
            return;
        }
        string? example = IsAccess(subject) ? count.Examples : null;
        if (count.Before != count.Now)
            Report("count", $"{Subject(subject)} {Times(count.Now)} now, {Times(count.Before)} before", example);
        else
            Report("order", $"{Subject(subject)} at another place in the order", example);
    }

    private void Report(string kind, string text, string? example) => report(kind, text, _irp, example);

    private static bool IsAccess(in DiffAction action) => action.Operation <= DiffOperation.WriteBlock;

    private string Subject(in DiffAction action) => action.Operation switch
    {
        DiffOperation.Read => $"{StageOf(action)} reads {names[action.Name]}",
        DiffOperation.Write => $"{StageOf(action)} writes {names[action.Name]}",
        DiffOperation.ReadBlock => $"{StageOf(action)} reads a block from {names[action.Name]}",
        DiffOperation.WriteBlock => $"{StageOf(action)} writes a block to {names[action.Name]}",
        DiffOperation.Interrupt => "the ISR runs",
        DiffOperation.Dpc => "a DPC runs",
        DiffOperation.StartIo => "StartIo is called",
        DiffOperation.Dma => $"the device writes {names[action.Name]} by DMA, seen by {StageOf(action)},",
        _ => "it is cancelled",
    };

    private static string StageOf(in DiffAction action) => action.Stage switch
    {
        TraceStage.StartIo => "StartIo",
        TraceStage.Isr => "the ISR",
        TraceStage.Dpc => "the DPC",
        _ => "the driver",
    };

    private static string Value(DiffAction action) =>
        action.Value == ActivityReader.AnyAddress ? "an address" : $"0x{action.Value:x}";

    private static string Status(in DiffAction action) => RecordWords.Status(action.Value);

    private static string Times(int count) => count switch
    {
        0 => "never",
        1 => "once",
        2 => "twice",
        _ => $"{count} times",
    };

    private sealed class SubjectCount
    {
        private const int ExamplesMax = 3;

        private readonly List<string> _examples = [];

        public int Before { get; set; }

        public int Now { get; set; }

        /// <summary>Whether the second activity has more of it.</summary>
        public bool IsNow { get; set; }

        public string Examples => string.Join(", ", _examples);

        public void NoteExample(in DiffAction action)
        {
            if (_examples.Count < ExamplesMax && Value(action) is var value && !_examples.Contains(value))
                _examples.Add(value);
        }
    }
}
