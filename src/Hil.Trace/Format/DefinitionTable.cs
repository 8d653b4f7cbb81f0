namespace Hil.Trace;

/// <summary>What a writer has given ids to, and which of it the current block defines already.</summary>
internal sealed class DefinitionTable
{
    private readonly Dictionary<string, ulong> _texts = new(StringComparer.Ordinal) { [""] = 0 };
    private long _textBytes;

    public Definitions<byte[]> Strings { get; } = new();

    public Definitions<TraceSite> Sites { get; } = new();

    public Definitions<TraceCallSite> CallSites { get; } = new();

    /// <summary>An id of an earlier era must not be used in another record: its value is asked for again.</summary>
    public DefinitionEra Era { get; } = new();

    /// <summary>The id of a text; 0 for an empty one.</summary>
    public ulong DefineString(string text)
    {
        if (_texts.TryGetValue(text, out ulong id))
            return id;
        byte[] bytes = TraceUtf8.Encode(text);
        _textBytes += bytes.Length;
        id = Strings.Add(bytes);
        _texts.Add(text, id);
        return id;
    }

    public void StartBlock()
    {
        Strings.StartBlock();
        Sites.StartBlock();
        CallSites.StartBlock();
        if (DefinitionEra.IsFull(Strings.Recent + Sites.Recent + CallSites.Recent, _textBytes))
            StartEra();
    }

    private void StartEra()
    {
        Strings.StartEra();
        Sites.StartEra();
        CallSites.StartEra();
        _texts.Clear();
        _texts.Add("", 0);
        _textBytes = 0;
        Era.Number++;
    }
}

/// <summary>Definitions of one kind, by id from 1.</summary>
internal sealed class Definitions<T>
    where T : notnull
{
    private readonly RecentValues<T> _values = new();
    private ulong _block = 1;

    public int Recent => _values.Recent;

    /// <summary>The id of a value: the one it has, or the next.</summary>
    public ulong Intern(T value) => _values.Intern(value);

    /// <summary>The next id.</summary>
    public ulong Add(T value) => _values.Add(value);

    public bool IsInBlock(ulong id) => _values.Mark(id) == _block;

    public T PutInBlock(ulong id)
    {
        _values.Mark(id) = _block;
        return _values[id];
    }

    public void StartBlock() => _block++;

    public void StartEra() => _values.StartEra();
}
