namespace Hil.Trace.Tests.Format;

public sealed class TraceRoundTripTests
{
    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 50_000)]
    public void RecordsOfAllKindsComeBackAsTheyWere(int seed, int count)
    {
        using var trace = new TemporaryTrace();
        var records = new GeneratedRecords(seed);
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
            records.AddTo(writer, count);

        Assert.Equal(records.Added, PlainRecord.ReadAll(trace.Path));
    }

    [Fact]
    public void EmptyTraceIsCompleteAndHasNoRecords()
    {
        using var trace = new TemporaryTrace();
        TraceWriter.Create(trace.Path).Dispose();

        using TraceReader reader = TraceReader.Open(trace.Path);
        Assert.True(reader.IsComplete);
        Assert.Empty(reader.Blocks);
        Assert.False(reader.OpenCursor().MoveNext());
    }

    [Fact]
    public void FieldsThatAreNotGivenAreZero()
    {
        using var trace = new TemporaryTrace();
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
        {
            writer.Add(TraceKind.BugCheck, 5, 1, 2, 3, 4, 5);
            writer.Add(TraceKind.BugCheck, 6, 9);
        }

        using TraceReader reader = TraceReader.Open(trace.Path);
        using TraceCursor cursor = reader.OpenCursor();
        Assert.True(cursor.MoveNext());
        Assert.Equal([1UL, 2, 3, 4, 5, 0], Fields(cursor));
        Assert.True(cursor.MoveNext());
        Assert.Equal([9UL, 0, 0, 0, 0, 0], Fields(cursor));
    }

    [Fact]
    public void SeekingGoesToEachRecordOfEachBlock()
    {
        using var trace = new TemporaryTrace();
        var records = new GeneratedRecords(3);
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
            records.AddTo(writer, 40_000);

        using TraceReader reader = TraceReader.Open(trace.Path);
        using TraceCursor cursor = reader.OpenCursor();
        var fields = reader.Kinds.ToDictionary(static kind => kind.Kind, static kind => kind.Fields);
        foreach (ulong sequence in (ReadOnlySpan<ulong>)[39_999, 0, 16_383, 16_384, 16_385, 20_000, 1])
        {
            cursor.SeekTo(sequence);
            Assert.True(cursor.MoveNext());
            Assert.Equal(records.Added[(int)sequence], PlainRecord.Of(cursor, fields[cursor.Kind]));
        }
        cursor.SeekTo(40_000);
        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void BlockKnowsItsRecordsTimesAndKinds()
    {
        using var trace = new TemporaryTrace();
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
        {
            writer.Add(TraceKind.Irql, 100, 2);
            writer.Flush();
            writer.Add(TraceKind.Irql, 200, 2);
            writer.Add(TraceKind.Thread, 300, 7);
            writer.Add(TraceKind.Irql, 250, 0);
        }

        using TraceReader reader = TraceReader.Open(trace.Path);
        Assert.Equal(2, reader.Blocks.Count);
        TraceBlock block = reader.Blocks[1];
        Assert.Equal((1UL, 3, 200L, 250L), (block.FirstSequence, block.Records, block.FirstTime, block.LastTime));
        Assert.Equal(2, block.Count(TraceKind.Irql));
        Assert.Equal(1, block.Count(TraceKind.Thread));
        Assert.Equal(0, block.Count(TraceKind.Read));
    }

    private static IEnumerable<ulong> Fields(TraceCursor cursor) =>
        Enumerable.Range(0, cursor.FieldCount).Select(field => cursor[field]);
}
