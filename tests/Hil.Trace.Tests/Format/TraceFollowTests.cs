namespace Hil.Trace.Tests.Format;

public sealed class TraceFollowTests
{
    [Fact]
    public void CursorGoesOnWhenBlocksHaveBeenAdded()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(trace.Path);
        using TraceReader reader = TraceReader.Open(trace.Path);
        using TraceCursor cursor = reader.OpenCursor();
        for (ulong round = 0; round < 5; round++)
        {
            Assert.False(cursor.MoveNext());
            writer.Add(TraceKind.Irql, 0, round);
            writer.Flush();
            Assert.True(reader.Refresh());
            Assert.True(cursor.MoveNext());
            Assert.Equal((round, round), (cursor.Sequence, cursor[0]));
        }
    }

    [Fact]
    public void RefreshSeesTheEndOfTheCapture()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(trace.Path);
        using TraceReader reader = TraceReader.Open(trace.Path);
        using TraceCursor cursor = reader.OpenCursor();
        writer.Add(TraceKind.Irql, 0, 1);
        writer.Flush();
        reader.Refresh();
        Assert.True(cursor.MoveNext());
        Assert.False(reader.Refresh());

        writer.Add(TraceKind.Irql, 0, 2);
        writer.Complete();
        Assert.True(reader.Refresh());
        Assert.True(reader.IsComplete);
        Assert.Empty(reader.Problems);
        Assert.True(cursor.MoveNext());
        Assert.Equal(2UL, cursor[0]);
        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void BlockThatIsHalfWrittenIsReadOnceItIsWhole()
    {
        using var trace = new TemporaryTrace();
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
            new GeneratedRecords(8).AddTo(writer, 500);
        byte[] whole = File.ReadAllBytes(trace.Path);
        string growing = trace.Other("growing.hiltrace");
        int half = whole.Length - 4_000;
        File.WriteAllBytes(growing, whole[..half]);

        using TraceReader reader = TraceReader.Open(growing);
        Assert.False(reader.Refresh());
        using (FileStream file = File.Open(growing, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            file.Write(whole.AsSpan(half));
        Assert.True(reader.Refresh());
        Assert.Equal(PlainRecord.ReadAll(trace.Path), PlainRecord.ReadAll(reader));
    }
}
