using Hil.EndToEnd.Tests.Cli;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>The sample drivers with their whole workloads, by the commands a user has.</summary>
[Collection(nameof(TraceCollection))]
public sealed class SampleReplayTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hil-trace-");

    private static string Sample => Path.Combine(TestDrivers.Root, "samples", "drivers", "edu");

    [Theory]
    [InlineData()]
    [InlineData("--managed")]
    public async Task WholeWorkloadIsReplayedExactly(params string[] options)
    {
        (int exitCode, string output) = await HilProcess.RunAsync(
            ["run", Sample, .. options, "--capture", PathOf("run.hiltrace")]);
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("not exact", output, StringComparison.Ordinal);

        string[] driver = options.Length == 0 ? [] : ["--driver", ManagedSample];
        (exitCode, output) = await HilProcess.RunAsync(
            ["replay", PathOf("run.hiltrace"), .. driver, "--capture", PathOf("again.hiltrace")]);

        Assert.True(exitCode == 0, output);
        Assert.Null(TraceComparison.FindDifference(PathOf("run.hiltrace"), PathOf("again.hiltrace")));
    }

    /// <summary>QEMU keeps its own account of every access to a device; ours has the same ones in the same order.</summary>
    [Theory]
    [InlineData()]
    [InlineData("--managed")]
    public async Task RegisterRecordsAreWhatQemuLogged(params string[] options)
    {
        string log = PathOf("qemu.log");
        (int exitCode, string output) = await HilProcess.RunAsync(
        [
            "run", Sample, .. options, "--capture", PathOf("run.hiltrace"),
            "--qemu-arg=-trace", "--qemu-arg=memory_region_ops_read",
            "--qemu-arg=-trace", "--qemu-arg=memory_region_ops_write", "--qemu-arg=-D", $"--qemu-arg={log}",
        ]);
        Assert.True(exitCode == 0, output);

        List<string> logged = ReadLog(log);
        List<string> captured = ReadRegisters(PathOf("run.hiltrace"));

        Assert.True(captured.Count > 1000, "the workload raises a thousand interrupts");
        Assert.Equal(logged, captured);
    }

    [Fact]
    public async Task CommandSaysThatARunIsNotExact()
    {
        (int exitCode, string output) = await HilProcess.RunAsync(
            "run", TestDrivers.Image("gencode"), "--workload", Path.Combine(TestDrivers.Sources, "gencode.yaml"),
            "--capture", PathOf("run.hiltrace"));

        Assert.True(exitCode == 0, output);
        Assert.Matches(@"not exact +code runs at 0x[0-9a-f]+, in memory that is no driver image", output);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string ManagedSample => typeof(Hil.Samples.Edu.EduDriver).Assembly.Location;

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);

    // …memory_region_ops_read cpu 0 mr 0x… addr 0x… value 0x… size 4 name 'edu-mmio'
    private static List<string> ReadLog(string path)
    {
        const string Event = "memory_region_ops_";
        List<string> accesses = [];
        foreach (string line in File.ReadLines(path))
        {
            if (!line.EndsWith("'edu-mmio'", StringComparison.Ordinal))
                continue;
            string[] words = line[(line.IndexOf(Event, StringComparison.Ordinal) + Event.Length)..].Split(' ');
            accesses.Add($"{words[0]} {words[6]} {words[8]} {words[10]}");
        }
        return accesses;
    }

    private static List<string> ReadRegisters(string path)
    {
        List<string> accesses = [];
        using TraceReader reader = TraceReader.Open(path);
        using TraceCursor cursor = reader.OpenCursor();
        while (cursor.MoveNext())
        {
            if (cursor.Kind is not (TraceKind.Read or TraceKind.Write))
                continue;
            TraceSite site = cursor.Site(cursor[0]);
            if (site.Space == 0 && cursor.Text(site.Device).EndsWith("1234:11e8", StringComparison.Ordinal))
                accesses.Add(
                    $"{(site.IsWrite ? "write" : "read")} 0x{site.Address:x} 0x{cursor[1]:x} {site.Width}");
        }
        return accesses;
    }
}
