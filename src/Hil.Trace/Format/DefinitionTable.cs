using Hil.Kernel;

namespace Hil.Trace;

/// <summary>What a writer has given ids to, and which of it the current block defines already.</summary>
internal sealed class DefinitionTable
{
    private readonly Dictionary<string, ulong> _texts = new(StringComparer.Ordinal) { [""] = 0 };

    public Definitions<byte[]> Strings { get; } = new();

    public Definitions<TraceSite> Sites { get; } = new();

    public Definitions<TraceCallSite> CallSites { get; } = new();

    /// <summary>The id of a text; 0 for an empty one.</summary>
    public ulong DefineString(string text)
    {
        if (_texts.TryGetValue(text, out ulong id))
            return id;
        id = Strings.Add(TraceUtf8.Encode(text));
        _texts.Add(text, id);
        return id;
    }

    public void StartBlock()
    {
        Strings.StartBlock();
        Sites.StartBlock();
        CallSites.StartBlock();
    }
}

/// <summary>Definitions of one kind, by id from 1.</summary>
internal sealed class Definitions<T>
    where T : notnull
{
    private readonly Dictionary<T, ulong> _ids = [];
    private T[] _values = new T[64];
    private int[] _blocks = new int[64];
    private int _count;
    private int _block = 1;

    /// <summary>The id of a value: the one it has, or the next.</summary>
    public ulong Intern(T value)
    {
        if (_ids.TryGetValue(value, out ulong id))
            return id;
        id = Add(value);
        _ids.Add(value, id);
        return id;
    }

    /// <summary>The next id.</summary>
    public ulong Add(T value)
    {
        if (_count == _values.Length)
        {
            Array.Resize(ref _values, _count * 2);
            Array.Resize(ref _blocks, _count * 2);
        }
        _values[_count++] = value;
        return (ulong)_count;
    }

    public bool IsInBlock(ulong id)
    {
        Invariant.Holds(id - 1 < (ulong)_count, "records refer to ids that the writer gave out");
        return _blocks[id - 1] == _block;
    }

    public T PutInBlock(ulong id)
    {
        _blocks[id - 1] = _block;
        return _values[id - 1];
    }

    public void StartBlock() => _block++;
}
