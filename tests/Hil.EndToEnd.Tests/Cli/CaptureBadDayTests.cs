using System.Text.Json;
using System.Text.RegularExpressions;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Cli;

/// <summary>`hil run --capture` when something else goes wrong: what was written stays readable, and what is lost is
/// said.</summary>
public sealed class CaptureBadDayTests : IDisposable
{
    private const string Busy = "- repeat: 300\n    steps:\n      - {ioctl: 0x222008, in: u32 1, out: u32 1}";
    private const string Hang = "- {ioctl: 0x222008, in: u32 0, out: any 4, as: hang}";

    private readonly string _folder = Directory.CreateTempSubdirectory("hil-bad-day-").FullName;

    private string TracePath => Path.Combine(_folder, "run.hiltrace");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task CaptureOfAKilledHilIsReadableAndCanBeRepaired()
    {
        using HilProcess hil = Capture("- open: device", Busy, Hang, "- wait: hang");
        await hil.SeeAsync("as hang");

        hil.Send(HilProcess.Signal.Kill);
        await hil.WaitAsync();

        ulong found = CountRecords(isComplete: false);
        (int code, string output) = await HilProcess.RunAsync("trace", "repair", TracePath);
        Assert.True(code == 0, output);
        Assert.Contains("index rebuilt: ", output, StringComparison.Ordinal);
        Assert.Equal(found, CountRecords(isComplete: true));
    }

    [Fact]
    public async Task CaptureOfAKilledQemuIsCompleteUpToThere()
    {
        using HilProcess hil = Capture("- open: device", Busy, Hang, "- wait: hang");
        await hil.SeeAsync("as hang");

        HilProcess.KillProcess(hil.QemuId());

        Assert.Equal(3, await hil.WaitAsync());
        Assert.Contains("QEMU ended (signal 9)", hil.Output, StringComparison.Ordinal);
        Assert.Contains("run.hiltrace, ", hil.Output, StringComparison.Ordinal);
        Assert.InRange(CountRecords(isComplete: true), 3_000UL, ulong.MaxValue);
    }

    [Fact]
    public async Task RunGoesOnWithoutItsTraceWhenTheDiskIsFull()
    {
        using HilProcess hil = Capture("- open: device", Busy.Replace("300", "1500", StringComparison.Ordinal));
        await hil.SeeAsync("open device");

        hil.LimitFileSize(64 << 10);

        int code = await hil.WaitAsync();
        Assert.True(code == 3, hil.Output);
        Assert.Contains("the trace is not complete: ", hil.Output, StringComparison.Ordinal);
        string path = Regex.Escape(TracePath);
        Assert.Matches($"  trace +{path}, .* records lost: {path}: .*\n", hil.Output);
        Assert.DoesNotContain("   at ", hil.Output, StringComparison.Ordinal);
        Assert.Matches("steps +([0-9]+) of \\1 as expected", hil.Output);
        Assert.InRange(CountRecords(isComplete: null), 1UL, ulong.MaxValue);
    }

    [Fact]
    public async Task SecondCaptureToOnePathFailsAtStartAndTheFirstIsUnharmed()
    {
        using HilProcess first = Capture("- open: device", Busy, Hang, "- wait: hang");
        await first.SeeAsync("as hang");

        (int code, string output) = await HilProcess.RunAsync(Arguments("- open: device"));

        Assert.Equal(3, code);
        Assert.Equal(
            $"hil: {TracePath}: another capture is being written to this file. End it first, or give another path.",
            output.Trim());
        first.Send(HilProcess.Signal.Interrupt);
        Assert.Equal(130, await first.WaitAsync());
        Assert.Contains($"trace {TracePath}, ", first.Output, StringComparison.Ordinal);
        Assert.InRange(CountRecords(isComplete: true), 3_000UL, ulong.MaxValue);
    }

