using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>Figures about a trace. Times are in 100 ns units.</summary>
public sealed class TraceStats
{
    private const int RegistersMax = 4096; // With their values, 80 MB at the most.
    private const int QueuesMax = 4096;
    private const int QueuedMax = 200_000;

    private readonly IdCache<RegisterUse> _sites = new();
    private readonly Dictionary<(string Device, string Register), RegisterUse> _registers = [];
    private readonly Dictionary<string, QueueUse> _queues = [];
    private readonly Dictionary<ulong, QueueUse> _queued = [];
    private readonly long[] _irql = new long[16];
    private readonly ulong[] _counts = new ulong[256];
    private long _irqlSince;
    private int _level;
    private bool _hasBegun;

    private TraceStats()
    {
    }

    public ulong Records { get; private set; }

    public long FirstTime { get; private set; }

    public long LastTime { get; private set; }

    /// <summary>Kinds that occur with their counts, most frequent first.</summary>
    public required IReadOnlyList<(string Kind, ulong Count)> Kinds { get; init; }

    public LatencyHistogram StartIoToIsr { get; } = new();

    public LatencyHistogram IsrToDpc { get; } = new();

    public LatencyHistogram DpcToCompletion { get; } = new();

    /// <summary>From the creation of an IRP to its end.</summary>
    public LatencyHistogram WholeIrp { get; } = new();

    /// <summary>Most used first.</summary>
    public IReadOnlyList<RegisterUse> Registers =>
        [.. _registers.Values.OrderByDescending(static use => use.Reads + use.Writes)
            .ThenBy(static use => use.Register, StringComparer.Ordinal)];

    public IReadOnlyList<QueueUse> Queues =>
        [.. _queues.Values.OrderBy(static use => use.Device, StringComparer.Ordinal)];

    /// <summary>Time at each IRQL from 0 to 15.</summary>
    public IReadOnlyList<long> TimeAtIrql => _irql;

    /// <summary>Bytes that devices wrote to memory.</summary>
    public ulong DmaBytes { get; private set; }

    /// <summary>Reads a whole trace.</summary>
    /// <exception cref="TraceFormatException">It is damaged.</exception>
    public static TraceStats Read(TraceReader reader)
    {
        var kinds = new List<(string, ulong)>();
        var stats = new TraceStats { Kinds = kinds };
        var context = new TraceContext();
        using TraceCursor cursor = reader.OpenCursor();
        while (stats.TryReadPiece(cursor, context))
            continue;
        stats.End();
        foreach (TraceRecordKind kind in reader.Kinds.OrderByDescending(kind => stats._counts[(int)kind.Kind]))
        {
            if (stats._counts[(int)kind.Kind] != 0)
                kinds.Add((kind.Name, stats._counts[(int)kind.Kind]));
        }
        return stats;
    }

    private bool TryReadPiece(TraceCursor cursor, TraceContext context)
    {
        for (int i = 0; i < TraceCursor.PieceRecords; i++)
        {
            if (!cursor.MoveNext())
                return false;
            context.Advance(cursor);
            Add(cursor, context);
        }
        return true;
    }

    private void Add(TraceCursor record, TraceContext context)
    {
        if (!_hasBegun)
            FirstTime = LastTime = _irqlSince = record.Time;
        _hasBegun = true;
        Records++;
        _counts[(byte)record.Kind]++;
        LastTime = Math.Max(LastTime, record.Time);
        switch (record.Kind)
        {
            case TraceKind.Read or TraceKind.Write:
                Find(record).Add(record.Kind == TraceKind.Write, record[1]);
                break;
            case TraceKind.ReadBlock or TraceKind.WriteBlock:
                Find(record).Add(record.Kind == TraceKind.WriteBlock, 0);
                break;
            case TraceKind.Irql:
                SetIrql((int)(record[0] & 15), record.Time);
                break;
            case TraceKind.Dma:
                DmaBytes += (uint)record.Data.Length;
                break;
            case >= TraceKind.IsrEnter and <= TraceKind.IrpCancel:
                Measure(record, context);
                break;
        }
    }

    private void Measure(TraceCursor record, TraceContext context)
    {
        long now = record.Time;
        if (context.State is not { } irp)
            return;
        switch (record.Kind)
        {
            case TraceKind.IsrEnter:
                if (irp.Started >= 0 && irp.FirstIsr < 0)
                    StartIoToIsr.Add(now - irp.Started);
                irp.FirstIsr = irp.FirstIsr < 0 ? now : irp.FirstIsr;
                irp.LastIsr = now;
                break;
            case TraceKind.DpcEnter:
                if (irp.LastIsr >= 0)
                    IsrToDpc.Add(now - irp.LastIsr);
                irp.LastIsr = -1;
                irp.LastDpc = now;
                break;
            case TraceKind.IrpComplete:
                if (irp.LastDpc >= 0)
                    DpcToCompletion.Add(now - irp.LastDpc);
                irp.LastDpc = -1;
                Dequeue(irp.Number, now);
                break;
            case TraceKind.IrpQueue:
                Queue(record, irp.Number);
                break;
            case TraceKind.StartIo:
                Dequeue(irp.Number, now);
                QueueOf(record).Settle(now);
                break;
            case TraceKind.IrpFinish:
                WholeIrp.Add(now - irp.Created);
                Dequeue(irp.Number, now);
                break;
        }
    }

    private void Queue(TraceCursor record, ulong irp)
    {
        Dequeue(irp, record.Time);
        if (_queued.Count >= QueuedMax)
            _queued.Clear();
        QueueUse queue = _queued[irp] = QueueOf(record);
        queue.Change(+1, record.Time);
    }

    private void Dequeue(ulong irp, long time)
    {
        if (_queued.Remove(irp, out QueueUse? queue))
            queue.Change(-1, time);
    }

    private QueueUse QueueOf(TraceCursor record)
    {
        string device = record.Text(record[1]);
        if (_queues.TryGetValue(device, out QueueUse? queue))
            return queue;
        if (_queues.Count >= QueuesMax)
            device = "others";
        ref QueueUse? place = ref CollectionsMarshal.GetValueRefOrAddDefault(_queues, device, out _);
        return place ??= new QueueUse(device);
    }

    private RegisterUse Find(TraceCursor record)
    {
        ulong id = record[0];
        return _sites.TryGet(id, out RegisterUse use) ? use : _sites.Set(id, Find(record, record.Site(id)));
    }

    private RegisterUse Find(TraceCursor record, in TraceSite site)
    {
        (string Device, string Register) key = (record.Text(site.Device), RegisterName.Of(site));
        if (_registers.Count >= RegistersMax && !_registers.ContainsKey(key))
            key = ("", "others");
        if (!_registers.TryGetValue(key, out RegisterUse? use))
            _registers[key] = use = new RegisterUse(key.Device, key.Register);
        return use;
    }

    private void SetIrql(int level, long time)
    {
        _irql[_level] += Math.Max(0, time - _irqlSince);
        _irqlSince = Math.Max(_irqlSince, time);
        _level = level;
    }

    private void End()
    {
        SetIrql(_level, LastTime);
        foreach (QueueUse queue in _queues.Values)
            queue.Settle(LastTime);
    }
}
