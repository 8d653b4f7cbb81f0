using System.Diagnostics.CodeAnalysis;

namespace Hil.Trace;

/// <summary>Goes over the records of a trace, block by block, without an allocation for each. Definitions are no
/// records here: they are looked up by id.</summary>
public sealed unsafe class TraceCursor : ITraceDefinitions, IDisposable
{
    /// <summary>Who goes over a whole trace does so in pieces, a call for each: the runtime then compiles it anew, with
    /// what it learnt.</summary>
    internal const int PieceRecords = 4096;

    private readonly TraceReader _reader;
    private readonly TraceFile _file;
    private readonly FrameReader _frames;
    private readonly BlockDecoder _block;
    private readonly ReadDefinitions _definitions = new();
    private readonly int[] _ordinals = new int[256];
    private readonly ulong[]?[][] _columnsOf = new ulong[]?[256][];
    private TraceBlock? _current;
    private int _nextBlock;
    private int _records;
    private int _at = -1;

    // Of the record's kind: how many of these came before it in the block, and their fields, as far as they are
    // decoded.
    private int _ordinal;
    private ulong[]?[] _columns = [];
    private long[]? _times;
    private byte* _kinds;

    internal TraceCursor(TraceReader reader, TraceFile file, IReadOnlyList<TraceRecordKind> schema)
    {
        _reader = reader;
        _file = file;
        _frames = new FrameReader(file);
        _block = new BlockDecoder(file.Path, schema);
        foreach (TraceRecordKind kind in schema)
            _columnsOf[(byte)kind.Kind] = _block[kind.Kind]!.Decoded;
    }

    /// <summary>Goes to the next record; false after the last. After a <see cref="TraceReader.Refresh"/> it can be true
    /// again.</summary>
    /// <exception cref="TraceFormatException">The next block is damaged and not to be skipped.</exception>
    public bool MoveNext()
    {
        if (++_at < _records || TryNextBlock())
        {
            byte kind = _kinds[_at];
            _ordinal = ++_ordinals[kind];
            _columns = _columnsOf[kind];
            Kind = (TraceKind)kind;
            return true;
        }
        _at = _records;
        return false;
    }

    /// <summary>The kind; a number without a name when the file's schema has a kind that this version does not
    /// know.</summary>
    public TraceKind Kind { get; private set; }

    /// <summary>Time, in 100 ns units.</summary>
    public long Time => (_times ??= _block.Times())[_at];

    /// <summary>Number of the record, from 0; definitions do not count, blocks that are missing do.</summary>
    public ulong Sequence => _block.FirstSequence + (uint)_at;

    /// <summary>Fields of this record in the file's schema.</summary>
    public int FieldCount => _columns.Length;

    /// <summary>A field's value; 0 for one that the file's schema does not have.</summary>
    public ulong this[int field]
    {
        get
        {
            ulong[]?[] columns = _columns;
            if ((uint)field < (uint)columns.Length && columns[field] is { } values)
                return values[_ordinal];
            return Decode(field);
        }
    }

    private ulong Decode(int field) =>
        (uint)field < (uint)_columns.Length ? _block.Value(_block[Kind]!, field, _ordinal) : 0;

    /// <summary>The bytes that came with the record; valid until the cursor moves.</summary>
    public ReadOnlySpan<byte> Data => _block.Data(_block[Kind]!, _ordinal);

    /// <summary>The block that the record is in.</summary>
    public TraceBlock Block => _current!;

    /// <summary>A text by its id; empty for 0.</summary>
    /// <exception cref="TraceFormatException">The trace has not defined it so far.</exception>
    public string Text(ulong id)
    {
        if (id == 0)
            return "";
        if (!_definitions.TryGetText(id, out string? text))
            FailUndefined("string", id);
        return text!;
    }

    /// <summary>A site by its id.</summary>
    /// <exception cref="TraceFormatException">The trace has not defined it so far.</exception>
    public TraceSite Site(ulong id)
    {
        if (!_definitions.TryGetSite(id, out TraceSite site))
            FailUndefined("site", id);
        return site;
    }

    /// <summary>A call site by its id.</summary>
    /// <exception cref="TraceFormatException">The trace has not defined it so far.</exception>
    public TraceCallSite CallSite(ulong id)
    {
        if (!_definitions.TryGetCallSite(id, out TraceCallSite site))
            FailUndefined("call site", id);
        return site;
    }

    /// <summary>Goes to just before a record, or before the first one after it when it is missing.</summary>
    public void SeekTo(ulong sequence)
    {
        _current = null;
        _nextBlock = FindBlock(sequence);
        _records = 0;
        _at = -1;
        IReadOnlyList<TraceBlock> blocks = _reader.Blocks;
        if (_nextBlock == blocks.Count || sequence <= blocks[_nextBlock].FirstSequence || !TryNextBlock())
            return;
        long steps = (long)(sequence - _block.FirstSequence);
        for (_at = -1; _at + 1 < Math.Min(steps, _records); _at++)
            _ordinals[_kinds[_at + 1]]++;
    }

    // The first block that ends after the record.
    private int FindBlock(ulong sequence)
    {
        int low = 0, high = _reader.Blocks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_reader.Blocks[middle].EndSequence > sequence)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    private bool TryNextBlock()
    {
        FindPlace();
        while (_nextBlock < _reader.Blocks.Count)
        {
            TraceBlock block = _current = _reader.Blocks[_nextBlock++];
            if (!TryLoad(block) || _block.Records == 0)
                continue;
            _records = _block.Records;
            _kinds = _block.KindColumn;
            _times = null;
            _at = 0;
            Array.Fill(_ordinals, -1);
            return true;
        }
        return false;
    }

    // An index that came with a refresh can have blocks that walking had stepped over: numbers change, offsets do not.
    private void FindPlace()
    {
        IReadOnlyList<TraceBlock> blocks = _reader.Blocks;
        if (_current == null)
            return;
        if (_nextBlock > 0 && _nextBlock <= blocks.Count && blocks[_nextBlock - 1].Offset == _current.Offset)
            return;
        long offset = _current.Offset;
        for (_nextBlock = 0; _nextBlock < _reader.Blocks.Count; _nextBlock++)
        {
            if (_reader.Blocks[_nextBlock].Offset > offset)
                return;
        }
    }

    private bool TryLoad(TraceBlock block)
    {
        string? problem = _frames.TryRead(block.Offset, block.Bytes);
        if (problem != null)
        {
            _reader.Report(block, problem);
            return false;
        }
        _block.Load(_frames, block.Number, block.Offset);
        if (_block.FirstSequence != block.FirstSequence || _block.Records != block.Records)
            _block.Fail(0, "the index says that other records are in it");
        _definitions.Take(_block);
        return true;
    }

    [DoesNotReturn]
    private void FailUndefined(string what, ulong id) => throw new TraceFormatException(
        _file.Path, _current?.Offset ?? 0, $"{what} {id} is not defined", "It was not written by hil");

    public void Dispose() => _frames.Dispose();
}
