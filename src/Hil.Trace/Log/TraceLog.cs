using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Hil.Trace;

// A run is its inputs and what it does with them, in one order. Both a capture and a replay walk along such a log: the
// capture asks the world and writes the answer down; the replay takes the answer from the file. What the run does is
// written down by the one and compared by the other. The seams (folder Seams) are written once, against this class.
//
// An input that may come at any time (an interrupt that waits, a request) is asked for much more often than it is
// there. Such a question is a switch: only its turns are records, each with the number of questions since the last
// record of one.

/// <summary>The records of one run, in order.</summary>
public abstract class TraceLog
{
    private readonly bool[] _wants = new bool[256];
    private readonly bool[] _isOn = new bool[256];
    private readonly ulong[] _skipped = new ulong[256];
    private readonly HashSet<string> _inexact = [];
    private NtKernel? _kernel;
    private KIRQL _irql;

    // What a machine does after it was stopped, from whatever thread, is no part of the run.
    private volatile bool _isSealed;

    private protected TraceLog(TraceCategories categories, bool isLive, DefinitionEra era)
    {
        IsLive = isLive;
        Categories = categories;
        Era = era;
        foreach (TraceRecordKind kind in TraceSchema.Kinds)
            _wants[(int)kind.Kind] = categories.Contain(kind.Category);
    }

    public TraceCategories Categories { get; }

    /// <summary>Whether the world answers; else the file does.</summary>
    public bool IsLive { get; }

    /// <summary>Interrupt time of what happens now, for stamps only.</summary>
    public abstract long Now { get; }

    /// <summary>A kernel event, whose records come next, has this stamp.</summary>
    internal virtual void StampAs(long time)
    {
    }

    /// <summary>The next records have the time that it is now.</summary>
    internal virtual void Stamp()
    {
    }

    /// <summary>Time has passed that was not the host's: driver code ran, a device answered.</summary>
    internal virtual void Tick()
    {
    }

    /// <summary>How long the processor may idle before this is asked again: a trace is read while it is written, so
    /// what waits is written out if nothing else comes.</summary>
    internal virtual long LimitIdle(long deadline) => deadline;

    /// <summary>The kernel that runs, once there is one.</summary>
    protected NtKernel? Kernel => _kernel;

    /// <summary>Driver code that ran last, or 0.</summary>
    internal ulong DriverRip => _kernel?.Processor.DriverRip ?? 0;

    /// <summary>An address as module, offset and symbol; empty for none.</summary>
    internal string PlaceOf(ulong address)
    {
        const ulong MonitorFrom = 0xFFFF_FFFF_0000_0000; // Where a routine returns to that the kernel called.
        if (address == 0 || _kernel == null)
            return "";
        return address >= MonitorFrom ? "a routine's last call" : _kernel.Modules.Describe(address);
    }

    /// <summary>Notes once per reason why this run cannot be repeated exactly.</summary>
    internal void NoteInexact(string reason, ulong address)
    {
        if (_inexact.Add(reason))
            Add(TraceKind.Inexact, [DefineString(reason), address]);
    }

    private protected bool AddInexact(string reason) => _inexact.Add(reason);

    /// <summary>Why the run cannot be repeated exactly; empty if it can.</summary>
    public IReadOnlyCollection<string> Inexact => _inexact;

    /// <summary>Ends a replay because it cannot go on, which is no fault of the driver.</summary>
    [DoesNotReturn]
    internal void Fail(Exception reason)
    {
        Failure ??= reason;
        throw new MachineLostException("the replay cannot go on");
    }

    /// <summary>Whether a replay has nothing left to do; the kernel idles. A live run never has.</summary>
    internal virtual bool IsOver() => false;

    /// <summary>The run waits for an interrupt, a request or a time. A replay that has none of them has left its
    /// trace.</summary>
    internal virtual void PassIdle(long deadline)
    {
    }

    /// <summary>Spins up to a time where time is the replay's own; null where it is on the trace.</summary>
    internal virtual long? SpinTo(long time) => null;

    /// <summary>Whether a time has come where time is the replay's own; null where that is on the trace.</summary>
    internal virtual bool? HasCome(long time) => null;

    /// <summary>Whether work that the kernel gave itself comes when it is there, not when it came in
    /// the capture.</summary>
    internal virtual bool TakesQueueFirst => false;

    /// <summary>Done when a replay has done everything that is on the trace.</summary>
    public virtual Task Over => throw new InvalidOperationException("a capture is over when its kernel is");

    /// <summary>Why a replay could not go on, or null.</summary>
    public Exception? Failure { get; private protected set; }

    /// <summary>The next request, if the next thing that happened was its being taken up. Only a
    /// replay is asked.</summary>
    internal virtual bool TryPeekRequest([NotNullWhen(true)] out OutsideRequest? request) =>
        throw new InvalidOperationException("a capture gets its requests from above");

    /// <summary>From here on IRQL changes are on the log.</summary>
    internal void Attach(NtKernel kernel)
    {
        _kernel = kernel;
        kernel.Scheduler.Stopping += () => _isSealed = true;
    }

    public bool Wants(TraceKind kind) => _wants[(int)kind];

