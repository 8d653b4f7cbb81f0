using System.Diagnostics.CodeAnalysis;

namespace Hil.Trace;

/// <summary>A replay's way along a trace: the record that must come next, which is one that can be.</summary>
public sealed class TraceWalk : IDisposable
{
    private const int HistoryCapacity = 64; // A power of two; a report shows the last 20.

    private readonly TraceReader _reader;
    private readonly TraceCursor _cursor;
    private readonly ulong[] _history = new ulong[HistoryCapacity];
    private bool _hasBegun;
    private ulong _nextSequence;

    public TraceWalk(TraceReader reader)
    {
        _reader = reader;
        _cursor = reader.OpenCursor();
        try
        {
            MoveNext();
        }
        catch (MachineLostException) when (Refusal != null)
        {
            throw Refusal;
        }
    }

    /// <summary>Why the trace cannot be replayed any further, or null: a record says what cannot be.</summary>
    public Exception? Refusal { get; private set; }

    /// <summary>The record that must come next.</summary>
    public TraceCursor Record => _cursor;

    /// <summary>Records that were done.</summary>
    public long Done { get; private set; }

    /// <summary>Whether everything on the trace has been done.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether the walk is at the end of a trace whose capture was cut off: the run went on, but nobody knows
    /// how.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Records that are missing there and are followed by others, or 0: a damaged block that a repair left
    /// out.</summary>
    public ulong Missing { get; private set; }

    /// <summary>What the captured run came to; null before its last record, and where the trace has none.</summary>
    public ulong? ExitCode { get; private set; }

    /// <summary>Hears of reasons why the run is not exact, in their places.</summary>
    internal Action<string, ulong>? Inexact { get; set; }

    /// <summary>Where the run left the trace, or null.</summary>
    public TraceDivergence? Divergence { get; private set; }

    /// <summary>Of the next record; of the last one at the end.</summary>
    public long Time { get; private set; }

    public ulong Sequence => _cursor.Sequence;

    public TraceKind Kind => _cursor.Kind;

    public ReadOnlySpan<byte> Data => _cursor.Data;

    public ulong this[int field] => _cursor[field];

    public bool IsAt(TraceKind kind) => !IsAtEnd && _cursor.Kind == kind;

    /// <summary>Steps over the record that was done, and over those that only a capture writes.</summary>
    public void MoveNext()
    {
        if (_hasBegun)
            _history[Done++ & (HistoryCapacity - 1)] = _cursor.Sequence;
        _hasBegun = true;
        try
        {
            ReadNext();
        }
        catch (Exception e) when (e is TraceFormatException or TraceReplayException)
        {
            throw Stop(e);
        }
    }

    /// <summary>The image of a driver that another one loaded, by its file's name; null when the run found
    /// none.</summary>
    public byte[]? FindImage(string file)
    {
        try
        {
            using TraceCursor cursor = _reader.OpenCursor();
            while (cursor.MoveNext())
            {
                if (cursor.Kind != TraceKind.Image || cursor[0] == 0
                    || !cursor.Text(cursor[1]).Equals(file, StringComparison.OrdinalIgnoreCase))
                    continue;
                return cursor.Data.Length != 0
                    ? cursor.Data.ToArray()
                    : throw new TraceReplayException($"the trace does not hold the image of {file}");
            }
            return null;
        }
        catch (Exception e) when (e is TraceFormatException or TraceReplayException)
        {
            throw Stop(e);
        }
    }

    // Driver code may be on the stack: the machine stops, and the reason is told where it was started.
    private MachineLostException Stop(Exception reason)
    {
        Refusal ??= reason;
        return new MachineLostException("the trace cannot be replayed any further");
    }

    private void ReadNext()
    {
        do
        {
            IsCutOff = !_cursor.MoveNext() || HasHole();
            if (IsCutOff || _cursor.Kind == TraceKind.End)
            {
                IsAtEnd = true;
                ExitCode = IsCutOff ? null : _cursor[0];
                return;
            }
            if (_cursor.Kind == TraceKind.Inexact)
                Inexact?.Invoke(_cursor.Text(_cursor[0]), _cursor[1]);
        }
        while (_cursor.Kind is TraceKind.Profile or TraceKind.Image or TraceKind.Inexact
            || !TraceSchema.Knows(_cursor.Kind));
        if (ReplayLimits.FindImpossible(_cursor) is { } what)
            throw Refuse(what);
        Time = _cursor.Time;
    }

    private bool HasHole()
    {
        Missing = _cursor.Sequence - _nextSequence;
        _nextSequence = _cursor.Sequence + 1;
        return Missing != 0;
    }

    /// <summary>The next record says what cannot be.</summary>
    internal TraceReplayException Refuse(string what) => new($"record {Sequence} of the trace cannot be: {what}");

    /// <summary>Ends the replay: something was done that is not next on the trace.</summary>
    [DoesNotReturn]
    internal void Diverge(
        NtKernel? kernel, TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data, TraceNames names) =>
        Diverge(kernel, RecordText.Of(kind, fields, data, names));

    [DoesNotReturn]
    internal void Diverge(NtKernel? kernel, string actual) =>
        Diverge(kernel, IsAtEnd ? "nothing: the trace ends here" : RecordText.Of(_cursor), actual);

    [DoesNotReturn]
    internal void Diverge(NtKernel? kernel, string expected, string actual)
    {
        if (IsCutOff)
            throw new MachineLostException("the trace was cut off here");
        Divergence ??= new TraceDivergence
        {
            Sequence = IsAtEnd ? null : Sequence,
            Expected = expected,
            Actual = actual,
            Irp = kernel == null ? 0 : kernel.Io.IdOf(kernel.Io.CurrentIrp),
            Rip = kernel?.Processor.DriverRip ?? 0,
            IsInCall = kernel?.Processor.IsServingCall ?? false,
            Irql = kernel?.Processor.Irql ?? default,
            StackTrace = kernel?.Processor.TraceStack() ?? [],
            ManagedStack = kernel?.Processor.TraceManagedStack() ?? [],
            Before = History(),
        };
        throw new MachineLostException("the replay has left the trace");
    }

    public void Dispose() => _cursor.Dispose();

    private List<ulong> History()
    {
        var before = new List<ulong>();
        for (long i = Math.Max(0, Done - HistoryCapacity); i < Done; i++)
            before.Add(_history[i & (HistoryCapacity - 1)]);
        return before;
    }
}