    [Theory]
    [InlineData("gone/run.hiltrace", "cannot be opened: No such file or directory")]
    [InlineData("", "cannot be opened: Is a directory")]
    public async Task TraceThatCannotBeWrittenIsOneLineBeforeTheRun(string path, string expected)
    {
        string trace = Path.Combine(_folder, path);

        (int code, string output) = await HilProcess.RunAsync(
            "run", TestDrivers.Image("edu"), "--device", "edu", "--capture", trace);

        Assert.Equal(3, code);
        Assert.StartsWith($"hil: {trace}: {expected}", output, StringComparison.Ordinal);
        Assert.Single(output.Trim().Split('\n'));
    }

    [Fact]
    public async Task RunThatDoesNotStartLeavesAnEarlierTraceAlone()
    {
        File.WriteAllText(TracePath, "an earlier trace");

        (int code, string output) = await HilProcess.RunAsync(
            "run", TestDrivers.Image("edu"), "--qemu", "/gone/qemu", "--capture", TracePath);

        Assert.True(code == 3, output);
        Assert.Equal("an earlier trace", File.ReadAllText(TracePath));
    }

    [Fact]
    public async Task JsonHasTheFactsOfTheTrace()
    {
        (int code, string output) = await HilProcess.RunAsync([.. Arguments("- open: device"), "--json"]);

        Assert.True(code == 0, output);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement trace = json.RootElement.GetProperty("trace");
        Assert.Equal(TracePath, trace.GetProperty("file").GetString());
        Assert.Equal(new FileInfo(TracePath).Length, trace.GetProperty("bytes").GetInt64());
        Assert.Equal(CountRecords(isComplete: true), trace.GetProperty("records").GetUInt64());
        Assert.Equal(0, trace.GetProperty("lost").GetInt32());
        Assert.True(trace.GetProperty("exact").GetBoolean());
    }

    [Fact]
    public async Task DiffWarnsOfTracesThatWereToHoldDifferentThings()
    {
        string[] arguments = Arguments("- open: device");
        string other = Path.Combine(_folder, "other.hiltrace");
        await HilProcess.RunAsync(arguments);
        await HilProcess.RunAsync([.. arguments[..^1], other, "--capture-only", "irp,irql"]);

        (_, string output) = await HilProcess.RunAsync("trace", "diff", TracePath, other);

        Assert.Contains("only one of the traces was captured with registers, interrupts, dma", output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task CategoriesInPlaceOfAFileNameTheTraceAfterTheDriver()
    {
        using HilProcess hil = HilProcess.StartIn(_folder, [.. Arguments("- open: device")[..^1], "irp,irql"]);

        Assert.True(await hil.WaitAsync() == 0, hil.Output);
        Assert.Contains("cannot be replayed: left out were registers", hil.Output, StringComparison.Ordinal);
        using TraceReader reader = TraceReader.Open(Path.Combine(_folder, "edu.hiltrace"));
        using TraceCursor cursor = reader.OpenCursor();
        var categories = new HashSet<string>();
        while (cursor.MoveNext())
            categories.Add(TraceSchema.Of(cursor.Kind).Category);
        Assert.Equal(["core", "irp", "irql"], categories.Order());
    }

    // Reads every record, so that every block is looked into.
    private ulong CountRecords(bool? isComplete)
    {
        using TraceReader reader = TraceReader.Open(TracePath);
        Assert.Equal(isComplete ?? reader.IsComplete, reader.IsComplete); // The index may still fit on a full disk.
        using TraceCursor cursor = reader.OpenCursor();
        ulong count = 0;
        while (cursor.MoveNext())
            count++;
        Assert.True(isComplete != true || reader.Problems.Count == 0, "a complete trace has no damaged block");
        return count;
    }

    private HilProcess Capture(params string[] steps) => HilProcess.Start(Arguments(steps));

    private string[] Arguments(params string[] steps)
    {
        string workload = Path.Combine(_folder, "workload.yaml");
        File.WriteAllText(workload, "workload:\n" + string.Concat(steps.Select(step => $"  {step}\n")));
        return
        [
            "run", TestDrivers.Image("edu"), "--device", "edu", "--interrupts", "msi", "--workload", workload,
            "--capture", TracePath,
        ];
    }
}
