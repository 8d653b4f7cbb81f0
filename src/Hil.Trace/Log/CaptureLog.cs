namespace Hil.Trace;

/// <summary>The log of a run that is captured: asks the world, writes everything down.</summary>
public sealed class CaptureLog : TraceLog
{
    // What the idle loop itself writes in a round: it is no reason to flush again.
    private const ulong IdleRecordsMax = 4;
    private const long HeldMax = 100 * TimeSpan.TicksPerMillisecond;

    // A stamp serves the records that come with it. Host code between two records is far shorter than a microsecond.
    private const int RecordsPerStampMax = 8;

    private readonly TraceWriter _writer;
    private readonly IClock _clock;
    private long _now;
    private int _stampUses = RecordsPerStampMax;
    private ulong _flushedIdle, _idleFrom;
    private long _flushAt;

    /// <param name="clock">The world's, for stamps.</param>
    public CaptureLog(TraceWriter writer, IClock clock, TraceCategories categories)
        : base(categories, isLive: true, writer.Era)
    {
        _writer = writer;
        _clock = clock;
    }

    public override long Now
    {
        get
        {
            if (++_stampUses > RecordsPerStampMax)
                Stamp();
            return _now;
        }
    }

    internal override void Stamp() => StampAs(_clock.InterruptTime);

    internal override void StampAs(long time) => (_now, _stampUses) = (time, 0);

    internal override void Tick() => _stampUses = RecordsPerStampMax;

    // Asked once in each round of the idle loop. A run that is busy idles several times for each request, so it does
    // not look at the clock here: its last stamp is new enough.
    internal override long LimitIdle(long deadline)
    {
        ulong next = _writer.NextSequence;
        if (next <= _flushedIdle + IdleRecordsMax)
            return deadline;
        if (next > _idleFrom + IdleRecordsMax)
        {
            (_idleFrom, _flushAt) = (next, _now + HeldMax);
        }
        else if (_clock.InterruptTime >= _flushAt)
        {
            _writer.Flush();
            _flushedIdle = next;
            return deadline;
        }
        return Math.Min(deadline, _flushAt);
    }

    public override ulong DefineString(string text) => _writer.DefineString(text);

    public override ulong DefineSite(in TraceSite site) => _writer.DefineSite(site);

    public override ulong DefineCallSite(in TraceCallSite site) => _writer.DefineCallSite(site);

    /// <summary>Notes, when the run is over, why it cannot be repeated exactly.</summary>
    public void EndInexact(InexactReason reason)
    {
        if (AddInexact(reason.Reason))
            AddCore(TraceKind.Inexact, [DefineString(reason.Reason), reason.Address], default);
    }

    /// <summary>The run is over, and its kernel has stopped.</summary>
    public void End(int exitCode) => AddCore(TraceKind.End, [(ulong)exitCode], default);

    private protected override void AddCore(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data) =>
        Write(_writer, kind, Now, fields, data);

    private protected override ulong ExchangeCore(TraceKind kind, Span<ulong> fields)
    {
        _writer.Add(kind, Now, fields);
        return fields[^1];
    }

    private protected override void ExchangeCore(TraceKind kind, ReadOnlySpan<ulong> fields, Span<byte> data) =>
        Write(_writer, kind, Now, fields, data);

    private protected override bool HappensCore(TraceKind kind, bool live, Span<ulong> fields)
    {
        if (live)
            Add(kind, fields);
        return live;
    }

    private protected override bool MustTurn(TraceKind kind, bool isOn, bool live) =>
        throw new InvalidOperationException("a live run turns when the world does");
}
