using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Hil.Kernel;

namespace Hil.Trace;

/// <summary>How a trace is written.</summary>
public sealed record TraceWriterOptions
{
    /// <summary>Creation time in the header; now, unless told.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>A block with records in it is written after this long, at the next record.</summary>
    public TimeSpan HeldMax { get; init; } = TimeSpan.FromMilliseconds(100);
}

/// <summary>What became of a trace.</summary>
/// <param name="Records">Records in the file, without definitions.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Waited">How long the recording thread waited for the disk.</param>
/// <param name="Lost">Records that are not in the file.</param>
/// <param name="Failure">Why not; null when nothing is lost.</param>
public sealed record TraceWriterSummary(
    ulong Records, ulong Blocks, long Bytes, TimeSpan Waited, ulong Lost, TraceFileException? Failure);

/// <summary>Records into a `.hiltrace` file.</summary>
/// <remarks>
/// One thread at a time adds (the baton holder). It encodes into the columns of the current block, at once or while it
/// waits for something else (<see cref="EncodeOne"/>); a full block goes through a pipe to a thread that compresses
/// and writes it. One block may be on its way: when the next is full too, the adding thread waits, and the time is
/// counted. What a killed host loses is therefore in two blocks of at most
/// <see cref="RecordsAtRiskMax"/> records together. A disk that is full ends the writing, never the run: the summary
/// says what is lost.
/// </remarks>
public sealed class TraceWriter : IDisposable
{
    /// <summary>Records that a killed host can lose.</summary>
    public const int RecordsAtRiskMax = 2 * TraceFormat.CutRecords;

