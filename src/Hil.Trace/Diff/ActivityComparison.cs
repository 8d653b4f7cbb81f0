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
    // at the whole.
    private void CompareGap(ReadOnlySpan<DiffAction> a, ReadOnlySpan<DiffAction> b)
    {
        var now = new LinkedList<DiffAction>(b.ToArray());
        foreach (DiffAction before in a)
        {
            LinkedListNode<DiffAction>? same = now.First;
            while (same != null && !IsSameSubject(same.Value, before))
                same = same.Next;
            if (same == null)
            {
                _removed.Add(before);
                continue;
            }
            ReportValue(before, same.Value);
            now.Remove(same);
        }
        _added.AddRange(now);
    }

    private static bool IsSameSubject(in DiffAction a, in DiffAction b) =>
        a.Operation is DiffOperation.Complete or DiffOperation.Result
            ? a.Operation == b.Operation
            : a.Subject == b.Subject;

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
        for (int i = _removed.Count - 1; i >= 0; i--)
        {
            DiffAction before = _removed[i];
            int at = _added.FindIndex(now => now with { Stage = before.Stage } == before);
            if (at < 0)
                continue;
            string text = _added[at].Stage == before.Stage
                ? $"{Subject(before)} at another place in the order"
                : $"{Subject(_added[at])} now, {StageOf(before)} before";
            Report("order", text, IsAccess(before) ? Value(before) : null);
            _removed.RemoveAt(i);
            _added.RemoveAt(at);
        }
    }

    private void ReportCounts(DiffActivity a, DiffActivity b)
    {
        foreach (DiffAction subject in _removed.Concat(_added).Select(static action => action.Subject).Distinct())
        {
            if (subject.Operation is DiffOperation.Complete or DiffOperation.Result)
            {
                bool isNow = _added.Exists(action => action.Subject == subject);
                string what = subject.Operation == DiffOperation.Result ? "gives an answer" : "completes";
                Report("status", isNow ? $"{what} now, did not before" : $"{what} before, does not now", null);
                continue;
            }
            (int before, int now) = (Count(a, subject), Count(b, subject));
            string example = string.Join(", ", _removed.Concat(_added).Where(action => action.Subject == subject)
                .Select(Value).Distinct().Take(3));
            if (before != now)
            {
                Report("count", $"{Subject(subject)} {Times(now)} now, {Times(before)} before",
                    IsAccess(subject) ? example : null);
            }
            else
            {
                Report("order", $"{Subject(subject)} at another place in the order",
                    IsAccess(subject) ? example : null);
            }
        }
    }

    private static int Count(DiffActivity activity, in DiffAction subject)
    {
        int count = 0;
        for (int i = 0; i < activity.Count; i++)
            count += activity.Actions[i].Subject == subject ? activity.Times[i] : 0;
        return count;
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
}
