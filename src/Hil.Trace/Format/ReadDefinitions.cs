namespace Hil.Trace;

/// <summary>The definitions that a cursor has come across. Each block defines what it refers to, so what older blocks
/// defined can be dropped when it becomes too much.</summary>
internal sealed class ReadDefinitions
{
    private const int CountMax = 2 * DefinitionEra.DefinitionsMax;
    private const long TextBytesMax = 2 * DefinitionEra.TextBytesMax;

    private readonly Dictionary<ulong, string> _strings = [];
    private readonly Dictionary<ulong, TraceSite> _sites = [];
    private readonly Dictionary<ulong, TraceCallSite> _callSites = [];
    private long _textBytes;

    public bool TryGetText(ulong id, out string? text) => _strings.TryGetValue(id, out text);

    public bool TryGetSite(ulong id, out TraceSite site) => _sites.TryGetValue(id, out site);

    public bool TryGetCallSite(ulong id, out TraceCallSite site) => _callSites.TryGetValue(id, out site);

    /// <summary>Takes what a block defines.</summary>
    public void Take(BlockDecoder block)
    {
        if (_strings.Count + _sites.Count + _callSites.Count > CountMax || _textBytes > TextBytesMax)
            Drop();
        TakeStrings(block, block[TraceKind.String]!);
        TakeSites(block, block[TraceKind.Site]!);
        TakeCallSites(block, block[TraceKind.CallSite]!);
    }

    private void Drop()
    {
        _strings.Clear();
        _sites.Clear();
        _callSites.Clear();
        _textBytes = 0;
    }

    private void TakeStrings(BlockDecoder block, KindDecoder kind)
    {
        for (int i = 0; i < kind.Count; i++)
        {
            ulong id = block.Value(kind, 0, i);
            if (_strings.ContainsKey(id))
                continue;
            ReadOnlySpan<byte> text = block.Data(kind, i);
            if (text.Length > TraceFormat.TextBytesMax)
                block.Fail(0, "a text is longer than it may be");
            _strings.Add(id, TraceUtf8.Decode(text));
            _textBytes += text.Length;
        }
    }

    private void TakeSites(BlockDecoder block, KindDecoder kind)
    {
        for (int i = 0; i < kind.Count; i++)
        {
            ulong Field(int field) => block.Value(kind, field, i);
            _sites[Field(0)] = new TraceSite(
                Field(1), Field(2), Field(3), Field(4), Field(5), Field(6), Field(7), Field(8));
        }
    }

    private void TakeCallSites(BlockDecoder block, KindDecoder kind)
    {
        for (int i = 0; i < kind.Count; i++)
        {
            ulong Field(int field) => block.Value(kind, field, i);
            _callSites[Field(0)] = new TraceCallSite(Field(1), Field(2), Field(3));
        }
    }
}
