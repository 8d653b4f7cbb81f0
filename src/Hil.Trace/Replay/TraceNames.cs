namespace Hil.Trace;

// A replay gives ids to strings and sites in an order of its own. What is compared is what they stand for; once two ids
// have been found to stand for the same, that is remembered.

/// <summary>Definitions of the run that is compared with a trace.</summary>
internal sealed class TraceNames : ITraceDefinitions
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
        TraceFieldMeaning.Text when ours == 0 || theirs == 0 => ours == theirs,
        TraceFieldMeaning.Text => IsSame(_strings, meaning, ours, theirs, trace),
        TraceFieldMeaning.Site => IsSame(_sites, meaning, ours, theirs, trace),
        TraceFieldMeaning.CallSite => IsSame(_callSites, meaning, ours, theirs, trace),
        _ => ours == theirs,
    };

    private bool IsSame<T>(Interned<T> known, TraceFieldMeaning meaning, ulong ours, ulong theirs, TraceCursor trace)
        where T : notnull
    {
        if (known.IsSame(ours, theirs))
            return true;
        if (!TraceDefinitions.IsSame(meaning, this, ours, trace, theirs))
            return false;
        known.Note(ours, theirs);
        return true;
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

        public void Note(ulong ours, ulong theirs) => _theirs[(int)ours - 1] = theirs;
    }
}
