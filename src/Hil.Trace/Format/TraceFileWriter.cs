using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>The other end of a writer's pipe: a thread that compresses blocks and writes them to the file.</summary>
internal sealed unsafe class TraceFileWriter
{
    private readonly ITraceStorage _storage;
    private readonly string _path;
    private readonly TraceWriterOptions _options;
    private readonly List<TraceBlock> _blocks = [];
    private readonly SemaphoreSlim _room = new(1);
    private readonly SemaphoreSlim _filled = new(0);
    private readonly BlockDecoder _decoder;
    private PipeReader _pipe = null!;
    private Action _cutSoon = null!;
    private Thread? _thread;
    private byte* _frame;
    private int _frameCapacity;
    private long _offset;
    private ulong _records, _lost;
    private TraceFileException? _failure;

    public TraceFileWriter(ITraceStorage storage, string path, TraceWriterOptions options)
    {
        _storage = storage;
        _path = path;
        _options = options;
        _decoder = new BlockDecoder(path, TraceSchema.Kinds);
        byte[] header = TraceHeader.Write(options.Created ?? DateTimeOffset.UtcNow);
        if (!TryWrite(header))
        {
            storage.Dispose();
            throw _failure!;
        }
    }

    /// <summary>Starts the thread.</summary>
    /// <param name="cutSoon">Asks the adding thread to hand its block over at the next record.</param>
    public void Start(PipeReader pipe, Action cutSoon)
    {
        _pipe = pipe;
        _cutSoon = cutSoon;
        _thread = new Thread(Run) { Name = "trace writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Waits until no block is on its way; returns how long that took, in Stopwatch ticks. The caller hands a
    /// block over and rings, or gives the room back.</summary>
    public long WaitForRoom()
    {
        if (_room.Wait(0))
            return 0;
        long start = Stopwatch.GetTimestamp();
        _room.Wait();
        return Stopwatch.GetTimestamp() - start;
    }

    public void GiveRoom() => _room.Release();

    /// <summary>Says that something is in the pipe, or that it is complete.</summary>
    public void Ring() => _filled.Release();

    /// <summary>Ends the thread after the last block, writes the index and closes the file.</summary>
    public TraceWriterSummary Finish(TimeSpan waited)
    {
        Ring();
        _thread!.Join();
        WriteIndex(waited);
        _storage.Dispose();
        NativeMemory.Free(_frame);
        return new TraceWriterSummary(_records, (ulong)_blocks.Count, _offset, waited, _lost, _failure);
    }

    private void Run()
    {
        while (true)
        {
            if (!_filled.Wait(_options.HeldMax))
            {
                _cutSoon();
                continue;
            }
            if (!_pipe.TryRead(out ReadResult result))
                continue;
            if (result.Buffer.IsEmpty && result.IsCompleted)
                return;
            ReadOnlySequence<byte> content = result.Buffer.Slice(sizeof(int), LengthOf(result.Buffer));
            WriteBlock(content);
            _pipe.AdvanceTo(content.End);
            _room.Release();
        }
    }

    private static int LengthOf(ReadOnlySequence<byte> buffer)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        buffer.Slice(0, sizeof(int)).CopyTo(length);
        return BinaryPrimitives.ReadInt32LittleEndian(length);
    }

    // The adding thread asked for the block's bytes in one piece.
    private void WriteBlock(ReadOnlySequence<byte> content)
    {
        Kernel.Invariant.Holds(content.IsSingleSegment, "a block goes through the pipe in one piece");
        fixed (byte* bytes = content.FirstSpan)
        {
            int length = (int)content.Length;
            _decoder.Load(bytes, length, _blocks.Count, _offset);
            if (_failure == null && TryWriteFrame(bytes, length))
                _records += (uint)_decoder.Records;
            else
                _lost += (uint)_decoder.Records;
        }
    }

    private bool TryWriteFrame(byte* content, int bytes)
    {
        if (_blocks.Count == TraceFormat.BlocksMax)
        {
            _failure = new TraceFileException(
                _path, $"has {TraceFormat.BlocksMax:N0} blocks, more are not possible", "Split the run");
            return false;
        }
        long offset = _offset;
        int frameBytes = Compress(content, bytes);
        if (!TryWrite(new ReadOnlySpan<byte>(_frame, frameBytes)))
            return false;
        _blocks.Add(_decoder.Describe(_blocks.Count, offset, frameBytes));
        return true;
    }

    private int Compress(byte* bytes, int length)
    {
        int bound = Lz4.BoundOf(length);
        if (bound > _frameCapacity)
        {
            _frame = (byte*)NativeMemory.Realloc(_frame, (nuint)bound);
            _frameCapacity = bound;
        }
        return Lz4.Compress(_frame, _frameCapacity, bytes, length);
    }

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _storage.Write(_offset, bytes);
            _offset += bytes.Length;
            return true;
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            _failure = new TraceFileException(_path, $"could not be written: {e.Message.TrimEnd('.')}",
                "Make room on the disk, or capture to another one", e);
            Shorten();
            return false;
        }
    }

    // A size that a file may not have (EFBIG, as under `ulimit -f`) comes as a wrong argument.
    private static bool IsOfTheDisk(Exception e) =>
        e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    // What was written of a block that did not fit would be a torn tail. Room can be given back even on a full disk.
    private void Shorten()
    {
        try
        {
            _storage.SetLength(_offset);
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            // Then it is a torn tail: readers step over it, and the failure is in the summary already.
        }
    }

    private void WriteIndex(TimeSpan waited)
    {
        var index = new TraceIndex(_blocks, new TraceStatistics(_records, _lost, waited.Ticks), IsRebuilt: false);
        TraceFileException? first = _failure;
        TryWrite(index.Write(_offset));
        _failure = first ?? _failure;
    }
}
