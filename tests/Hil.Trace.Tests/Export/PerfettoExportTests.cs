using System.Text.RegularExpressions;

namespace Hil.Trace.Tests.Export;

/// <summary>Decoded by protoc without our schema: the field numbers are checked against Perfetto's
/// documentation.</summary>
public sealed partial class PerfettoExportTests
{
    [Fact]
    public void TracksAreOneForProcessorIrqlDeviceAndIrps()
    {
        List<string> packets = Export(static trace => trace.Irps(2));
        string[] tracks = [.. packets.Where(static p => p.Contains("60 {")).SelectMany(Names)];
        Assert.Contains("processor 0", tracks);
        Assert.Contains("IRQL", tracks);
        Assert.Contains(SyntheticTrace.Function, tracks);
        Assert.Contains(@"\\Device\\Edu", tracks);
        Assert.Contains("IRPs", tracks);
    }

    [Fact]
    public void EachSliceThatBeginsEnds()
    {
        List<string> packets = Export(static trace => trace.Call("DbgPrint").Irps(20).Return("DbgPrint").Create(99));
        var open = new Dictionary<string, int>();
        foreach (string packet in packets.Where(static p => p.Contains("\n  11 {")))
        {
            string track = Field(packet, 11), type = Field(packet, 9);
            if (type is "1" or "2")
                open[track] = open.GetValueOrDefault(track) + (type == "1" ? 1 : -1);
            Assert.True(open.GetValueOrDefault(track) >= 0, packet);
        }
        Assert.All(open.Values, static count => Assert.Equal(0, count));
    }

    [Fact]
    public void FlowOfAnIrpLeadsThroughItsStages()
    {
        List<string> packets = Export(static trace => trace.Irps(3));
        // The IRP's own slice, the device's, StartIo, the ISR, the DPC.
        Assert.Equal(5, packets.Count(static packet => packet.Contains("47: 0x0000000000000002")));
    }

    [Fact]
    public void EveryEventHasATimeAndEveryInternedNameIsDefinedOnce()
    {
        List<string> packets = Export(static trace => trace.Irps(10));
        string[] events = [.. packets.Where(static p => p.Contains("\n  11 {"))];
        Assert.All(events, static packet => Assert.Matches(@"\n  8: \d+\n", packet));
        string[] defined = [.. packets.SelectMany(static p => InternedId().Matches(p).Select(m => m.Groups[1].Value))];
        Assert.Distinct(defined);
        string[] used =
            [.. events.SelectMany(static p => UsedId().Matches(p).Select(m => m.Groups[1].Value)).Distinct()];
        Assert.Equal(defined.Order(), used.Order());
    }

    [Fact]
    public void CounterHasTheIrql()
    {
        List<string> packets = Export(static trace => trace.Add(TraceKind.Irql, 7));
        Assert.Contains(packets, static packet => packet.Contains("9: 4") && packet.Contains("30: 7"));
    }

    [Theory]
    [InlineData("edu.hiltrace")]
    [InlineData("edu-managed.hiltrace")]
    public void ExportOfARunKeepsTheFormatsRules(string golden)
    {
        using TraceReader reader = TraceReader.Open(Path.Combine(AppContext.BaseDirectory, "traces", golden));
        using var bytes = new MemoryStream();
        TraceExport.Write(reader, TraceExportFormat.Perfetto, bytes);

        PerfettoRules export = PerfettoRules.Check(bytes.ToArray());

        Assert.InRange(export.Events, 200, int.MaxValue);
        Assert.InRange(export.Tracks, 6, 100);
        // Nanoseconds: as long as the run was.
        ulong run = 100 * (ulong)(reader.Blocks[^1].LastTime - reader.Blocks[0].FirstTime);
        Assert.InRange(export.To - export.From, run / 2, run + (uint)reader.Records);
        // An IRP that went to the hardware: its own slice, the device's, StartIo, at least.
        Assert.Contains(export.Flows.Values, static slices => slices >= 4);
    }

    [Fact]
    public void ExportOfARunThatStopsAnywhereKeepsTheFormatsRules()
    {
        using var trace = new SyntheticTrace();
        trace.Irps(5).Call("IoStartPacket").Create(99).Add(TraceKind.Irql, 7);
        using TraceReader reader = trace.Open();
        using var bytes = new MemoryStream();
        TraceExport.Write(reader, TraceExportFormat.Perfetto, bytes);

        Assert.InRange(PerfettoRules.Check(bytes.ToArray()).Events, 20, 1000);
    }

    [Fact]
    public void RulesAreNotKeptByWhatIsLeftWithoutTheFirstPacket()
    {
        using var trace = new SyntheticTrace();
        trace.Irps(1);
        using TraceReader reader = trace.Open();
        using var bytes = new MemoryStream();
        TraceExport.Write(reader, TraceExportFormat.Perfetto, bytes);
        byte[] file = bytes.ToArray();
        Assert.True(file[1] < 0x80, "the first packet's length is one byte");

        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => PerfettoRules.Check(file[(2 + file[1])..]));
    }

    private static List<string> Export(Action<SyntheticTrace> fill)
    {
        using var trace = new SyntheticTrace();
        fill(trace);
        using TraceReader reader = trace.Open();
        using var bytes = new MemoryStream();
        TraceExport.Write(reader, TraceExportFormat.Perfetto, bytes);
        return [.. ProtoMessage.Decode(bytes.ToArray()).Split("\n}\n", StringSplitOptions.RemoveEmptyEntries)];
    }

    private static IEnumerable<string> Names(string packet) =>
        TrackName().Matches(packet).Select(static match => match.Groups[1].Value);

    private static string Field(string packet, int number) =>
        Regex.Match(packet, $@"\n    {number}: (\S+)").Groups[1].Value;

    [GeneratedRegex(@"\n    2: ""(.*)""")]
    private static partial Regex TrackName();

    [GeneratedRegex(@"\n  12 \{\n    2 \{\n      1: (\d+)\n")]
    private static partial Regex InternedId();

    [GeneratedRegex(@"\n    10: (\d+)")]
    private static partial Regex UsedId();
}
