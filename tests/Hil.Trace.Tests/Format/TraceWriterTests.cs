namespace Hil.Trace.Tests.Format;

public sealed class TraceWriterTests
{
    private static readonly TraceWriterOptions s_unhurried = new() { HeldMax = TimeSpan.FromHours(1) };

    [Fact]
    public void AddingAllocatesNothing()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(trace.Path, s_unhurried);
        ulong site = writer.DefineSite(new TraceSite(1, 0, 2, 4, 0, 0, 0, 0));
        ulong call = writer.DefineCallSite(new TraceCallSite(writer.DefineString("KeSetEvent"), 5, 0));
        byte[] data = new byte[100];
        void Add(int count)
        {
            for (int i = 0; i < count; i++)
            {
                writer.Add(TraceKind.Read, i, site, (ulong)i);
                writer.Add(TraceKind.Call, i, call, (ulong)i, 2, 3, 4);
                writer.Add(TraceKind.Dma, i, [(ulong)i], data);
            }
        }
        Add(100_000);
        Assert.Equal(0, Allocation.Least(() => Add(100_000)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RecordsThatAreEncodedInBetweenMakeTheSameFile(int seed)
    {
        const int Count = 40_000; // Over two blocks.
        var options = new TraceWriterOptions { Created = DateTimeOffset.UnixEpoch, HeldMax = TimeSpan.FromHours(1) };
        using var plain = new TemporaryTrace();
        using var encoded = new TemporaryTrace();
        using (TraceWriter writer = TraceWriter.Create(plain.Path, options))
            new GeneratedRecords(seed).AddTo(writer, Count);
        var records = new GeneratedRecords(seed);
        var random = new Random(seed);
        using (TraceWriter writer = TraceWriter.Create(encoded.Path, options))
        {
            for (int i = 0; i < Count; i++)
            {
                records.AddTo(writer, 1);
                Assert.Equal((ulong)i + 1, writer.NextSequence);
                for (int n = random.Next(4); n != 0 && writer.EncodeOne(); n--)
                {
                }
            }
        }

        Assert.Equal(records.Added, PlainRecord.ReadAll(encoded.Path));
        Assert.Equal(records.Added, PlainRecord.ReadAll(plain.Path));
    }

    [Fact]
    public void EncodeOneSaysWhenNothingIsLeft()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(trace.Path, s_unhurried);
        Assert.False(writer.EncodeOne());
        new GeneratedRecords(7).AddTo(writer, 3);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => writer.EncodeOne()));
        Assert.Equal(3UL, writer.NextSequence);
    }

    [Fact]
    public void SummaryCountsRecordsAndBytes()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(trace.Path);
        new GeneratedRecords(1).AddTo(writer, 1_000);

        TraceWriterSummary summary = writer.Complete();
        Assert.Equal((1_000UL, 0UL, null), (summary.Records, summary.Lost, summary.Failure));
        Assert.Equal(new FileInfo(trace.Path).Length, summary.Bytes);
    }

    [Fact]
    public void FullDiskEndsTheTraceAndNotTheRun()
    {
        using var trace = new TemporaryTrace();
        var records = new GeneratedRecords(6);
        using var disk = new FullDisk(trace.Path, room: 60_000);
        using TraceWriter writer = TraceWriter.Create(_ => disk, trace.Path, s_unhurried);
        for (int i = 0; i < 40; i++)
        {
            records.AddTo(writer, 200);
            writer.Flush();
        }
        TraceWriterSummary summary = writer.Complete();

        Assert.Equal(trace.Path, summary.Failure!.Path);
        Assert.Contains("No space left", summary.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(8_000UL, summary.Records + summary.Lost);
        Assert.InRange(summary.Records, 200UL, 7_800UL);
        Assert.Equal(records.Added.Take((int)summary.Records), PlainRecord.ReadAll(trace.Path));
    }

    [Fact]
    public void SlowDiskMakesTheAddingThreadWaitAndTheSummarySaySo()
    {
        using var trace = new TemporaryTrace();
        using var gate = new ManualResetEventSlim();
        using var disk = new SlowDisk(trace.Path, gate);
        using TraceWriter writer = TraceWriter.Create(_ => disk, trace.Path, s_unhurried);
        int added = 0;
        var adding = new Thread(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                writer.Add(TraceKind.Irql, i, (ulong)i);
                Volatile.Write(ref added, i + 1);
            }
        });
        adding.Start();
        disk.WaitForBlock();
        while (!adding.ThreadState.HasFlag(ThreadState.WaitSleepJoin))
            Thread.Yield();
        Assert.InRange(Volatile.Read(ref added), 0, TraceWriter.RecordsAtRiskMax);

        gate.Set();
        adding.Join();
        TraceWriterSummary summary = writer.Complete();
        Assert.Equal(100_000UL, summary.Records);
        Assert.True(summary.Waited > TimeSpan.Zero);
    }

    [Fact]
    public void BlockIsNotHeldLongerThanTold()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(
            trace.Path, new TraceWriterOptions { HeldMax = TimeSpan.FromMilliseconds(1) });
        using TraceReader reader = TraceReader.Open(trace.Path);
        int added = 0;
        while (!reader.Refresh())
        {
            writer.Add(TraceKind.Irql, added++, 1);
            Assert.True(added < TraceWriter.RecordsAtRiskMax, "the block was cut because it was full");
        }
    }

    [Fact]
    public void DataThatIsTooLargeIsRefused()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(trace.Path);
        byte[] data = new byte[TraceFormat.DataBytesMax + 1];
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add(TraceKind.Dma, 0, [1], data));
        writer.Add(TraceKind.Dma, 0, [1], data.AsSpan(1));
        writer.Complete();

        using TraceReader reader = TraceReader.Open(trace.Path);
        using TraceCursor cursor = reader.OpenCursor();
        Assert.True(cursor.MoveNext());
        Assert.Equal(TraceFormat.DataBytesMax, cursor.Data.Length);
    }

    [Fact]
    public void LongTextIsCutOffBetweenCharacters()
    {
        using var trace = new TemporaryTrace();
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
            writer.Add(TraceKind.Violation, 0, 0, writer.DefineString("x" + new string('ü', TraceFormat.TextBytesMax)));

        using TraceReader reader = TraceReader.Open(trace.Path);
        using TraceCursor cursor = reader.OpenCursor();
        Assert.True(cursor.MoveNext());
        Assert.Equal("x" + new string('ü', TraceFormat.TextBytesMax / 2 - 1), cursor.Text(cursor[1]));
    }

    [Fact]
    public void EqualDefinitionsHaveOneId()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(trace.Path);
        Assert.Equal(writer.DefineString("a"), writer.DefineString("a"));
        Assert.NotEqual(writer.DefineString("a"), writer.DefineString("b"));
        Assert.Equal(0UL, writer.DefineString(""));
        var site = new TraceSite(1, 0, 2, 4, 0, 0, 0, 0);
        Assert.Equal(writer.DefineSite(site), writer.DefineSite(site));
        Assert.NotEqual(writer.DefineSite(site), writer.DefineSite(site with { Rip = 2 }));
    }
}
