namespace Hil.Trace;

/// <summary>What a repair did.</summary>
/// <param name="IsRewritten">Whether the file was changed; false when nothing was wrong with it.</param>
/// <param name="Records">Records that can be read.</param>
/// <param name="Missing">Records between them that cannot.</param>
/// <param name="Problems">What was wrong.</param>
public sealed record TraceRepairResult(
    bool IsRewritten, int Blocks, ulong Records, ulong Missing, IReadOnlyList<TraceProblem> Problems);

/// <summary>Gives a trace that was cut off or damaged an index again.</summary>
public static class TraceRepair
{
    /// <summary>Checks every block of the file. Unless all is well, cuts off the torn tail and writes an index of the
    /// whole blocks, in place.</summary>
    /// <exception cref="TraceFormatException">The header cannot be read, or a block's content makes no
    /// sense.</exception>
    /// <exception cref="TraceFileException">The file cannot be changed, or a capture writes it.</exception>
    public static TraceRepairResult Repair(string path)
    {
        Lz4.Require(path);
        using TraceFile file = TraceFile.OpenForRepair(path);
        TraceHeader header = TraceHeader.Read(file);
        using var frames = new FrameReader(file);
        var walker = new FrameWalker(file, new BlockDecoder(path, header.Kinds), frames, header.FrameBytes);
        var problems = new List<TraceProblem>();
        var blocks = new List<TraceBlock>();
        TraceIndex? old = TraceIndex.Find(file, header.FrameBytes, problems);
        walker.Walk(blocks, problems);
        if (old == null && problems.Count == 0)
            problems.Add(new TraceProblem(TraceProblemKind.Unfinished, walker.WholeBytes, 0, "there is no index"));

        TraceIndex index = Describe(blocks, old);
        bool isWhole = problems.Count == 0 && old!.Blocks.Count == blocks.Count;
        if (!isWhole)
            Rewrite(file, walker.WholeBytes, index);
        return new TraceRepairResult(!isWhole, blocks.Count, index.Statistics.Records, index.Statistics.Lost, problems);
    }

    // What was lost behind the last block is not known without an index.
    private static TraceIndex Describe(List<TraceBlock> blocks, TraceIndex? old)
    {
        ulong records = 0;
        foreach (TraceBlock block in blocks)
            records += (uint)block.Records;
        ulong end = blocks.Count > 0 ? blocks[^1].EndSequence : 0;
        if (old != null)
            end = Math.Max(end, old.Statistics.Records + old.Statistics.Lost);
        ulong missing = end > records ? end - records : 0;
        return new TraceIndex(
            blocks, new TraceStatistics(records, missing, old?.Statistics.WaitedTicks ?? 0), IsRebuilt: true);
    }

    private static void Rewrite(TraceFile file, long wholeBytes, TraceIndex index)
    {
        try
        {
            file.SetLength(wholeBytes);
            file.Write(wholeBytes, index.Write(wholeBytes));
            file.FlushToDisk();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TraceFileException(file.Path, $"could not be written: {e.Message.TrimEnd('.')}",
                "Make room on the disk, or copy the trace to another one and repair it there", e);
        }
    }
}
