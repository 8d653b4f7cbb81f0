using Hil.Trace;

namespace Hil.EndToEnd.Tests.Cli;

public sealed class TraceCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hil-trace-");

    [Theory]
    [InlineData("show")]
    [InlineData("stats")]
    [InlineData("export", "--format", "vcd")]
    [InlineData("diff", "nowhere.hiltrace")]
    public async Task FileThatIsNoTraceIsOneLineAndExitCode3(string command, params string[] more)
    {
        string path = PathOf("text.hiltrace");
        await File.WriteAllTextAsync(path, "not a trace at all, but longer than a header of one would be");
        (int exitCode, string output) = await HilProcess.RunAsync(["trace", command, path, .. more]);
        Assert.Equal((3, 1), (exitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.Contains("this is not a trace", output);
    }

    [Theory]
    [InlineData("--kind", "raed", "there is no such kind")]
    [InlineData("--from", "12", "a time is a number with")]
    [InlineData("--irp", "x", "hil: --irp must be a whole number, not 'x' (hil trace show --help tells more)")]
    [InlineData("--limit", "-1", "hil: --limit must be a whole number, not '-1'")]
    public async Task OptionThatMakesNoSenseIsExitCode3(string option, string value, string message)
    {
        Write(PathOf("a.hiltrace"), 1);
        (int exitCode, string output) = await HilProcess.RunAsync("trace", "show", PathOf("a.hiltrace"), option, value);
        Assert.Equal(3, exitCode);
        Assert.Contains(message, output);
    }

    [Theory]
    [InlineData("diff", "{trace}", "{trace}", "--format", "1")]
    [InlineData("export", "{trace}", "--format", "xml")]
    public async Task FormatThatDoesNotExistIsOneLine(params string[] arguments)
    {
        Write(PathOf("a.hiltrace"), 1);
        string[] actual = [.. arguments.Select(argument => argument == "{trace}" ? PathOf("a.hiltrace") : argument)];
        (int exitCode, string output) = await HilProcess.RunAsync(["trace", .. actual]);
        Assert.Equal((3, 1), (exitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.StartsWith("hil: --format must be ", output);
    }

    [Fact]
    public async Task ShowSaysThatNothingWasFound()
    {
        Write(PathOf("a.hiltrace"), 1);
        (int exitCode, string output) =
            await HilProcess.RunAsync("trace", "show", PathOf("a.hiltrace"), "--device", "no such device");
        Assert.Equal(0, exitCode);
        Assert.Equal($"hil: {PathOf("a.hiltrace")}: no record is like that", output.TrimEnd());
    }

    [Theory]
    [InlineData("a command is needed; commands are show, ", "trace")]
    [InlineData("there is no command 'shwo'; commands are show, ", "trace", "shwo")]
    [InlineData("there is no command 'rnu'; commands are run, ", "rnu", "samples")]
    public async Task CommandThatDoesNotExistIsOneLineWithThoseThatDo(string expected, params string[] arguments)
    {
        (int exitCode, string output) = await HilProcess.RunAsync(arguments);
        Assert.Equal(3, exitCode);
        Assert.StartsWith("hil: " + expected, output);
    }

    [Fact]
    public async Task DiffTellsByItsExitCode()
    {
        Write(PathOf("a.hiltrace"), 1);
        Write(PathOf("b.hiltrace"), 2);
        (int equal, _) = await HilProcess.RunAsync("trace", "diff", PathOf("a.hiltrace"), PathOf("a.hiltrace"));
        Assert.Equal(0, equal);
        (int exitCode, string output) =
            await HilProcess.RunAsync("trace", "diff", PathOf("a.hiltrace"), PathOf("b.hiltrace"), "--format", "json");
        Assert.Equal(1, exitCode);
        Assert.Contains("\"equal\": false", output);
        Assert.Contains("0x1 → 0x2", output);
    }

    [Fact]
    public async Task FollowShowsWhatIsWrittenAndEndsWithTheRun()
    {
        string path = PathOf("growing.hiltrace");
        using TraceWriter writer = TraceWriter.Create(path);
        writer.Add(TraceKind.Irql, 1, 3);
        writer.Flush();
        using HilProcess hil = HilProcess.Start("trace", "show", path, "--follow");
        await hil.SeeAsync("IRQL 3");
        writer.Add(TraceKind.Irql, 2, 5);
        writer.Flush();
        await hil.SeeAsync("IRQL 5");
        writer.Add(TraceKind.End, 3, 0);
        writer.Complete();
        Assert.Equal(0, await hil.WaitAsync());
        Assert.Contains("end, exit code 0", hil.Output);
    }

    [Fact]
    public async Task FollowEndsWithCtrlC()
    {
        string path = PathOf("growing.hiltrace");
        using TraceWriter writer = TraceWriter.Create(path);
        writer.Add(TraceKind.Irql, 1, 3);
        writer.Flush();
        using HilProcess hil = HilProcess.Start("trace", "show", path, "--follow");
        await hil.SeeAsync("IRQL 3");
        hil.Send(HilProcess.Signal.Interrupt);
        Assert.Equal(0, await hil.WaitAsync());
    }

    [Fact]
    public async Task ExportDoesNotReplaceTheTrace()
    {
        string path = PathOf("a.hiltrace");
        Write(path, 1);
        byte[] before = await File.ReadAllBytesAsync(path);
        File.CreateSymbolicLink(PathOf("link.hiltrace"), path);
        foreach (string target in new[] { path, PathOf("link.hiltrace") })
        {
            (int refused, string output) =
                await HilProcess.RunAsync("trace", "export", path, "--format", "json", "-o", target);
            Assert.Equal((3, $"hil: {target}: the export would replace the trace; give it another name"),
                (refused, output.TrimEnd()));
            Assert.Equal(before, await File.ReadAllBytesAsync(path));
        }
        (int exitCode, _) = await HilProcess.RunAsync(
            "trace", "export", path, "--format", "json", "-o", PathOf("a.json"));
        Assert.Equal(0, exitCode);
        Assert.StartsWith("[{\"sequence\":0", await File.ReadAllTextAsync(PathOf("a.json")));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Write(string path, ulong value)
    {
        using TraceWriter writer = TraceWriter.Create(path);
        ulong site = writer.DefineSite(new TraceSite(0, 0, 0xFE000000, 4 | TraceSite.WriteAccess, 0, 0, 0x60, 0));
        writer.Add(TraceKind.Write, 10, site, value);
        writer.Add(TraceKind.End, 20, 0);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
