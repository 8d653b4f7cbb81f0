namespace Hil.Trace;

// A replay gives ids to strings and sites in an order of its own. What is compared is what they stand for; once two ids
// have been found to stand for the same, that is remembered.

/// <summary>Definitions of the run that is compared with a trace.</summary>
internal sealed class TraceNames : ITraceDefinitions
{
    private readonly RecentValues<string> _strings = new();
    private readonly RecentValues<TraceSite> _sites = new();
    private readonly RecentValues<TraceCallSite> _callSites = new();
    private long _textBytes;

    /// <summary>Ids are good for an era, as a writer's are.</summary>
    public DefinitionEra Era { get; } = new();

    /// <summary>The id of a text; 0 for an empty one, as writers give it.</summary>
    public ulong Define(string text)
    {
        if (text.Length == 0)
            return 0;
        int before = _strings.Count;
        ulong id = _strings.Intern(text);
        if (_strings.Count != before)
            _textBytes += text.Length;
        return id;
    }

    public ulong Define(in TraceSite site) => _sites.Intern(site);

    public ulong Define(in TraceCallSite site) => _callSites.Intern(site);

    public string Text(ulong id) => id == 0 ? "" : _strings[id];

    public TraceSite Site(ulong id) => _sites[id];

    public TraceCallSite CallSite(ulong id) => _callSites[id];

    /// <summary>Starts an era if this one has as much as it may have. Called between records.</summary>
    public void LimitEra()
    {
        if (DefinitionEra.IsFull(_strings.Recent + _sites.Recent + _callSites.Recent, _textBytes))
            StartEra();
    }

    public void StartEra()
    {
        _strings.StartEra();
        _sites.StartEra();
        _callSites.StartEra();
        _textBytes = 0;
        Era.Number++;
    }

    /// <summary>Whether a value of ours and one of the trace mean the same.</summary>
    public bool IsSame(TraceFieldMeaning meaning, ulong ours, ulong theirs, TraceCursor trace) => meaning switch
    {
        TraceFieldMeaning.Text when ours == 0 || theirs == 0 => ours == theirs,
        TraceFieldMeaning.Text => IsSame(ref _strings.Mark(ours), meaning, ours, theirs, trace),
        TraceFieldMeaning.Site => IsSame(ref _sites.Mark(ours), meaning, ours, theirs, trace),
        TraceFieldMeaning.CallSite => IsSame(ref _callSites.Mark(ours), meaning, ours, theirs, trace),
        _ => ours == theirs,
    };

    // The mark is the last id of the trace that was found to stand for the same, plus 1.
    private bool IsSame(ref ulong mark, TraceFieldMeaning meaning, ulong ours, ulong theirs, TraceCursor trace)
    {
        if (mark == theirs + 1)
            return true;
        if (!TraceDefinitions.IsSame(meaning, this, ours, trace, theirs))
            return false;
        mark = theirs + 1;
        return true;
    }
}
