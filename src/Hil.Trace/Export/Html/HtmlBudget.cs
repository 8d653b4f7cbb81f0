using System.Numerics;

namespace Hil.Trace;

/// <summary>Counts what a timeline has, so that the page of a big trace can leave out what is too much: the shortest
/// spans, and marks and counter steps that come too soon after one another.</summary>
internal sealed class HtmlBudget(int itemsMax) : ITimelineSink
{
    // By the power of two of a span's length.
    private readonly long[] _lengths = new long[65];
    private readonly Dictionary<int, Stack<long>> _open = [];
    private long _spans;
    private long _marks;
    private long _steps;

    public long Spans => _spans;

    public bool IsExceeded => _spans + _marks + _steps > itemsMax;

    /// <summary>Spans shorter than this are left out, nanoseconds; of those up to twice as long one of
    /// <see cref="SpanStride"/> is kept.</summary>
    public long SpanNsMin => Cut().Min;

    public long SpanStride => Cut().Stride;

    /// <summary>Of so many marks one is kept.</summary>
    public long MarkStride => IsExceeded ? Math.Max(1, (_marks + itemsMax / 4 - 1) / (itemsMax / 4)) : 1;

    /// <summary>Of so many counter steps one is kept.</summary>
    public long StepStride => IsExceeded ? Math.Max(1, (_steps + itemsMax / 4 - 1) / (itemsMax / 4)) : 1;

    private (long Min, long Stride) Cut()
    {
        long room = itemsMax / 2;
        for (int i = 64; i > 0 && IsExceeded; i--)
        {
            if (_lengths[i] > room)
                return (1L << Math.Min(i - 1, 62), (_lengths[i] / Math.Max(room, 1)) + 1);
            room -= _lengths[i];
        }
        return (0, 1);
    }

    public void Track(int track, string name, bool isCounter)
    {
    }

    public void Begin(int track, long time, TimelineKind kind, string name, ulong irp)
    {
        if (!_open.TryGetValue(track, out Stack<long>? open))
            _open[track] = open = [];
        open.Push(time);
    }

    public void End(int track, long time)
    {
        _lengths[64 - BitOperations.LeadingZeroCount((ulong)Math.Max(0, time - _open[track].Pop()))]++;
        _spans++;
    }

    public void Mark(int track, long time, TimelineKind kind, string name, ulong irp, ulong? value) => _marks++;

    public void Count(int track, long time, long value) => _steps++;

    public void Irp(IrpState irp, string device, string? status, bool isFailed, long from, long to)
    {
    }
}
