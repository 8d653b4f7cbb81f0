using System.Globalization;
using System.Text.RegularExpressions;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Cli;

// A file system of a few KB, in a mount namespace of its own, which needs no rights and is gone with its last process.

/// <summary>Captures to a disk that is full, for real.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const string Busy =
        "- repeat: 2000\n    within: 600 s\n    steps:\n      - {ioctl: 0x222008, in: u32 1, out: u32 1}";


    // Fills all but $3 KB of a disk, and runs a command on it. When somebody writes to the pipe, the disk is emptied
    // and the command ended.
    private const string Script = """
        disk=$1 kept=$2 free=$3; shift 3
        mount -t tmpfs -o size=256k none "$disk" || exit 99
        head -c "$(((256 - free) * 1024))" /dev/zero >"$disk/filler" || exit 99
        "$@" & hil=$!
        if [ -p "$kept/go" ]; then
          read -r _ <"$kept/go"
          rm "$disk/filler"
          kill -TERM $hil
        fi
        code=0; wait $hil || code=$?
        cp "$disk"/run.hiltrace "$kept" 2>/dev/null
        exit $code
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("hil-full-").FullName;

    private string Disk => Path.Combine(_folder, "disk");

    private string TracePath => Path.Combine(Disk, "run.hiltrace");

    private string KeptPath => Path.Combine(_folder, "run.hiltrace");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, InlineData(false), InlineData(true)]
    public async Task EveryBlockThatFitsIsReadableAndTheRestIsCounted(bool isManaged)
    {
        using HilProcess hil = CaptureOn(freeKilobytes: isManaged ? 40 : 120, isManaged, "- open: device", Busy);

        int code = await hil.WaitAsync();

        Assert.True(code == 3, hil.Output);
        Assert.Contains("hil: " + TracePath + ": could not be written: No space left on device", hil.Output,
            StringComparison.Ordinal);
        Assert.Matches("steps +([0-9]+) of \\1 as expected", hil.Output);
        (ulong written, ulong lost) = ReadSummary(hil.Output);
        Assert.InRange(lost, 1UL, ulong.MaxValue);
        // The index may be smaller than the block that did not fit.
        (ulong records, bool isComplete) = ReadAll(out TraceStatistics statistics);
        Assert.Equal((written, isComplete ? lost : 0), (records, statistics.Lost));
        await ReplayUpToThereAsync(isManaged);
    }

    [Fact]
    public async Task SpaceThatComesBackIsForTheIndexOnly()
    {
        string go = Path.Combine(_folder, "go");
        await RunAsync("mkfifo", go);
        using HilProcess hil = CaptureOn(
            freeKilobytes: 40, isManaged: true, "- open: device", Busy,
            "- {ioctl: 0x222008, in: u32 0, out: any 4, as: hang}", "- wait: hang");
        await hil.SeeAsync("as hang"); // The disk has been full for long.

        await File.WriteAllTextAsync(go, "\n");

        int code = await hil.WaitAsync();
        Assert.True(code == 143, hil.Output);
        (ulong written, ulong lost) = ReadSummary(hil.Output);
        Assert.InRange(lost, 1UL, ulong.MaxValue);
        Assert.Equal((written, true), ReadAll(out TraceStatistics statistics));
        Assert.Equal((written, lost), (statistics.Records, statistics.Lost));
        await ReplayUpToThereAsync(isManaged: true);
    }

    [Fact]
    public async Task DiskThatIsFullFromTheStartIsOneLine()
    {
        using HilProcess hil = CaptureOn(freeKilobytes: 0, isManaged: true, "- open: device");

        int code = await hil.WaitAsync();

        Assert.True(code == 3, hil.Output);
        Assert.Equal(
            $"hil: {TracePath}: could not be written: No space left on device. "
                + "Make room on the disk, or capture to another one.",
            hil.Output.Trim());
    }

    private HilProcess CaptureOn(int freeKilobytes, bool isManaged, params string[] steps)
    {
        Directory.CreateDirectory(Disk);
        string workload = Path.Combine(_folder, "workload.yaml");
        File.WriteAllText(workload, "workload:\n" + string.Concat(steps.Select(step => $"  {step}\n")));
        string[] managed = isManaged ? ["--managed"] : [];
        return HilProcess.StartThrough(
            "unshare",
            [
                "--user", "--map-root-user", "--mount", "sh", "-c", Script, "sh", Disk, _folder,
                freeKilobytes.ToString(CultureInfo.InvariantCulture),
                HilProcess.Path, "run", Path.Combine(TestDrivers.Root, "samples", "drivers", "edu"),
                .. managed, "--workload", workload, "--capture", TracePath,
            ]);
    }

    private static (ulong Written, ulong Lost) ReadSummary(string output)
    {
        Match trace = Regex.Match(output, @"\btrace +\S+, (\d+) records, .*; (\d+) records lost: .*\n");
        Assert.True(trace.Success, output);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        return (Number(trace.Groups[1]), Number(trace.Groups[2]));

        static ulong Number(Group group) => ulong.Parse(group.Value, CultureInfo.InvariantCulture);
    }

    // There is no hole in it: what comes after the first lost block is lost, too.
    private (ulong Records, bool IsComplete) ReadAll(out TraceStatistics statistics)
    {
        using TraceReader reader = TraceReader.Open(KeptPath);
        statistics = reader.Statistics;
        using TraceCursor cursor = reader.OpenCursor();
        ulong count = 0;
        for (; cursor.MoveNext(); count++)
            Assert.Equal(count, cursor.Sequence);
        Assert.DoesNotContain(reader.Problems, static problem => problem.Kind == TraceProblemKind.DamagedBlock);
        return (count, reader.IsComplete);
    }

    private async Task ReplayUpToThereAsync(bool isManaged)
    {
        string[] driver = isManaged ? ["--driver", typeof(Samples.Edu.EduDriver).Assembly.Location] : [];
        (int code, string output) = await HilProcess.RunAsync(["replay", KeptPath, .. driver]);
        Assert.True(code == 0, output);
        Assert.Contains("the capture was cut off: compared up to there", output, StringComparison.Ordinal);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using HilProcess process = HilProcess.StartThrough(program, arguments);
        Assert.Equal(0, await process.WaitAsync());
    }
}
