using System.Diagnostics.CodeAnalysis;

namespace Hil.Trace;

// A changed driver does not make the same kernel calls at the same addresses, but it may still talk to its device in
// the same words. This log compares the conversation only: registers, interrupts, memory that the device wrote,
// requests and their outcomes, in their order. All else on the trace is passed over. Time stands at the moment of the
// last record that was passed, and moves on by itself where the run waits for it.

/// <summary>The log of a replay that compares what driver and device say to each other.</summary>
public sealed class ConversationLog : TraceLog
{
    // Slices of driver code without a word to the device: billions of instructions.
    private const int SilentSlicesMax = 3_000;

    private readonly TraceWalk _walk;
    private readonly TraceNames _names;
    private readonly MovedBuffers _moved;
    private readonly PollRules? _relaxed;
    private readonly Outcomes _outcomes = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] _clockOffsets = new long[3];
    private readonly Queue<(ulong Address, int Start, int Bytes)> _pieces = [];
    private byte[] _dma = [];
    private long _now;
    private long _slicesAt;
    private int _silentSlices;

    /// <param name="memory">Where buffers may lie that the driver tells its device about.</param>
    /// <param name="isRelaxed">Whether the driver may poll more or less often and read configuration space in another
    /// order.</param>
    public ConversationLog(TraceWalk walk, IGuestMemory memory, TraceCategories categories, bool isRelaxed)
        : this(walk, memory, categories, isRelaxed, new TraceNames())
    {
    }

    private ConversationLog(
        TraceWalk walk, IGuestMemory memory, TraceCategories categories, bool isRelaxed, TraceNames names)
        : base(categories, isLive: false, names.Era)
    {
        _names = names;
        _walk = walk;
        _moved = new MovedBuffers(memory);
        _relaxed = isRelaxed ? new PollRules() : null;
        PassOver();
    }

    public override long Now => _now;

    /// <summary>Done when the conversation is over.</summary>
    public override Task Over => _over.Task;

    public override ulong DefineString(string text) => _names.Define(text);

    public override ulong DefineSite(in TraceSite site) => _names.Define(site);

    public override ulong DefineCallSite(in TraceCallSite site) => _names.Define(site);

    internal override bool TakesQueueFirst => true;

    internal override bool IsOver()
    {
        if (!_walk.IsAtEnd || _outcomes.HasOwed)
            return false;
        _over.TrySetResult();
        return true;
    }

    internal override void PassIdle(long deadline)
    {
        if (HasRequest || _walk.IsAt(TraceKind.Interrupt) || _walk.IsAt(TraceKind.Dma))
            return;
        if (deadline == long.MaxValue && _outcomes.HasOwed)
            _walk.Diverge(Kernel, _outcomes.DescribeOwed(), "the request does not end");
        if (deadline == long.MaxValue)
            _walk.Diverge(Kernel, "the driver waits, and nothing comes");
        _now = Math.Max(_now, deadline);
    }

    internal override bool TryPeekRequest([NotNullWhen(true)] out OutsideRequest? request)
    {
        request = HasRequest ? TraceRequests.Read(_walk) : null;
        return request != null;
    }

    public override bool TryTakeDma(ulong observations, bool isFirst, out ulong address, out ReadOnlySpan<byte> bytes)
    {
        address = 0;
        bytes = default;
        while (_pieces.Count == 0)
        {
            if (!_walk.IsAt(TraceKind.Dma))
                return false;
            PlaceDma();
            Advance();
        }
        (address, int start, int count) = _pieces.Dequeue();
        bytes = _dma.AsSpan(start, count);
        return true;
    }

    internal override bool? HasCome(long time) => ++_now + _clockOffsets[(int)TraceClock.InterruptTime] >= time;

    internal override long? SpinTo(long time) => _now = Math.Max(_now, time);

    private protected override void AddCore(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        _names.LimitEra();
        switch (kind)
        {
            case TraceKind.Write:
                if (!Reach(kind, fields[0]) || !_moved.IsSame(_walk[1], fields[1]))
                    _walk.Diverge(Kernel, kind, fields, data, _names);
                Advance();
                break;
            case TraceKind.WriteBlock:
                if (!Reach(kind, fields[0]) || !_walk.Data.SequenceEqual(data))
                    _walk.Diverge(Kernel, kind, fields, data, _names);
                Advance();
                break;
            case TraceKind.RequestDone:
                string text = RecordText.Of(kind, fields, data, _names);
                if (!_outcomes.TryNoteDone(fields, data, text, out string expected, out string actual))
                    _walk.Diverge(Kernel, expected, actual);
                break;
            case TraceKind.Share when !_moved.TryShare(fields[0], fields[1]):
                Fail(new TraceReplayException("the driver shares more memory with devices than a replay can follow"));
                break;
            case TraceKind.Unshare:
                _moved.Unshare(fields[0], fields[1]);
                break;
            case TraceKind.Slice:
                NoteSlice();
                break;
            case TraceKind.Request or TraceKind.BugCheck:
                AddMilestone(kind, fields, data);
                break;
        }
    }

    private protected override ulong ExchangeCore(TraceKind kind, Span<ulong> fields)
    {
        _names.LimitEra();
        if (kind == TraceKind.Clock)
            return (ulong)(++_now + _clockOffsets[fields[0]]);
        if (_relaxed != null && _relaxed.TryAnswer(_walk, _names.Site(fields[0]), out ulong value))
            return value;
        if (!Reach(kind, fields[0]))
            _walk.Diverge(Kernel, kind, fields[..^1], default, _names);
        value = _walk[1];
        _relaxed?.Note(_names.Site(fields[0]), value);
        Advance();
        return value;
    }

    private protected override void ExchangeCore(TraceKind kind, ReadOnlySpan<ulong> fields, Span<byte> data)
    {
        if (kind == TraceKind.Random)
        {
            data.Fill(0x5A); // Another build asks at other moments; any number will do, and the same one each time.
            return;
        }
        if (!Reach(kind, fields[0]) || _walk.Data.Length != data.Length)
            _walk.Diverge(Kernel, kind, fields, default, _names);
        _walk.Data.CopyTo(data);
        Advance();
    }

    private protected override bool HappensCore(TraceKind kind, bool live, Span<ulong> fields)
    {
        if (kind != TraceKind.Interrupt || !_walk.IsAt(kind) || (_walk[1] >> 4) <= Kernel!.Processor.Irql.Value)
            return false;
        for (int i = 1; i < fields.Length; i++)
            fields[i] = _walk[i];
        Advance();
        return true;
    }

    private protected override bool MustTurn(TraceKind kind, bool isOn, bool live)
    {
        bool isThere = kind == TraceKind.Pending ? _walk.IsAt(TraceKind.Interrupt) : live || HasRequest;
        return isThere != isOn;
    }

    private void AddMilestone(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        if (kind == TraceKind.Request && (OutsideRequestKind)fields[1] == OutsideRequestKind.Internal)
            return;
        _relaxed?.SkipPolls(_walk, wanted: null, PassOver);
        if (!_walk.IsAt(kind) || _walk[0] != fields[0])
            _walk.Diverge(Kernel, kind, fields, data, _names);
        Advance();
    }

    // Whoever spins for something that does not come would do so for ever: there is no watchdog in a replay.
    private void NoteSlice()
    {
        _silentSlices = _walk.Done == _slicesAt ? _silentSlices + 1 : 0;
        _slicesAt = _walk.Done;
        if (_silentSlices > SilentSlicesMax)
            _walk.Diverge(Kernel, "the driver spins, and nothing comes");
    }

    // Whether the trace has this access next.
    private bool Reach(TraceKind kind, ulong site)
    {
        if (IsHere(kind, site))
            return true;
        if (_relaxed == null)
            return false;
        _relaxed.SkipPolls(_walk, _names.Site(site), PassOver);
        return IsHere(kind, site);
    }

    private bool IsHere(TraceKind kind, ulong site) =>
        _walk.IsAt(kind) && PollRules.IsSameRegister(_names.Site(site), _walk.Record.Site(_walk[0]));

    // What was asked when all earlier requests had ended is asked when they have.
    private bool HasRequest => _walk.IsAt(TraceKind.Request) && !_outcomes.HasOwed;

    private void PlaceDma()
    {
        _moved.ReadPointers();
        ulong recorded = _walk[1];
        _dma = _walk.Data.ToArray();
        for (int at = 0; at < _dma.Length;)
        {
            int end = at + _moved.LengthUpToPointer(recorded + (ulong)at, _dma.AsSpan(at), out int skipped);
            while (at < end)
            {
                int count = end - at;
                MovedBuffers.Result result = _moved.Find(recorded + (ulong)at, ref count, out ulong actual);
                if (result == MovedBuffers.Result.NotShared)
                    Fail(_walk.Refuse($"DMA to 0x{recorded:x}, {_dma.Length} bytes, which no device knew of"));
                if (result == MovedBuffers.Result.NoCounterpart)
                    _walk.Diverge(Kernel, "the driver has told its device of no memory that this could go to");
                _pieces.Enqueue((actual, at, count));
                at += count;
            }
            at += skipped;
        }
    }

    private void Advance()
    {
        _moved.ReadPointers();
        _walk.MoveNext();
        PassOver();
    }

    private void PassOver()
    {
        while (!_walk.IsAtEnd && !IsConversation())
        {
            if (_walk.Kind == TraceKind.Clock && _walk[0] < (ulong)_clockOffsets.Length)
                _clockOffsets[_walk[0]] = (long)_walk[1] - _walk.Time;
            if (_walk.Kind == TraceKind.RequestDone
                && !_outcomes.TryNoteRecorded(_walk.Record, out string expected, out string actual))
                _walk.Diverge(Kernel, expected, actual);
            if (!TryNoteMemory())
                throw Refused("memory that is none, or more than a device can know of");
            _now = Math.Max(_now, _walk.Time);
            _walk.MoveNext();
        }
        if (!_walk.IsAtEnd)
            _now = Math.Max(_now, _walk.Time);
    }

    private bool TryNoteMemory()
    {
        switch (_walk.Kind)
        {
            case TraceKind.Share:
                return _moved.TryShareRecorded(_walk[0], _walk[1]);
            case TraceKind.Unshare:
                _moved.UnshareRecorded(_walk[0], _walk[1]);
                return true;
            case TraceKind.Pointer:
                return _moved.TryNotePointer(_walk[0], _walk[1]);
            default:
                return true;
        }
    }

    // The first records are passed before there is a kernel that could be stopped.
    private TraceReplayException Refused(string what)
    {
        TraceReplayException reason = _walk.Refuse(what);
        if (Kernel != null)
            Fail(reason);
        return reason;
    }

    private bool IsConversation() => _walk.Kind switch
    {
        TraceKind.Read or TraceKind.Write or TraceKind.ReadBlock or TraceKind.WriteBlock or TraceKind.Interrupt
            or TraceKind.Dma or TraceKind.BugCheck => true,
        TraceKind.Request => (OutsideRequestKind)_walk[1] != OutsideRequestKind.Internal,
        _ => false,
    };
}
