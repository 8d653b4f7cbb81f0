using System.Text.Json.Nodes;
using Hil.EndToEnd.Tests.Cli;
using Hil.Kernel;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>`hil replay` of files that are no trace, or lie: one line, exit code 3, nothing started on
/// their word.</summary>
[Collection(nameof(TraceCollection))]
public sealed class ReplayBadDayTests : IClassFixture<GoldenTraces>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hil-replay-").FullName;

    private string TracePath => Path.Combine(_folder, "run.hiltrace");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task FileThatIsNoTraceIsRefused()
    {
        File.WriteAllText(TracePath, "no trace");

        await RequireLineAsync("this is not a trace");
    }

    [Fact]
    public Task FileThatIsNotThereIsRefused() => RequireLineAsync("cannot be opened: No such file or directory");

    [Fact]
    public async Task NewerFormatVersionIsNamed()
    {
        byte[] bytes = File.ReadAllBytes(GoldenTraces.PathOf(EduKind.Native));
        const int VersionOffset = 16;
        Assert.Equal(TraceFormat.Version, BitConverter.ToInt32(bytes, VersionOffset));
        BitConverter.TryWriteBytes(bytes.AsSpan(VersionOffset), TraceFormat.Version + 1);
        File.WriteAllBytes(TracePath, bytes);

        await RequireLineAsync("this trace has format version 2, this hil reads up to 1");
    }

    [Fact]
    public async Task CutOffTraceIsReplayedUpToThere()
    {
        using (var writer = Begin(static _ => { }))
        {
        }
        using (FileStream file = File.OpenWrite(TracePath))
            file.SetLength(file.Length - 100);

        (int code, string output) = await HilProcess.RunAsync("replay", TracePath);

        Assert.True(code == 0, output);
        Assert.Contains("hil trace repair", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingCategoriesAreNamed()
    {
        Begin(static profile => profile["categories"] = new JsonArray("irp", "registers", "requests")).Dispose();

        await RequireLineAsync("the capture left out what a replay needs: interrupts, dma, clock, schedule");
    }

    [Theory]
    [InlineData("memory-bytes", "0", "the trace needs 0 bytes of memory")]
    [InlineData("memory-bytes", "18446744073709551615", "the trace needs 18446744073709551615 bytes of memory")]
    [InlineData("memory-bytes", "-1", "the profile record is damaged")]
    [InlineData("window-base", "12345", "0x3039 is no address of a RAM window")]
    [InlineData("slice-instructions", "4294967296", "the profile record is damaged")]
    [InlineData("categories", "[\"nonsense\"]", "'nonsense' is no category of records")]
    [InlineData("categories", "null", "the profile record is damaged")]
    [InlineData("functions", "[null]", "a PCI function is not described")]
    [InlineData("functions", "{}", "the profile record is damaged")]
    [InlineData("driver", "null", "the profile record is damaged")]
    [InlineData("driver", "{}", "the profile record is damaged")]
    public async Task ProfileThatCannotBeIsRefused(string name, string value, string expected)
    {
        Begin(profile => profile[name] = JsonNode.Parse(value)).Dispose();

        await RequireLineAsync(expected);
    }

    [Theory]
    [InlineData("bytes", "3", "the BARs of the PCI function at 0x")]
    [InlineData("index", "6", "the BARs of the PCI function at 0x")]
    [InlineData("address", "18446744073709551615", "the BARs of the PCI function at 0x")]
    public async Task BarThatCannotBeIsRefused(string name, string value, string expected)
    {
        Begin(profile => profile["functions"]!.AsArray()
            .First(static function => function!["bars"]!.AsArray().Count != 0)!["bars"]![0]![name] =
                JsonNode.Parse(value)).Dispose();

        await RequireLineAsync(expected);
    }

    [Fact]
    public async Task InterruptsThatCannotBeAreRefused()
    {
        Begin(static profile => profile["driver"]!["interrupts"] = "Carrier pigeon").Dispose();

        await RequireLineAsync("the trace grants 'Carrier pigeon', which is no kind of interrupt");
    }

    [Fact]
    public async Task ImageThatIsNoDriverIsRefused()
    {
        Begin(static _ => { }, [1, 2, 3]).Dispose();

        await RequireLineAsync("edu.sys");
    }

    [Theory]
    [InlineData(0xFFFF_FFFF_FFFFUL, "DMA to 0xffffffffffff, 4096 bytes, which no device knew of")]
    [InlineData(0UL, "DMA to 0x0, 4096 bytes, which no device knew of")]
    public async Task DmaOutsideOfMemoryEndsTheReplay(ulong address, string expected)
    {
        using (TraceWriter writer = Begin(static _ => { }))
        {
            writer.Add(TraceKind.Request, 0, [1, (ulong)OutsideRequestKind.Start, 0, 0, 0, 0, 0, 0, 0], []);
            writer.Add(TraceKind.Dma, 0, [0, address], new byte[4096]);
        }

        await RequireLineAsync(expected, "--relaxed");
    }

    [Theory]
    [InlineData((ulong)OutsideRequestKind.Submit, 3UL, 1UL << 40, "has impossible sizes")]
    [InlineData((ulong)OutsideRequestKind.Submit, 0x77UL, 4UL, "has major function 0x77, which is none")]
    [InlineData(200UL, 3UL, 4UL, "200 is no kind of request")]
    public async Task RequestThatCannotBeEndsTheReplay(ulong kind, ulong flags, ulong outputBytes, string expected)
    {
        using (TraceWriter writer = Begin(static _ => { }))
            writer.Add(TraceKind.Request, 0, [1, kind, 1, 0, 0, flags, 0, 0, outputBytes], []);

        await RequireLineAsync(expected, "--relaxed");
    }

    [Fact]
    public async Task ReplayIsNotWrittenOverItsOwnTrace()
    {
        Begin(static _ => { }).Dispose();
        byte[] before = File.ReadAllBytes(TracePath);

        string link = Path.Combine(_folder, "link.hiltrace");
        File.CreateSymbolicLink(link, TracePath);

        await RequireLineAsync("--capture names the trace that is replayed", "--capture", TracePath);
        await RequireLineAsync("--capture names the trace that is replayed", "--capture", link);

        Assert.Equal(before, File.ReadAllBytes(TracePath));
    }

    [Fact]
    public async Task TraceWithoutItsDriverAsksForIt()
    {
        using (TraceWriter writer = TraceWriter.Create(TracePath))
        {
            using TraceReader reader = TraceReader.Open(GoldenTraces.PathOf(EduKind.Native));
            using TraceCursor cursor = reader.OpenCursor();
            Assert.True(cursor.MoveNext() && cursor.Kind == TraceKind.Profile);
            writer.Add(TraceKind.Profile, 0, [], cursor.Data);
        }

        await RequireLineAsync("the trace does not hold the driver's image: give edu.sys with --driver");
    }

    [Fact]
    public async Task RecordsThatARepairLeftOutEndTheComparison()
    {
        File.Copy(GoldenTraces.PathOf(EduKind.Native), TracePath);
        long damaged;
        using (TraceReader reader = TraceReader.Open(TracePath))
        {
            Assert.True(reader.Blocks.Count > 2);
            damaged = reader.Blocks[reader.Blocks.Count / 2].Offset + reader.Blocks[reader.Blocks.Count / 2].Bytes / 2;
        }
        using (FileStream file = File.Open(TracePath, FileMode.Open))
        {
            file.Position = damaged;
            int flipped = file.ReadByte() ^ 0x10;
            file.Position = damaged;
            file.WriteByte((byte)flipped);
        }
        await RequireLineAsync("is damaged: LZ4 says");

        (int code, string output) = await HilProcess.RunAsync("trace", "repair", TracePath);
        Assert.True(code == 0, output);
        (code, output) = await HilProcess.RunAsync("replay", TracePath);

        Assert.True(code == 0, output);
        Assert.Contains("are missing, since it was damaged: compared up to there", output, StringComparison.Ordinal);
        (code, output) = await HilProcess.RunAsync("trace", "stats", TracePath);
        Assert.True(code == 0, output);
        Assert.Contains("records are missing: a repair left damaged blocks out", output, StringComparison.Ordinal);
    }

    private async Task RequireLineAsync(string expected, params string[] options)
    {
        (int code, string output) = await HilProcess.RunAsync(["replay", TracePath, .. options]);

        Assert.True(code == 3, output);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.StartsWith("hil: ", output, StringComparison.Ordinal);
        Assert.Single(output.Trim().Split('\n'));
    }

    // A trace that begins like the golden one, changed.
    private TraceWriter Begin(Action<JsonObject> change, byte[]? image = null)
    {
        using TraceReader reader = TraceReader.Open(GoldenTraces.PathOf(EduKind.Native));
        using TraceCursor cursor = reader.OpenCursor();
        TraceWriter writer = TraceWriter.Create(TracePath);
        for (int left = 2; left != 0 && cursor.MoveNext();)
        {
            if (cursor.Kind == TraceKind.Profile)
            {
                JsonObject profile = JsonNode.Parse(cursor.Data)!.AsObject();
                change(profile);
                writer.Add(TraceKind.Profile, 0, [], System.Text.Encoding.UTF8.GetBytes(profile.ToJsonString()));
                left--;
            }
            else if (cursor.Kind == TraceKind.Image)
            {
                writer.Add(TraceKind.Image, 0, [0, 0], image ?? cursor.Data.ToArray());
                left--;
            }
        }
        return writer;
    }
}
