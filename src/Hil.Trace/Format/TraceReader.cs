namespace Hil.Trace;

/// <summary>What a reader does about a block that is damaged.</summary>
public enum DamagedBlocks
{
    /// <summary>Reading ends there with an exception.</summary>
    Fail,

    /// <summary>The block is among the problems, its records are missing.</summary>
    Skip,
}

/// <summary>How a trace is read.</summary>
public sealed record TraceReaderOptions
{
    public DamagedBlocks Damaged { get; init; } = DamagedBlocks.Fail;
}

/// <summary>Reads a `.hiltrace` file: what is in it, and cursors over its records. Blocks are read one at a
/// time.</summary>
/// <remarks>Not safe for several threads at once; cursors that were opened are independent of each other.</remarks>
public sealed class TraceReader : IDisposable
{
    private readonly TraceFile _file;
    private readonly TraceReaderOptions _options;
    private readonly TraceHeader _header;
    private readonly List<TraceProblem> _problems = [];
    private readonly List<TraceBlock> _blocks = [];
    private readonly FrameReader _frames;
    private readonly FrameWalker _walker;

    private TraceReader(TraceFile file, TraceReaderOptions options)
    {
        _file = file;
        _options = options;
        _header = TraceHeader.Read(file);
        _frames = new FrameReader(file);
        _walker = new FrameWalker(file, new BlockDecoder(file.Path, _header.Kinds), _frames, _header.FrameBytes);
    }

    /// <summary>Opens a trace. One without an index, since its capture was killed or still goes on, is searched for
    /// blocks.</summary>
    /// <exception cref="TraceFormatException">It cannot be read; says where and why.</exception>
    /// <exception cref="TraceFileException">It cannot be opened, or liblz4 is missing.</exception>
    public static TraceReader Open(string path, TraceReaderOptions? options = null)
    {
        Lz4.Require(path);
        TraceFile file = TraceFile.OpenForReading(path);
        TraceReader? reader = null;
        try
        {
            reader = new TraceReader(file, options ?? new TraceReaderOptions());
            reader.FindBlocks();
            return reader;
        }
        catch
        {
            reader?._frames.Dispose();
            file.Dispose();
            throw;
        }
    }

    public string Path => _file.Path;

    /// <summary>When the capture began.</summary>
    public DateTimeOffset Created => _header.Created;

    /// <summary>The file's own schema: it can have kinds and fields that this version does not know.</summary>
    public IReadOnlyList<TraceRecordKind> Kinds => _header.Kinds;

    public IReadOnlyList<TraceBlock> Blocks => _blocks;

    /// <summary>Whether the trace was ended as it should be: it has a whole index.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the index was made by a repair.</summary>
    public bool IsRepaired { get; private set; }

    /// <summary>What the writer said at the end; zeros without an index.</summary>
    public TraceStatistics Statistics { get; private set; }

    /// <summary>What was found wrong so far, by opening and by the cursors.</summary>
    public IReadOnlyList<TraceProblem> Problems => _problems;

    /// <summary>Bytes of the file.</summary>
    public long Bytes => _file.Length;

    /// <summary>Records in all blocks, without definitions.</summary>
    public ulong Records
    {
        get
        {
            ulong records = 0;
            foreach (TraceBlock block in _blocks)
                records += (uint)block.Records;
            return records;
        }
    }

    /// <summary>Whether a capture writes the file at this moment.</summary>
    public bool IsBeingWritten => _file.IsBeingWritten();

    /// <summary>A cursor before the first record.</summary>
    public TraceCursor OpenCursor() => new(this, _file, _header.Kinds);

    /// <summary>Looks for blocks that were written since, unless the trace is complete. Returns whether there are any,
    /// or the trace has been completed.</summary>
    public bool Refresh()
    {
        if (IsComplete)
            return false;
        int before = _blocks.Count;
        FindBlocks();
        return _blocks.Count != before || IsComplete;
    }

    /// <summary>A block's uncompressed content.</summary>
    internal unsafe byte[] ReadContent(TraceBlock block)
    {
        string? problem = _frames.TryRead(block.Offset, block.Bytes);
        if (problem != null)
            Report(block, problem);
        return new ReadOnlySpan<byte>(_frames.Content, _frames.ContentBytes).ToArray();
    }

    private void FindBlocks()
    {
        _problems.RemoveAll(static problem => problem.Kind != TraceProblemKind.DamagedBlock);
        if (TraceIndex.Find(_file, _header.FrameBytes, _problems) is { } index)
        {
            TakeIndex(index);
            return;
        }
        int known = _problems.Count;
        _walker.Walk(_blocks, _problems);
        if (!_problems.Exists(static problem => problem.Kind == TraceProblemKind.Index))
        {
            _problems.Add(new TraceProblem(TraceProblemKind.Unfinished, _file.Length, 0,
                "there is no index: the capture still goes on, or was killed, and then up to "
                + $"{TraceWriter.RecordsAtRiskMax:N0} records are missing. Blocks were found by walking the file"));
        }
        if (_options.Damaged == DamagedBlocks.Fail)
            FailOnDamage(known);
    }

    private void TakeIndex(TraceIndex index)
    {
        _blocks.Clear();
        _blocks.AddRange(index.Blocks);
        Statistics = index.Statistics;
        IsRepaired = index.IsRebuilt;
        IsComplete = true;
    }

    private void FailOnDamage(int known)
    {
        TraceProblem? damage = _problems.Skip(known).FirstOrDefault(
            static problem => problem.Kind == TraceProblemKind.DamagedBlock);
        if (damage != null)
            throw Damage(damage);
    }

    private TraceFormatException Damage(TraceProblem problem) => new(_file.Path, problem.Offset, problem.Text,
        "Copy the file again from where it came from, or have hil trace repair leave out what is damaged");

    /// <summary>Notes a block that a cursor could not read, or throws: as the options say.</summary>
    internal void Report(TraceBlock block, string text)
    {
        var problem = new TraceProblem(TraceProblemKind.DamagedBlock, block.Offset, block.Bytes,
            $"block {block.Number} at offset 0x{block.Offset:X} with records {block.FirstSequence:N0} to "
            + $"{block.EndSequence - 1:N0} is damaged: {text}");
        if (_options.Damaged == DamagedBlocks.Fail)
            throw Damage(problem);
        if (!_problems.Contains(problem))
            _problems.Add(problem);
    }

    public void Dispose()
    {
        _frames.Dispose();
        _file.Dispose();
    }
}
