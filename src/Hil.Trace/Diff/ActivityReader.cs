namespace Hil.Trace;

/// <summary>Reads a trace as the IRPs in it, in the order of their creation, with what was done for each. In memory are
/// those that have not ended, and those that were created after one that has not.</summary>
internal sealed class ActivityReader : IDisposable
{
    private const int WaitingMax = 4096;
    private const int WaitingActionsMax = 2_000_000;

    // A completion that nobody waits for has no end of its own. So many IRPs later nothing more comes.
    private const int LateIrps = 64;

    private static readonly bool[] s_matters = FindKindsThatMatter();

    private readonly TraceCursor _cursor;
    private readonly TraceContext _context = new();
    private readonly DiffNames _names;
    private readonly DiffAddresses _addresses = new();
    private readonly IdCache<int> _registers = new();
    private readonly Dictionary<ulong, DiffActivity> _open = [];
    private readonly Queue<DiffActivity> _order = [];
    private DiffActivity _none = new(0);
    private DiffActivity? _last;
    private (IrpState State, string Text) _request;
    private int _created;
    private long _waitingActions;
    private bool _isOver;

    public ActivityReader(TraceReader reader, DiffNames names)
    {
        _cursor = reader.OpenCursor();
        _names = names;
    }

    /// <summary>The next IRP with all that was done for it, or null after the last.</summary>
    public DiffActivity? Next()
    {
        while (!_isOver && !IsFirstComplete())
            ReadPiece();
        if (!_order.TryDequeue(out DiffActivity? first))
            return null;
        _open.Remove(first.Irp);
        _last = null;
        _waitingActions -= first.Count;
        if (first.Result is { } result)
            first.Add(result.Stage, result.Operation, result.Name, result.Value);
        return first;
    }

    /// <summary>What was done for no IRP since the last call.</summary>
    public DiffActivity TakeRest()
    {
        DiffActivity rest = _none;
        _none = new DiffActivity(0);
        return rest;
    }

    public int RestCount => _none.Count;

    public void Dispose() => _cursor.Dispose();

    // Up to where the first IRP may be complete. A loop over a whole trace would stay as it was compiled ahead of time.
    private void ReadPiece()
    {
        for (int i = 0; i < TraceCursor.PieceRecords; i++)
        {
            _isOver = !_cursor.MoveNext();
            if (_isOver || TryAdd())
                return;
        }
    }

    private bool IsFirstComplete()
    {
        if (!_order.TryPeek(out DiffActivity? irp))
            return false;
        if (_order.Count > WaitingMax || _waitingActions > WaitingActionsMax)
            return true;
        if (irp.CompletedAfter is { } after && _created - after > LateIrps)
            return true;
        return irp.IsFinished && (!irp.IsAwaited || irp.Result != null) && !IsInFrames(irp.Irp);
    }

    private bool IsInFrames(ulong irp)
    {
        foreach (TraceFrame frame in _context.Frames)
        {
            if (frame.Irp == irp)
                return true;
        }
        return false;
    }

    // Whether an IRP may be complete with this record, where it may not have been before.
    private bool TryAdd()
    {
        TraceCursor record = _cursor;
        _context.Advance(record);
        _addresses.Learn(record);
        if (s_matters[(byte)record.Kind])
            Add(record);
        return _context.Left != 0 || _context.HasSwitched || _waitingActions > WaitingActionsMax
            || record.Kind is TraceKind.RequestDone or (>= TraceKind.IrpCreate and <= TraceKind.IrpCancel);
    }

    private void Add(TraceCursor record)
    {
        if (record.Kind == TraceKind.IrpCreate)
            Create(record[0]);
        DiffActivity activity = Find(_context.Irp);
        if (activity.Irp != 0)
            FollowIrp(record, activity);
        int before = activity.Count;
        AddAction(record, activity);
        if (activity.Irp != 0)
            _waitingActions += activity.Count - before;
    }

    private DiffActivity Find(ulong irp)
    {
        if (irp == 0)
            return _none;
        if (_last?.Irp != irp)
            _last = _open.GetValueOrDefault(irp);
        return _last ?? _none;
    }

    private static bool[] FindKindsThatMatter()
    {
        var matters = new bool[256];
        ReadOnlySpan<TraceKind> kinds =
        [
            TraceKind.Read, TraceKind.Write, TraceKind.ReadBlock, TraceKind.WriteBlock, TraceKind.Dma,
            TraceKind.IsrEnter, TraceKind.DpcEnter, TraceKind.StartIo, TraceKind.IrpCancel, TraceKind.IrpComplete,
            TraceKind.IrpCreate, TraceKind.IrpDispatch, TraceKind.IrpFinish, TraceKind.RequestDone,
        ];
        foreach (TraceKind kind in kinds)
            matters[(byte)kind] = true;
        return matters;
    }