    private readonly DefinitionTable _definitions = new();
    private readonly BlockEncoder _block;
    private readonly PendingRecords _pending = new();
    private readonly Pipe _pipe = new(new PipeOptions(
        new BlockPool(), readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly TraceFileWriter _file;
    private TraceWriterSummary? _summary;
    private long _waited;
    private int _cutAt = TraceFormat.CutRecords;

    private TraceWriter(TraceFileWriter file)
    {
        _block = new BlockEncoder(_definitions, TraceSchema.Kinds);
        _file = file;
        _file.Start(_pipe.Reader, () => Volatile.Write(ref _cutAt, 0));
    }

    /// <summary>Makes the file, replacing one that is there.</summary>
    /// <exception cref="TraceFileException">It cannot be made, somebody else writes it, or liblz4 is
    /// missing.</exception>
    public static TraceWriter Create(string path, TraceWriterOptions? options = null) =>
        Create(TraceFile.CreateForWriting, path, options ?? new TraceWriterOptions());

    /// <summary>Finds out early whether <see cref="Create(string, TraceWriterOptions?)"/> would succeed; a trace that
    /// is there stays as it is.</summary>
    /// <exception cref="TraceFileException">It would not.</exception>
    public static void RequireWritable(string path) => TraceFile.RequireWritable(path);

    internal static TraceWriter Create(Func<string, ITraceStorage> open, string path, TraceWriterOptions options)
    {
        Lz4.Require(path);
        ITraceStorage storage = open(path);
        try
        {
            return new TraceWriter(new TraceFileWriter(storage, path, options));
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    internal DefinitionEra Era => _definitions.Era;

    /// <summary>The id of a text, the same for equal texts; 0 for an empty one.</summary>
    public ulong DefineString(string text) => _definitions.DefineString(text);

    /// <summary>The id of a site, the same for equal sites.</summary>
    public ulong DefineSite(in TraceSite site) => _definitions.Sites.Intern(site);

    /// <summary>The id of a call site, the same for equal ones.</summary>
    public ulong DefineCallSite(in TraceCallSite site) => _definitions.CallSites.Intern(site);

    /// <summary>Adds a record without fields. Times are in 100 ns units.</summary>
    public void Add(TraceKind kind, long time) => Add(kind, time, []);

    public void Add(TraceKind kind, long time, ulong a) => Add(kind, time, [a]);

    public void Add(TraceKind kind, long time, ulong a, ulong b) => Add(kind, time, [a, b]);

    public void Add(TraceKind kind, long time, ulong a, ulong b, ulong c) => Add(kind, time, [a, b, c]);

    public void Add(TraceKind kind, long time, ulong a, ulong b, ulong c, ulong d) => Add(kind, time, [a, b, c, d]);

    public void Add(
        TraceKind kind, long time, ulong a, ulong b, ulong c, ulong d, ulong e,
        ulong f = 0, ulong g = 0, ulong h = 0, ulong i = 0)
    {
        int count = _block.FieldsOf(kind);
        ReadOnlySpan<ulong> fields = [a, b, c, d, e, f, g, h, i];
        Add(kind, time, fields[..Math.Min(count, fields.Length)]);
    }

    /// <summary>Adds a record of a kind without data. Fields that are not given are zero.</summary>
    public void Add(TraceKind kind, long time, ReadOnlySpan<ulong> fields)
    {
        _pending.Add(kind, time, fields);
        if (_pending.IsFull || MustCut)
            MakeRoom();
    }

    /// <summary>Adds a record of a kind that has data, at most <see cref="TraceFormat.DataBytesMax"/> bytes.</summary>
    public void Add(TraceKind kind, long time, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, TraceFormat.DataBytesMax, nameof(data));
        if (data.Length <= PendingRecords.DataBytesMax)
        {
            _pending.Add(kind, time, fields, data);
        }
        else
        {
            EncodeAll();
            _block.Add(kind, time, fields, data);
        }
        if (_pending.IsFull || MustCut)
            MakeRoom();
    }

    /// <summary>Records added so far: the next one's sequence number.</summary>
    public ulong NextSequence => _block.FirstSequence + (uint)(_block.Records + _pending.Count);

    /// <summary>Encodes a record that was added, some 20 ns; false when there is none left. For the adding thread,
    /// while it waits for something anyway.</summary>
    public bool EncodeOne()
    {
        if (_pending.Count == 0)
            return false;
        _pending.EncodeFirst(_block);
        return true;
    }

    private bool MustCut
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _block.Records + _pending.Count >= Volatile.Read(ref _cutAt)
            || _block.DataBytes >= TraceFormat.CutDataBytes;
    }

    private void MakeRoom()
    {
        EncodeAll();
        if (MustCut)
            Cut();
    }

    private void EncodeAll()
    {
        while (_pending.Count != 0)
            _pending.EncodeFirst(_block);
    }

    /// <summary>Writes what was added so far to the file and returns when it is there.</summary>
    public void Flush()
    {
        EncodeAll();
        if (_block.Records != 0)
            Cut();
        _waited += _file.WaitForRoom();
        _file.GiveRoom();
    }

    // Hands the block over; waits first while the one before it is still on its way.
    private void Cut()
    {
        Invariant.Holds(_summary == null, "nothing is added to a trace that is complete");
        Volatile.Write(ref _cutAt, TraceFormat.CutRecords);
        _waited += _file.WaitForRoom();
        int bytes = _block.MeasureContent();
        Span<byte> to = _pipe.Writer.GetSpan(sizeof(int) + bytes);
        BinaryPrimitives.WriteInt32LittleEndian(to, bytes);
        _block.CopyContent(to.Slice(sizeof(int), bytes));
        _block.StartNextBlock();
        _pipe.Writer.Advance(sizeof(int) + bytes);
        // No threshold and no reader that waits in the pipe itself: it completes at once.
        _ = _pipe.Writer.FlushAsync();
        _file.Ring();
    }

    /// <summary>Writes what is left, the index, and the statistics. The file is closed afterwards.</summary>
    public TraceWriterSummary Complete()
    {
        if (_summary != null)
            return _summary;
        Flush();
        _pipe.Writer.Complete();
        _summary = _file.Finish(TimeSpan.FromSeconds((double)_waited / Stopwatch.Frequency));
        _block.Dispose();
        return _summary;
    }

    /// <summary>Completes the trace if nobody did.</summary>
    public void Dispose() => Complete();
}
