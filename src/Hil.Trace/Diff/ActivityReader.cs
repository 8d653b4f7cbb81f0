namespace Hil.Trace;

/// <summary>Reads a trace as the IRPs in it, in the order of their creation, with what was done for each. In memory are
/// those that have not ended, and those that were created after one that has not.</summary>
internal sealed class ActivityReader : IDisposable
{
    private const int WaitingMax = 4096;
    private const int RegistersMax = 65_536;
    private const int WaitingActionsMax = 2_000_000;

    // A completion that nobody waits for has no end of its own. So many IRPs later nothing more comes.
    private const int LateIrps = 64;

    private readonly TraceCursor _cursor;
    private readonly TraceContext _context = new();
    private readonly DiffNames _names;
    private readonly DiffAddresses _addresses = new();
    private readonly Dictionary<ulong, int> _registers = [];
    private readonly Dictionary<ulong, DiffActivity> _open = [];
    private readonly LinkedList<DiffActivity> _order = [];
    private DiffActivity _none = new(0);
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
        {
            if (_cursor.MoveNext())
                Add();
            else
                _isOver = true;
        }
        if (_order.First is not { } first)
            return null;
        _order.RemoveFirst();
        _open.Remove(first.Value.Irp);
        _waitingActions -= first.Value.Count;
        if (first.Value.Result is { } result)
            first.Value.Add(result);
        return first.Value;
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

    private bool IsFirstComplete()
    {
        if (_order.First is not { } first)
            return false;
        if (_order.Count > WaitingMax || _waitingActions > WaitingActionsMax)
            return true;
        DiffActivity irp = first.Value;
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

    private void Add()
    {
        TraceCursor record = _cursor;
        _context.Advance(record);
        _addresses.Learn(record);
        if (record.Kind == TraceKind.IrpCreate)
            Create(record[0]);
        DiffActivity activity = _open.GetValueOrDefault(_context.Irp, _none);
        if (activity.Irp != 0)
            FollowIrp(record, activity);
        if (record.Kind == TraceKind.RequestDone)
            return;
        if (ActionOf(record) is not { } action)
            return;
        int before = activity.Count;
        activity.Add(action);
        if (activity.Irp != 0)
            _waitingActions += activity.Count - before;
    }

    private void Create(ulong number)
    {
        _created++;
        if (_open.ContainsKey(number))
            return;
        var irp = new DiffActivity(number);
        _open[number] = irp;
        _order.AddLast(irp);
    }

    private void FollowIrp(TraceCursor record, DiffActivity irp)
    {
        switch (record.Kind)
        {
            case TraceKind.IrpDispatch when irp.Request.Length == 0 && _context.State is { } state:
                irp.Request = $"{state.Request}{(record[1] == 0 ? "" : " to ")}{record.Text(record[1])}";
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

    private DiffAction? ActionOf(TraceCursor r) => r.Kind switch
    {
        TraceKind.Read => Access(r, DiffOperation.Read, Value(r[1])),
        TraceKind.Write => Access(r, DiffOperation.Write, Value(r[1])),
        TraceKind.ReadBlock => Access(r, DiffOperation.ReadBlock, Hash(r.Data)),
        TraceKind.WriteBlock => Access(r, DiffOperation.WriteBlock, Hash(r.Data)),
        TraceKind.Dma => Act(DiffOperation.Dma, $"{r.Data.Length} bytes", Hash(r.Data)),
        TraceKind.IsrEnter => new DiffAction(TraceStage.Isr, DiffOperation.Interrupt, 0, 0),
        TraceKind.DpcEnter => new DiffAction(TraceStage.Dpc, DiffOperation.Dpc, 0, 0),
        TraceKind.StartIo => new DiffAction(TraceStage.StartIo, DiffOperation.StartIo, 0, 0),
        TraceKind.IrpCancel => new DiffAction(TraceStage.Driver, DiffOperation.Cancel, 0, 0),
        TraceKind.IrpComplete => new DiffAction(
            TraceStage.Driver, DiffOperation.Complete, (int)Math.Min(Value(r[2]), int.MaxValue), (uint)r[1]),
        _ => null,
    };

    private DiffAction Act(DiffOperation operation, string name, ulong value) =>
        new(_context.Stage, operation, _names.Number(name), value);

    private DiffAction Access(TraceCursor record, DiffOperation operation, ulong value)
    {
        if (!_registers.TryGetValue(record[0], out int register))
        {
            if (_registers.Count >= RegistersMax)
                _registers.Clear();
            _registers[record[0]] = register = NumberOf(record, record.Site(record[0]));
        }
        // Those without a number of their own are told apart by what they say.
        if (register == DiffNames.Others)
            value ^= record.Site(record[0]).Offset << 32;
        return new DiffAction(_context.Stage, operation, register, value);
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
