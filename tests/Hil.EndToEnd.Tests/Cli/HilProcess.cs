using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Hil.EndToEnd.Tests.Cli;

/// <summary>The hil command as a process of its own.</summary>
internal sealed partial class HilProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly List<(string Words, TaskCompletionSource Seen)> _awaited = [];

    private HilProcess(string program, string[] arguments, string folder = "")
    {
        _process = new Process
        {
            StartInfo =
                new ProcessStartInfo(program, arguments)
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    WorkingDirectory = folder,
                },
        };
        _process.OutputDataReceived += Note;
        _process.ErrorDataReceived += Note;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public enum Signal
    {
        Interrupt = 2,
        Kill = 9,
        Terminate = 15,
    }

    /// <summary>The program, built with the tests.</summary>
    public static string Path { get; } = FindProgram();

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static HilProcess Start(params string[] arguments) => new(Path, arguments);

    public static HilProcess StartIn(string folder, params string[] arguments) => new(Path, arguments, folder);

    /// <summary>Starts a program that starts hil.</summary>
    public static HilProcess StartThrough(string program, params string[] arguments) => new(program, arguments);

    /// <summary>Runs to the end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using HilProcess hil = Start(arguments);
        return (await hil.WaitAsync(), hil.Output);
    }

    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(s_patience);
        return _process.ExitCode;
    }

    /// <summary>Returns once a line with these words was printed.</summary>
    public Task SeeAsync(string words)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            if (_output.ToString().Contains(words, StringComparison.Ordinal))
                return Task.CompletedTask;
            _awaited.Add((words, seen));
        }
        return seen.Task.WaitAsync(s_patience);
    }

    public void Send(Signal signal) => Assert.Equal(0, Kill(_process.Id, (int)signal));

    /// <summary>From now on no file of this process may grow beyond a size: what a full disk does.</summary>
    public void LimitFileSize(ulong bytes)
    {
        const int FileSize = 1;
        ulong[] limits = [bytes, bytes];
        Assert.Equal(0, LimitResource(_process.Id, FileSize, limits, 0));
    }

    /// <summary>Our child QEMU's process id.</summary>
    public int QemuId()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(System.IO.Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id)
                && IsQemuOf(id, _process.Id))
                return id;
        }
        throw new InvalidOperationException("hil has no QEMU: " + Output);
    }

    public static void KillProcess(int id) => SendTo(id, Signal.Kill);

    public static void SendTo(int id, Signal signal) => Assert.Equal(0, Kill(id, (int)signal));

    /// <summary>Takes processes' processor time away for a while. They get it back though the test be killed.</summary>
    public static async Task PauseAsync(TimeSpan time, params int[] ids)
    {
        string all = string.Join(' ', ids);
        string script = FormattableString.Invariant(
            $"kill -STOP {all} && sleep {time.TotalSeconds} && kill -CONT {all}");
        using Process pause = Process.Start("/bin/sh", ["-c", script]);
        await pause.WaitForExitAsync().WaitAsync(time + s_patience);
        Assert.Equal(0, pause.ExitCode);
    }

    public int Id => _process.Id;

    /// <summary>Whether a process runs; a zombie that nobody has fetched does not.</summary>
    public static bool Runs(int id) => TryReadStat(id, out char state, out _) && state != 'Z' && state != 'X';

    /// <summary>Whether a process ended within a second.</summary>
    public static bool EndsWithinASecond(int id) => SpinWait.SpinUntil(() => !Runs(id), TimeSpan.FromSeconds(1));

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static bool IsQemuOf(int id, int parent) =>
        TryReadStat(id, out _, out int actual) && actual == parent
        && File.ReadAllText($"/proc/{id}/comm").StartsWith("qemu", StringComparison.Ordinal);

    // pid (name) state parent …; the name may hold anything.
    private static bool TryReadStat(int id, out char state, out int parent)
    {
        (state, parent) = ('X', 0);
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            state = fields[0][0];
            parent = int.Parse(fields[1], CultureInfo.InvariantCulture);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string FindProgram()
    {
        string configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal)
            ? "Release"
            : "Debug";
        string path = System.IO.Path.Combine(
            TestDrivers.Root, "src", "Hil.Cli", "bin", configuration, "net10.0", "linux-x64", "hil");
        return File.Exists(path)
            ? path
            : throw new InvalidOperationException($"{path} is not built: dotnet build src/Hil.Cli");
    }

    private void Note(object sender, DataReceivedEventArgs line)
    {
        if (line.Data == null)
            return;
        lock (_output)
        {
            _output.AppendLine(line.Data);
            foreach ((string words, TaskCompletionSource seen) in _awaited)
            {
                if (line.Data.Contains(words, StringComparison.Ordinal))
                    seen.TrySetResult();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "prlimit")]
    private static partial int LimitResource(int process, int resource, ulong[] limits, nint old);
}
