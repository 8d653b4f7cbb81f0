namespace Hil.Trace;

// A replay gives ids to strings and sites in an order of its own. What is compared is what they stand for; once two ids
// have been found to stand for the same, that is remembered.

/// <summary>Definitions of the run that is compared with a trace.</summary>
internal sealed class TraceNames
{
    private readonly Interned<string> _strings = new();
    private readonly Interned<TraceSite> _sites = new();
    private readonly Interned<TraceCallSite> _callSites = new();

    /// <summary>The id of a text; 0 for an empty one, as writers give it.</summary>
    public ulong Define(string text) => text.Length == 0 ? 0 : _strings.Define(text);

    public ulong Define(in TraceSite site) => _sites.Define(site);

    public ulong Define(in TraceCallSite site) => _callSites.Define(site);

    public string Text(ulong id) => id == 0 ? "" : _strings[id];

    public TraceSite Site(ulong id) => _sites[id];

    public TraceCallSite CallSite(ulong id) => _callSites[id];

    /// <summary>Whether a value of ours and one of the trace mean the same.</summary>
    public bool IsSame(TraceFieldMeaning meaning, ulong ours, ulong theirs, TraceCursor trace) => meaning switch
    {
        TraceFieldMeaning.Text => ours == 0 || theirs == 0
            ? ours == theirs
            : _strings.IsSame(ours, theirs) || IsSameText(ours, theirs, trace),
        TraceFieldMeaning.Site => _sites.IsSame(ours, theirs) || IsSameSite(ours, theirs, trace),
        TraceFieldMeaning.CallSite => _callSites.IsSame(ours, theirs) || IsSameCallSite(ours, theirs, trace),
        _ => ours == theirs,
    };

    private bool IsSameText(ulong ours, ulong theirs, TraceCursor trace) =>
        _strings[ours] == trace.Text(theirs) && _strings.Note(ours, theirs);

    private bool IsSameSite(ulong ours, ulong theirs, TraceCursor trace)
    {
        TraceSite our = _sites[ours];
        TraceSite their = trace.Site(theirs);
        return our with { Device = 0, Place = 0 } == their with { Device = 0, Place = 0 }
            && IsSame(TraceFieldMeaning.Text, our.Device, their.Device, trace)
            && IsSame(TraceFieldMeaning.Text, our.Place, their.Place, trace)
            && _sites.Note(ours, theirs);
    }

    private bool IsSameCallSite(ulong ours, ulong theirs, TraceCursor trace)
    {
        TraceCallSite our = _callSites[ours];
        TraceCallSite their = trace.CallSite(theirs);
        return our.Return == their.Return
            && IsSame(TraceFieldMeaning.Text, our.Export, their.Export, trace)
            && IsSame(TraceFieldMeaning.Text, our.Place, their.Place, trace)
            && _callSites.Note(ours, theirs);
    }

    private sealed class Interned<T>
        where T : notnull
    {
        private readonly Dictionary<T, ulong> _ids = [];
        private readonly List<T> _values = [];
        private readonly List<ulong> _theirs = [];

        public T this[ulong id] => _values[(int)id - 1];

        public ulong Define(T value)
        {
            if (_ids.TryGetValue(value, out ulong id))
                return id;
            _values.Add(value);
            id = (ulong)_values.Count;
            _ids.Add(value, id);
            _theirs.Add(ulong.MaxValue);
            return id;
        }

        public bool IsSame(ulong ours, ulong theirs) => _theirs[(int)ours - 1] == theirs;

        public bool Note(ulong ours, ulong theirs)
        {
            _theirs[(int)ours - 1] = theirs;
            return true;
        }
    }
}
