namespace Hil.Trace;

/// <summary>Nanoseconds that always grow: records of the same 100 ns tick keep their order, and spans have a
/// length.</summary>
internal struct TimelineClock
{
    private const long NanosecondsPerTick = 100;

    private long _start;
    private long _last;
    private bool _runs;

    public long Next(long ticks)
    {
        if (!_runs)
            (_start, _last, _runs) = (ticks, -1, true);
        return _last = Math.Max((ticks - _start) * NanosecondsPerTick, _last + 1);
    }
}
