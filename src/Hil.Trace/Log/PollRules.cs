namespace Hil.Trace;

/// <summary>What a relaxed replay lets a driver do differently: poll a register more or fewer times, and read
/// configuration space in another order.</summary>
internal sealed class PollRules
{
    // Configuration registers that were read, with their values: as good as the device, until somebody writes.
    private readonly Dictionary<(ulong Address, ulong Access), ulong> _config = [];
    private TraceSite _last;
    private ulong _lastValue;
    private bool _hasLast;

    public static bool IsSameRegister(in TraceSite left, in TraceSite right) =>
        left.Space == right.Space && left.Address == right.Address && left.Access == right.Access;

    /// <summary>Remembers a read that was on the trace.</summary>
    public void Note(in TraceSite site, ulong value)
    {
        (_last, _lastValue, _hasLast) = (site, value, true);
        if (site.Space == TraceSite.ConfigSpace)
            _config[(site.Address, site.Access)] = value;
    }

    /// <summary>Answers a read that the trace does not have next.</summary>
    public bool TryAnswer(TraceWalk walk, in TraceSite site, out ulong value)
    {
        value = 0;
        if (walk.IsAt(TraceKind.Read) && IsSameRegister(site, walk.Record.Site(walk[0])))
            return false;
        if (_hasLast && IsSameRegister(site, _last))
        {
            value = _lastValue; // One more poll.
            return true;
        }
        return site.Space == TraceSite.ConfigSpace && _config.TryGetValue((site.Address, site.Access), out value);
    }

    /// <summary>Passes over polls that the driver did not do this time, and over reads of
    /// configuration space.</summary>
    /// <param name="wanted">Where to stop: what the driver accesses now, or null.</param>
    public void SkipPolls(TraceWalk walk, TraceSite? wanted, Action passOver)
    {
        while (walk.IsAt(TraceKind.Read))
        {
            TraceSite site = walk.Record.Site(walk[0]);
            bool isWanted = wanted is { } access && IsSameRegister(site, access);
            if (isWanted || (site.Space != TraceSite.ConfigSpace && !(_hasLast && IsSameRegister(site, _last))))
                return;
            Note(site, walk[1]);
            walk.MoveNext();
            passOver();
        }
    }
}