    private void Create(ulong number)
    {
        _created++;
        if (_open.ContainsKey(number))
            return;
        var irp = new DiffActivity(number);
        _open[number] = irp;
        _last = null;
        _order.Enqueue(irp);
    }

    private void FollowIrp(TraceCursor record, DiffActivity irp)
    {
        switch (record.Kind)
        {
            case TraceKind.IrpDispatch when irp.Request.Length == 0 && _context.State is { } state:
                irp.Request = RequestOf(state);
                break;
            case TraceKind.IrpCreate:
                irp.IsAwaited = _context.State?.HasRequest ?? false;
                break;
            case TraceKind.RequestDone:
                irp.Result = new DiffAction(
                    TraceStage.Driver, DiffOperation.Result, record.Data.Length, Hash(record.Data));
                break;
            case TraceKind.IrpComplete:
                irp.CompletedAfter ??= _created;
                break;
            case TraceKind.IrpFinish:
                irp.IsFinished = true;
                break;
        }
    }

    // Most IRPs ask for what the one before did.
    private string RequestOf(IrpState irp)
    {
        (IrpState? before, string text) = _request;
        if (before == null || before.Device != irp.Device || before.Code != irp.Code || before.Major != irp.Major
            || before.Minor != irp.Minor)
            text = irp.Request + (irp.Device.Length == 0 ? "" : $" to {irp.Device}");
        _request = (irp, text);
        return text;
    }

    private void AddAction(TraceCursor r, DiffActivity to)
    {
        switch (r.Kind)
        {
            case TraceKind.Read:
                AddAccess(r, to, DiffOperation.Read, Value(r[1]));
                break;
            case TraceKind.Write:
                AddAccess(r, to, DiffOperation.Write, Value(r[1]));
                break;
            case TraceKind.ReadBlock:
                AddAccess(r, to, DiffOperation.ReadBlock, Hash(r.Data));
                break;
            case TraceKind.WriteBlock:
                AddAccess(r, to, DiffOperation.WriteBlock, Hash(r.Data));
                break;
            case TraceKind.Dma:
                to.Add(_context.Stage, DiffOperation.Dma, _names.Number($"{r.Data.Length} bytes"), Hash(r.Data));
                break;
            case TraceKind.IsrEnter:
                to.Add(TraceStage.Isr, DiffOperation.Interrupt, 0, 0);
                break;
            case TraceKind.DpcEnter:
                to.Add(TraceStage.Dpc, DiffOperation.Dpc, 0, 0);
                break;
            case TraceKind.StartIo:
                to.Add(TraceStage.StartIo, DiffOperation.StartIo, 0, 0);
                break;
            case TraceKind.IrpCancel:
                to.Add(TraceStage.Driver, DiffOperation.Cancel, 0, 0);
                break;
            case TraceKind.IrpComplete:
                int information = (int)Math.Min(Value(r[2]), int.MaxValue);
                to.Add(TraceStage.Driver, DiffOperation.Complete, information, (uint)r[1]);
                break;
        }
    }

    private void AddAccess(TraceCursor record, DiffActivity to, DiffOperation operation, ulong value)
    {
        ulong site = record[0];
        if (!_registers.TryGet(site, out int register))
            register = _registers.Set(site, NumberOf(record, record.Site(site)));
        // Those without a number of their own are told apart by what they say.
        if (register == DiffNames.Others)
            value ^= record.Site(site).Offset << 32;
        to.Add(_context.Stage, operation, register, value);
    }

    private int NumberOf(TraceCursor record, in TraceSite site)
    {
        string device = record.Text(site.Device);
        string name = RegisterName.Of(site);
        return _names.Number(device.Length == 0 ? name : $"{name} of {device}");
    }

    /// <summary>Whether a value could be the address of memory, though nothing else says so.</summary>
    public bool MayBeAddress(ulong value) => _addresses.IsMemory(value);

    private ulong Value(ulong value) => _addresses.Has(value) ? AnyAddress : value;

    // Stands for all addresses.
    internal const ulong AnyAddress = 0xADD2E55;

    // FNV-1a, 64 bits.
    private static ulong Hash(ReadOnlySpan<byte> data)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in data)
            hash = (hash ^ b) * 1099511628211;
        return hash;
    }
}
