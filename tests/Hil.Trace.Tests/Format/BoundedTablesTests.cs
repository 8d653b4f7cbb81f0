using Hil.Kernel;

namespace Hil.Trace.Tests.Format;

/// <summary>Tests that weigh the whole process: they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class ProcessMemory
{
    public const string Name = "process memory";
}

/// <summary>A driver that never says or does the same twice makes a long trace, not a large process.</summary>
[Collection(ProcessMemory.Name)]
public sealed class BoundedTablesTests : IDisposable
{
    // What a million texts of this length would take, were they kept: 200 MB and more.
    private const int Lines = 1_000_000;
    private const int SampleEvery = 100_000;
    private const long GrowthMax = 60 << 20;

    private readonly TemporaryTrace _trace = new();

    public void Dispose() => _trace.Dispose();

    [Fact]
    public void MillionDifferentPrintsAreNotKept()
    {
        Record(KernelEventKind.DebugPrint);
        Assert.Equal(Lines, Check(static (cursor, line) =>
            Assert.True(cursor.Data.SequenceEqual(TraceUtf8.Encode(Line(line))), $"line {line} is another")));
    }

    [Fact]
    public void MillionDifferentTextsThatAreDefinedAreNotKept()
    {
        Record(KernelEventKind.Violation);
        Assert.Equal(Lines, Check(static (cursor, line) =>
            Assert.True(cursor.Text(cursor[1]) == Line(line), $"line {line} is another")));
    }

    [Fact]
    public void SweepOverDeviceMemoryIsNotKept()
    {
        using (TraceWriter writer = TraceWriter.Create(_trace.Path))
        {
            ulong device = 0;
            int era = -1;
            for (uint i = 0; i < Lines; i++)
            {
                if (era != writer.Era.Number)
                    (era, device) = (writer.Era.Number, writer.DefineString("frame buffer"));
                ulong site = writer.DefineSite(new TraceSite(1, 0, i * 4, 4, device, 0, i * 4, 0));
                writer.Add(TraceKind.Read, i, site, i);
            }
            Assert.InRange(era, Lines / DefinitionEra.DefinitionsMax - 4, Lines / DefinitionEra.DefinitionsMax);
        }
        Assert.Equal(Lines, Check(static (cursor, i) =>
        {
            TraceSite site = cursor.Site(cursor[0]);
            Assert.Equal((ulong)i * 4, site.Offset);
            Assert.Equal("frame buffer", cursor.Text(site.Device));
        }));
        using TraceReader reader = TraceReader.Open(_trace.Path);
        TraceStats stats = TraceStats.Read(reader);
        Assert.Equal(Lines, stats.Registers.Sum(static use => use.Reads));
        Assert.Equal("others", stats.Registers[0].Register);
    }

    [Fact]
    public void CallThatReturnsInAnotherEraIsOver()
    {
        using var trace = new SyntheticTrace();
        trace.Call("KeWaitForSingleObject", 1);
        for (uint i = 0; i < 2 * DefinitionEra.DefinitionsMax; i++)
            trace.Add(TraceKind.Violation, 0, trace.Text(Line((int)i)));
        trace.Return("KeWaitForSingleObject").Read(0, 0);
        using TraceReader reader = trace.Open();
        using var show = new TraceShow(reader, new TraceFilter { Kinds = new HashSet<TraceKind> { TraceKind.Read } });
        Assert.True(show.MoveNext());
        Assert.Equal(0, show.Line.Depth);
    }

    [Fact]
    public void NamesOfAReplayAreKeptForTwoEras()
    {
        var names = new TraceNames();
        ulong first = names.Define(Line(0));
        names.StartEra();
        Assert.Equal(Line(0), names.Text(first));
        ulong second = names.Define(Line(0));
        Assert.NotEqual(first, second);
        names.StartEra();
        Assert.Equal(Line(0), names.Text(second));
        Assert.Throws<InvariantException>(() => names.Text(first));
    }

    private static string Line(int i) => $"line {i} of a driver that has very much to say, and says it";

    private void Record(KernelEventKind kind)
    {
        using TraceWriter writer = TraceWriter.Create(_trace.Path);
        var recorder = new TraceRecorder(new CaptureLog(writer, new StoppedClock(), TraceCategories.All), null);
        long start = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Lines; i++)
        {
            recorder.OnEvent(new KernelEvent(i, kind, default, 0, 0, 0, Line(i)));
            if (i % SampleEvery == 0)
                Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - start, long.MinValue, GrowthMax);
        }
    }

    private int Check(Action<TraceCursor, int> check)
    {
        using TraceReader reader = TraceReader.Open(_trace.Path);
        using TraceCursor cursor = reader.OpenCursor();
        long start = GC.GetTotalMemory(forceFullCollection: true);
        int records = 0;
        while (cursor.MoveNext())
        {
            check(cursor, records);
            if (records++ % SampleEvery == 0)
                Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - start, long.MinValue, GrowthMax);
        }
        return records;
    }
}
