namespace Hil.Trace.Tests.Format;

public sealed class TraceDamageTests
{
    private static readonly TraceReaderOptions s_skip = new() { Damaged = DamagedBlocks.Skip };

    [Fact]
    public void FileCutOffAnywhereGivesAllRecordsOfItsWholeBlocks()
    {
        using var trace = new TemporaryTrace();
        IReadOnlyList<PlainRecord> records =
            Write(trace, blocks: 5, recordsEach: 60, out IReadOnlyList<TraceBlock> blocks);
        byte[] whole = File.ReadAllBytes(trace.Path);
        for (int length = (int)blocks[0].Offset; length < whole.Length; length += 19)
        {
            File.WriteAllBytes(trace.Path, whole[..length]);
            int expected = blocks.Where(block => block.EndOffset <= length).Sum(static block => block.Records);
            using TraceReader reader = TraceReader.Open(trace.Path);
            Assert.False(reader.IsComplete);
            Assert.Contains(reader.Problems, static problem => problem.Kind == TraceProblemKind.Unfinished);
            Assert.Equal(records.Take(expected), PlainRecord.ReadAll(reader));
        }
    }

    [Fact]
    public void FlippedBitAnywhereIsFoundOrHarmless()
    {
        using var trace = new TemporaryTrace();
        IReadOnlyList<PlainRecord> records =
            Write(trace, blocks: 3, recordsEach: 40, out _);
        byte[] whole = File.ReadAllBytes(trace.Path);
        for (int at = 0; at < whole.Length; at += 13)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(trace.Path, flipped);
            try
            {
                Assert.Equal(records, PlainRecord.ReadAll(trace.Path));
            }
            catch (TraceFormatException e)
            {
                Assert.Equal(trace.Path, e.Path);
            }
        }
    }

    [Fact]
    public void DamagedBlockIsNamedWhenReadingFails()
    {
        using var trace = new TemporaryTrace();
        Write(trace, blocks: 4, recordsEach: 50, out IReadOnlyList<TraceBlock> blocks);
        Flip(trace.Path, blocks[2].Offset + 40);

        var e = Assert.Throws<TraceFormatException>(() => PlainRecord.ReadAll(trace.Path));
        Assert.Equal(blocks[2].Offset, e.Offset);
        Assert.Contains("block 2", e.Problem, StringComparison.Ordinal);
        Assert.Contains("100 to 149", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedBlockIsSkippedWhenAskedForAndNothingElse()
    {
        using var trace = new TemporaryTrace();
        IReadOnlyList<PlainRecord> records =
            Write(trace, blocks: 4, recordsEach: 50, out IReadOnlyList<TraceBlock> blocks);
        Flip(trace.Path, blocks[2].Offset + 40);

        using TraceReader reader = TraceReader.Open(trace.Path, s_skip);
        Assert.Equal([.. records.Take(100), .. records.Skip(150)], PlainRecord.ReadAll(reader));
        TraceProblem problem = Assert.Single(reader.Problems);
        Assert.Equal((TraceProblemKind.DamagedBlock, blocks[2].Offset), (problem.Kind, problem.Offset));
    }

    [Theory]
    [InlineData(0)] // the frame's magic
    [InlineData(4)] // its flags
    [InlineData(16)] // the length of its LZ4 block
    [InlineData(18)] // the same, beyond the file's end
    [InlineData(40)] // compressed bytes
    public void DamagedBlockIsSteppedOverWithoutIndexToo(int flippedByte)
    {
        using var trace = new TemporaryTrace();
        IReadOnlyList<PlainRecord> records =
            Write(trace, blocks: 4, recordsEach: 50, out IReadOnlyList<TraceBlock> blocks);
        CutIndex(trace.Path, blocks);
        Flip(trace.Path, blocks[1].Offset + flippedByte);

        using TraceReader reader = TraceReader.Open(trace.Path, s_skip);
        Assert.Equal([.. records.Take(50), .. records.Skip(100)], PlainRecord.ReadAll(reader));
        Assert.Contains(reader.Problems, problem =>
            problem.Kind == TraceProblemKind.DamagedBlock && problem.Offset == blocks[1].Offset);
        Assert.Throws<TraceFormatException>(() => TraceReader.Open(trace.Path));
    }

    [Fact]
    public void DamagedIndexIsSaidAndNotNeeded()
    {
        using var trace = new TemporaryTrace();
        IReadOnlyList<PlainRecord> records =
            Write(trace, blocks: 4, recordsEach: 50, out IReadOnlyList<TraceBlock> blocks);
        Flip(trace.Path, blocks[^1].EndOffset + 20);

        using TraceReader reader = TraceReader.Open(trace.Path);
        Assert.False(reader.IsComplete);
        Assert.Equal(TraceProblemKind.Index, Assert.Single(reader.Problems).Kind);
        Assert.Equal(records, PlainRecord.ReadAll(reader));
    }

    [Fact]
    public void NewerVersionIsRefusedWithBothVersions()
    {
        using var trace = new TemporaryTrace();
        Write(trace, blocks: 1, recordsEach: 1, out _);
        Flip(trace.Path, 16, 0x02); // version 1 becomes 3

        var e = Assert.Throws<TraceFormatException>(() => TraceReader.Open(trace.Path));
        Assert.Contains("format version 3, this hil reads up to 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RepairOfCutOffFileMakesItComplete()
    {
        using var trace = new TemporaryTrace();
        IReadOnlyList<PlainRecord> records =
            Write(trace, blocks: 4, recordsEach: 50, out IReadOnlyList<TraceBlock> blocks);
        using (FileStream file = File.OpenWrite(trace.Path))
            file.SetLength(blocks[3].Offset + 30);

        TraceRepairResult result = TraceRepair.Repair(trace.Path);
        Assert.Equal((true, 3, 150UL), (result.IsRewritten, result.Blocks, result.Records));
        using TraceReader reader = TraceReader.Open(trace.Path);
        Assert.True(reader.IsComplete && reader.IsRepaired);
        Assert.Empty(reader.Problems);
        Assert.Equal(records.Take(150), PlainRecord.ReadAll(reader));
    }

    [Fact]
    public void RepairLeavesWholeFileAlone()
    {
        using var trace = new TemporaryTrace();
        Write(trace, blocks: 3, recordsEach: 50, out _);
        byte[] before = File.ReadAllBytes(trace.Path);

        Assert.False(TraceRepair.Repair(trace.Path).IsRewritten);
        Assert.Equal(before, File.ReadAllBytes(trace.Path));
    }

    [Fact]
    public void RepairTakesDamagedBlockOutOfTheIndexAndCountsItsRecords()
    {
        using var trace = new TemporaryTrace();
        IReadOnlyList<PlainRecord> records =
            Write(trace, blocks: 4, recordsEach: 50, out IReadOnlyList<TraceBlock> blocks);
        Flip(trace.Path, blocks[1].Offset + 40);

        TraceRepairResult result = TraceRepair.Repair(trace.Path);
        Assert.Equal((150UL, 50UL), (result.Records, result.Missing));
        Assert.Equal([.. records.Take(50), .. records.Skip(100)], PlainRecord.ReadAll(trace.Path));
    }

    [Fact]
    public void RepairRefusesFileThatIsBeingWritten()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(trace.Path);
        Assert.Throws<TraceFileException>(() => TraceRepair.Repair(trace.Path));
    }

    private static IReadOnlyList<PlainRecord> Write(
        TemporaryTrace trace, int blocks, int recordsEach, out IReadOnlyList<TraceBlock> written)
    {
        var records = new GeneratedRecords(blocks);
        var unhurried = new TraceWriterOptions { HeldMax = TimeSpan.FromHours(1) };
        using (TraceWriter writer = TraceWriter.Create(trace.Path, unhurried))
        {
            for (int i = 0; i < blocks; i++)
            {
                records.AddTo(writer, recordsEach);
                writer.Flush();
            }
        }
        using TraceReader reader = TraceReader.Open(trace.Path);
        written = [.. reader.Blocks];
        Assert.Equal(blocks, written.Count);
        return records.Added;
    }

    private static void CutIndex(string path, IReadOnlyList<TraceBlock> blocks)
    {
        using FileStream file = File.OpenWrite(path);
        file.SetLength(blocks[^1].EndOffset);
    }

    private static void Flip(string path, long at, byte bits = 0x20)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at] ^= bits;
        File.WriteAllBytes(path, bytes);
    }
}
