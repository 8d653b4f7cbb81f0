using System.Buffers.Binary;
using System.Text;
using Hil.Host;
using Hil.Testing;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>The committed traces of the sample drivers are still what these do.</summary>
[Collection(nameof(TraceCollection))]
public sealed class GoldenTraceTests : IClassFixture<GoldenTraces>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hil-golden-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ImageInTheTraceDoesTheSameRecordByRecord()
    {
        string again = Path.Combine(_folder.FullName, "again.hiltrace");

        await HilReplay.AssertAsync(
            new ReplayOptions { TracePath = GoldenTraces.PathOf(EduKind.Native), CapturePath = again });

        Assert.Null(TraceComparison.FindDifference(GoldenTraces.PathOf(EduKind.Native), again));
    }

    [Fact]
    public Task FreshlyBuiltDriverTalksToTheDeviceInTheSameWay() =>
        HilReplay.AssertAsync(GoldenTraces.PathOf(EduKind.Native), TestDrivers.Image("edu"));

    [Fact]
    public Task ManagedDriverTalksToTheDeviceInTheSameWay() =>
        HilReplay.AssertAsync(GoldenTraces.PathOf(EduKind.Managed), Edu.Options(EduKind.Managed).ManagedDriver!);

    /// <summary>A sample that is added needs a trace, and a test above that replays it.</summary>
    [Fact]
    public void EverySampleDriverHasTracesOfEachKindThatItIsWrittenIn()
    {
        string samples = Path.Combine(TestDrivers.Root, "samples", "drivers");
        var expected = new List<string>();
        foreach (string sample in Directory.GetDirectories(samples))
        {
            string name = Path.GetFileName(sample);
            if (Directory.GetFiles(sample, "*.c").Length != 0)
                expected.Add(name + ".hiltrace");
            if (Directory.GetFiles(sample, "*.cs").Length != 0)
                expected.Add(name + "-managed.hiltrace");
        }

        string traces = Path.Combine(TestDrivers.Root, "tests", "golden", "traces");
        IEnumerable<string> found = Directory.GetFiles(traces).Select(static file => Path.GetFileName(file));
        IEnumerable<string> known =
            Enum.GetValues<EduKind>().Select(static kind => Path.GetFileName(GoldenTraces.PathOf(kind)));
        Assert.Equal(expected.Order(), found.Order());
        Assert.Equal(expected.Order(), known.Order());
    }

    [Fact]
    public void TraceOfAVersionWithOtherInputsIsRefused()
    {
        string path = Path.Combine(_folder.FullName, "other.hiltrace");
        byte[] trace = File.ReadAllBytes(GoldenTraces.PathOf(EduKind.Native));
        Rename(trace, "not-started", "not-stopped");
        File.WriteAllBytes(path, trace);

        var refusal = Assert.Throws<TraceReplayException>(
            () => new TraceReplay(new ReplayOptions { TracePath = path }));

        Assert.Equal(
            "another version of hil captured the trace: this one does not know its records not-stopped; replay it with "
            + "that version, or capture the run anew", refusal.Message);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public void TraceIsSmallAndDoesNotTellWhereItWasMade(EduKind kind)
    {
        const long BytesMax = 60 << 10;
        string path = GoldenTraces.PathOf(kind);
        Assert.InRange(new FileInfo(path).Length, 1, BytesMax);
        using TraceReader reader = TraceReader.Open(path);
        using TraceCursor cursor = reader.OpenCursor();
        while (cursor.MoveNext())
        {
            Assert.DoesNotContain(
                TestDrivers.Root, Encoding.Latin1.GetString(DataOf(cursor)), StringComparison.Ordinal);
        }
    }

    // In the schema, whose checksum is the last thing in the first frame (docs/trace-format.md).
    private static void Rename(Span<byte> trace, string kind, string other)
    {
        const int FrameHeaderBytes = 8;
        Span<byte> frame = trace[FrameHeaderBytes..][..BinaryPrimitives.ReadInt32LittleEndian(trace[4..])];
        int at = frame.IndexOf(Encoding.ASCII.GetBytes($"\"{kind}\""));
        Encoding.ASCII.GetBytes(other).CopyTo(frame[(at + 1)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[^sizeof(uint)..], Crc32(frame[..^sizeof(uint)]));
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        const uint Polynomial = 0xEDB88320; // zlib's
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
        }
        return ~crc;
    }

    private static ReadOnlySpan<byte> DataOf(TraceCursor cursor) =>
        TraceSchema.Of(cursor.Kind).HasData ? cursor.Data : default;
}
