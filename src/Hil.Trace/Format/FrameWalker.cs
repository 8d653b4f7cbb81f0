using System.Buffers.Binary;

namespace Hil.Trace;

/// <summary>Finds the blocks of a trace without an index, frame by frame, and goes on where it stopped when the file
/// has grown. Behind a damaged frame it looks for the next one that is whole.</summary>
internal sealed class FrameWalker(TraceFile file, BlockDecoder decoder, FrameReader frames, long start)
{
    // A file that was made to look like many frames costs no more than this many attempts.
    private const int AttemptsMax = 256;
    private const int WindowBytes = 64 << 10;

    private long _at = start;

    /// <summary>Where the last whole frame ends that is not the index.</summary>
    public long WholeBytes { get; private set; } = start;

    /// <summary>Adds the blocks from where the last call stopped. Returns whether the walk came to an index.</summary>
    public bool Walk(List<TraceBlock> blocks, List<TraceProblem> problems)
    {
        long end = file.Length;
        while (_at < end)
        {
            string? problem = TryStep(end, blocks, out bool isIndex);
            if (isIndex)
                return true;
            if (problem == null)
                continue;
            long next = FindWhole(_at + 1, end, blocks);
            if (next < 0)
            {
                problems.Add(new TraceProblem(TraceProblemKind.TornTail, _at, end - _at,
                    $"the last {end - _at:N0} bytes cannot be used: {problem}"));
                return false;
            }
            problems.Add(new TraceProblem(TraceProblemKind.DamagedBlock, _at, next - _at,
                $"block {blocks.Count} at offset 0x{_at:X} is damaged: {problem}"));
            _at = next;
        }
        return false;
    }

    private string? TryStep(long end, List<TraceBlock> blocks, out bool isIndex)
    {
        isIndex = false;
        Span<byte> start = stackalloc byte[TraceFormat.SkippableHeaderBytes];
        if (file.Read(_at, start) < start.Length)
            return "a frame is cut off";
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(start);
        if ((magic & TraceFormat.SkippableMask) == TraceFormat.SkippableMagic)
        {
            long after = _at + TraceFormat.SkippableHeaderBytes + BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
            if (after > end)
                return magic == TraceFormat.IndexMagic ? "the index is cut off" : "a frame is cut off";
            isIndex = magic == TraceFormat.IndexMagic && after == end;
            _at = after;
            if (magic != TraceFormat.IndexMagic)
                WholeBytes = after;
            return null;
        }
        string? problem = TryBlock(_at, end, blocks, out TraceBlock? block);
        if (block == null)
            return problem;
        if (blocks.Count == TraceFormat.BlocksMax)
            decoder.Fail(0, "the trace has more blocks than it may have");
        blocks.Add(block);
        WholeBytes = _at = block.EndOffset;
        return null;
    }

    private string? TryBlock(long offset, long end, List<TraceBlock> blocks, out TraceBlock? block)
    {
        block = null;
        string? problem = frames.TryMeasure(offset, end, out int bytes) ?? frames.TryRead(offset, bytes);
        if (problem != null)
            return problem;
        decoder.Load(frames, blocks.Count, offset);
        if (blocks.Count > 0 && decoder.FirstSequence < blocks[^1].EndSequence)
            return "its sequence number is lower than that of the block before it";
        block = decoder.Describe(blocks.Count, offset, bytes);
        return null;
    }

    private long FindWhole(long from, long end, List<TraceBlock> blocks)
    {
        var window = new byte[WindowBytes];
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, TraceFormat.Lz4Magic);
        int attempts = 0;
        while (from < end)
        {
            int got = file.Read(from, window);
            int found = window.AsSpan(0, got).IndexOf(magic);
            if (found < 0)
            {
                from += Math.Max(1, got - magic.Length + 1);
                continue;
            }
            from += found;
            if (++attempts > AttemptsMax)
                return -1;
            if (IsWhole(from, end, blocks))
                return from;
            from++;
        }
        return -1;
    }

    private bool IsWhole(long offset, long end, List<TraceBlock> blocks)
    {
        try
        {
            return TryBlock(offset, end, blocks, out TraceBlock? block) == null && block != null;
        }
        catch (TraceFormatException)
        {
            return false;
        }
    }
}