    /// <summary>Whoever keeps an id asks for it again in the next era. Only adding a record ends one.</summary>
    internal DefinitionEra Era { get; }

    public abstract ulong DefineString(string text);

    public abstract ulong DefineSite(in TraceSite site);

    public abstract ulong DefineCallSite(in TraceCallSite site);

    /// <summary>Something that the run does.</summary>
    public void Add(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data = default)
    {
        if (!_wants[(int)kind] || _isSealed)
            return;
        NoteIrql();
        AddCore(kind, fields, data);
    }

    /// <summary>An answer of the world: the live one, or the recorded one in the last field's place.</summary>
    /// <param name="fields">The question, and room for the answer; a replay checks the question.</param>
    public ulong Exchange(TraceKind kind, Span<ulong> fields)
    {
        if (_isSealed)
            return fields[^1];
        if (!_wants[(int)kind])
            return IsLive ? fields[^1] : throw MissingInput(kind);
        NoteIrql();
        return ExchangeCore(kind, fields);
    }

    /// <summary>The same for bytes.</summary>
    public void Exchange(TraceKind kind, ReadOnlySpan<ulong> fields, Span<byte> data)
    {
        if (_isSealed)
            return;
        if (!_wants[(int)kind])
        {
            if (!IsLive)
                throw MissingInput(kind);
            return;
        }
        NoteIrql();
        ExchangeCore(kind, fields, data);
    }

    private protected static void Write(
        TraceWriter writer, TraceKind kind, long time, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        if (TraceSchema.Of(kind).HasData)
            writer.Add(kind, time, fields, data);
        else
            writer.Add(kind, time, fields);
    }

    /// <summary>Whether a question that is asked all the time is answered with yes.</summary>
    /// <param name="kind">Pending or RequestSeen.</param>
    public bool Ask(TraceKind kind, bool live)
    {
        NoteIrql();
        if (!_wants[(int)kind] || _isSealed)
            return live;
        ref bool isOn = ref _isOn[(int)kind];
        ref ulong skipped = ref _skipped[(int)kind];
        bool mustTurn = IsLive ? live != isOn : MustTurn(kind, isOn, live);
        if (!mustTurn)
        {
            skipped++;
            return isOn;
        }
        isOn = !isOn;
        AddCore(kind, [skipped], default);
        skipped = 0;
        return isOn;
    }

    /// <summary>Whether something happens that seldom does, at this one of many possible moments.</summary>
    /// <param name="fields">In the first place room for the number of moments without it since the last time; then what
    /// happens, which a replay fills in.</param>
    public bool Happens(TraceKind kind, bool live, Span<ulong> fields)
    {
        if (!_wants[(int)kind] || _isSealed)
            return live;
        NoteIrql();
        ref ulong skipped = ref _skipped[(int)kind];
        fields[0] = skipped;
        if (!HappensCore(kind, live, fields))
        {
            skipped++;
            return false;
        }
        skipped = 0;
        return true;
    }

    /// <summary>Puts a change of IRQL on the log, if there was one. Each question does, whether its answer is a record
    /// or not, so that a replay finds it at the same place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void NoteIrql()
    {
        if (_kernel != null && _kernel.Processor.Irql != _irql && !_isSealed)
            NoteIrqlSlow();
    }

    /// <summary>The device's next change of memory that belongs to this observation; false when there is none left.
    /// Only a replay is asked.</summary>
    /// <param name="address">In memory that the run shares with devices.</param>
    public virtual bool TryTakeDma(ulong observations, bool isFirst, out ulong address, out ReadOnlySpan<byte> bytes) =>
        throw new InvalidOperationException("a capture gets its DMA from the device");

    /// <summary>Steps over addresses that the driver had left in memory: an exact replay has them
    /// there itself.</summary>
    internal virtual void TakePointers()
    {
    }

    /// <summary>Puts a switch back without a record, where capture and replay both know that it is off. Questions are
    /// counted on: a turn must not look the same before and after this.</summary>
    internal void Reset(TraceKind kind) => _isOn[(int)kind] = false;

    private protected abstract void AddCore(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data);

    private protected abstract ulong ExchangeCore(TraceKind kind, Span<ulong> fields);

    private protected abstract void ExchangeCore(TraceKind kind, ReadOnlySpan<ulong> fields, Span<byte> data);

    private protected abstract bool HappensCore(TraceKind kind, bool live, Span<ulong> fields);

    private protected abstract bool MustTurn(TraceKind kind, bool isOn, bool live);

    private void NoteIrqlSlow()
    {
        _irql = _kernel!.Processor.Irql;
        if (_wants[(int)TraceKind.Irql])
            AddCore(TraceKind.Irql, [_irql.Value], default);
    }

    private static TraceReplayException MissingInput(TraceKind kind)
    {
        TraceRecordKind description = TraceSchema.Of(kind);
        return new TraceReplayException(
            $"the trace has no '{description.Category}' records, which a replay needs; capture with all categories");
    }

    /// <summary>How often something could have happened, or turned, and did not since the last time.</summary>
    private protected ulong MomentsBefore(TraceKind kind) => _skipped[(int)kind];
}
