using System.Diagnostics.CodeAnalysis;

namespace Hil.Trace;

// Everything that the run asks and does must be the next record of the trace. The first that is not ends the replay.

/// <summary>The log of an exact replay: answers from a trace, compares everything with it.</summary>
public sealed class ReplayLog : TraceLog
{
    // A second or so: no run looks about as often as this, and finds nothing, before something comes.
    private const int IdleRoundsMax = 1_000_000;

    private readonly TraceWriter? _again;
    private readonly TraceWalk _walk;
    private readonly IClock _clock;
    private readonly TraceNames _names;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SharedRegions _shared = new();
    private byte[] _dma = [];
    private long _idleAt;
    private int _idleRounds;

    /// <param name="clock">The world's, for stamps of the second capture.</param>
    /// <param name="again">Writes the replay down like any other run, or null.</param>
    public ReplayLog(TraceWalk walk, IClock clock, TraceCategories categories, TraceWriter? again)
        : this(walk, clock, categories, again, new TraceNames())
    {
    }

    private ReplayLog(
        TraceWalk walk, IClock clock, TraceCategories categories, TraceWriter? again, TraceNames names)
        : base(categories, isLive: false, names.Era)
    {
        _names = names;
        _walk = walk;
        _clock = clock;
        _again = again;
        if (again != null)
            walk.Inexact = (reason, address) => AddAside(TraceKind.Inexact, [DefineString(reason), address], default);
    }

    public override long Now => _walk.Time;

    public override ulong DefineString(string text) => SameAs(_again?.DefineString(text), _names.Define(text));

    public override ulong DefineSite(in TraceSite site) => SameAs(_again?.DefineSite(site), _names.Define(site));

    public override ulong DefineCallSite(in TraceCallSite site) =>
        SameAs(_again?.DefineCallSite(site), _names.Define(site));

    /// <summary>Writes what a capture says about itself, which a replay does not compare, into the second
    /// capture.</summary>
    public void AddAside(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        if (_again != null)
            AddAgain(_again, kind, fields, data);
    }

    internal override bool IsOver()
    {
        if (_walk.IsAtEnd)
        {
            _over.TrySetResult();
            return true;
        }
        return false;
    }

    internal override void PassIdle(long deadline)
    {
        _idleRounds = _walk.Done == _idleAt ? _idleRounds + 1 : 0;
        _idleAt = _walk.Done;
        if (_idleRounds > IdleRoundsMax || !CanEndIdling())
            _walk.Diverge(Kernel, "the driver waits, and nothing comes");
    }

    internal override bool TryPeekRequest([NotNullWhen(true)] out OutsideRequest? request)
    {
        request = _walk.IsAt(TraceKind.Request) ? TraceRequests.Read(_walk) : null;
        return request != null;
    }

    /// <summary>Done when the run has done everything that is on the trace.</summary>
    public override Task Over => _over.Task;

    private protected override void AddCore(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        if (kind == TraceKind.Inexact)
            return; // Taken from the trace.
        StopAtEnd();
        if (!_walk.IsAt(kind) || !HasFields(kind, fields, fields.Length) || !_walk.Data.SequenceEqual(data))
            _walk.Diverge(Kernel, kind, fields, data, _names);
        if (kind == TraceKind.Share && !_shared.TryShare(fields[0], fields[1]))
            Fail(_walk.Refuse("more memory is shared with devices than can be"));
        else if (kind == TraceKind.Unshare)
            _shared.Unshare(fields[0], fields[1]);
        Advance(kind, fields, data);
    }

    private protected override ulong ExchangeCore(TraceKind kind, Span<ulong> fields)
    {
        StopAtEnd();
        if (!_walk.IsAt(kind) || !HasFields(kind, fields, fields.Length - 1))
            _walk.Diverge(Kernel, kind, fields[..^1], default, _names);
        fields[^1] = _walk[fields.Length - 1];
        Advance(kind, fields, default);
        return fields[^1];
    }

    private protected override void ExchangeCore(TraceKind kind, ReadOnlySpan<ulong> fields, Span<byte> data)
    {
        StopAtEnd();
        if (!_walk.IsAt(kind) || !HasFields(kind, fields, fields.Length) || _walk.Data.Length != data.Length)
            _walk.Diverge(Kernel, kind, fields, default, _names);
        _walk.Data.CopyTo(data);
        Advance(kind, fields, data);
    }

    private protected override bool HappensCore(TraceKind kind, bool live, Span<ulong> fields)
    {
        if (!_walk.IsAt(kind) || _walk[0] != fields[0])
            return false;
        for (int i = 1; i < fields.Length; i++)
            fields[i] = _walk[i];
        Advance(kind, fields, default);
        return true;
    }

    public override bool TryTakeDma(ulong observations, bool isFirst, out ulong address, out ReadOnlySpan<byte> bytes)
    {
        address = 0;
        bytes = default;
        TakePointers();
        if (!_walk.IsAt(TraceKind.Dma) || _walk[0] != (isFirst ? observations : 0))
            return false;
        address = _walk[1];
        if (!_shared.Cover(address, (ulong)_walk.Data.Length))
            Fail(_walk.Refuse($"DMA to 0x{address:x}, {_walk.Data.Length} bytes, which no device knows of"));
        _dma = _walk.Data.ToArray();
        bytes = _dma;
        Advance(TraceKind.Dma, [_walk[0], address], _dma);
        return true;
    }

    internal override void TakePointers()
    {
        while (_walk.IsAt(TraceKind.Pointer))
            Advance(TraceKind.Pointer, [_walk[0], _walk[1]], default);
    }

    private protected override bool MustTurn(TraceKind kind, bool isOn, bool live) =>
        _walk.IsAt(kind) && _walk[0] == MomentsBefore(kind);

    // Whoever ended the captured run did so wherever it was just then, in the middle of an interrupt perhaps: what it
    // would have done next is not on the trace.
    private void StopAtEnd()
    {
        if (!_walk.IsAtEnd || _walk.IsCutOff)
            return;
        _over.TrySetResult();
        throw new MachineLostException("the captured run was ended here");
    }

    // What the idle loop asks next must be what the trace has next, and its moment must not be over.
    private bool CanEndIdling() => _walk.Kind switch
    {
        // An interrupt that was put off is taken in a later round.
        TraceKind.RequestSeen or TraceKind.Pending or TraceKind.Interrupt or TraceKind.Choice
            or TraceKind.Deadline => MomentsBefore(_walk.Kind) <= _walk[0],
        TraceKind.Clock or TraceKind.Irql or TraceKind.Dma or TraceKind.Pointer => true,
        _ => false,
    };

    private static ulong SameAs(ulong? again, ulong id)
    {
        Invariant.Holds(again is null || again == id, "a trace's writer gives ids out in order, from 1");
        return id;
    }

    private void Advance(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        if (_again == null)
            _names.LimitEra();
        else
            AddAgain(_again, kind, fields, data);
        _walk.MoveNext();
    }

    // Ids of both stay the same when both forget at once.
    private void AddAgain(TraceWriter again, TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        Write(again, kind, _clock.InterruptTime, fields, data);
        if (again.Era.Number != _names.Era.Number)
            _names.StartEra();
    }

    private bool HasFields(TraceKind kind, ReadOnlySpan<ulong> fields, int count)
    {
        TraceField[] described = TraceSchema.Of(kind).Fields;
        for (int i = 0; i < count; i++)
        {
            if (!_names.IsSame(described[i].Meaning, fields[i], _walk[i], _walk.Record))
                return false;
        }
        return true;
    }
}
