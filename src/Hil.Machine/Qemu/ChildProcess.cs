// A child that no event of ours can orphan. The kernel kills it when we die (PR_SET_PDEATHSIG, which setpriv sets), but
// that signal is tied to the *thread* that started the child: Start and WaitForExit belong on one thread that lives as
// long as the child. Between our fork and the child's prctl we might die unnoticed: the child compares its parent
// afterwards. A session of its own keeps the terminal's Ctrl-C away from it, so that we decide when it ends.
//
// posix_spawn in place of System.Diagnostics.Process: only what is named here is inherited, it knows sessions, and
// loading Process takes longer than the start itself.

using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hil.Machine.Qemu;

/// <summary>A program that runs in a session of its own, ends when we do, and whose output we read.</summary>
internal sealed unsafe partial class ChildProcess : IDisposable
{
    /// <summary>The program that starts the others.</summary>
    public const string Launcher = "setpriv";

    // A child that finds another parent than us after prctl does not become the program.
    private const string ParentCheck = """[ "$PPID" = "$0" ] && exec "$@"; exit 70""";

    // glibc's posix_spawnattr_t has 336 bytes, posix_spawn_file_actions_t 80.
    private const int SpawnStructBytes = 512;
    private const short SetSignalDefaults = 0x04;
    private const short SetSession = 0x80;
    private const int SignalSetBytes = 128;
    private const int BrokenPipeSignal = 13;
    private const int KillSignal = 9;
    private const int CloseOnExec = 0x80000;
    private const int ById = 1;
    private const int SignalInfoBytes = 128; // siginfo_t
    private const int LeaveWaitable = 0x0100_0000;
    private const int Interrupted = 4;

    private readonly Lock _lock = new();
    private bool _isReaped;

    private ChildProcess(int id, SafeFileHandle output)
    {
        Id = id;
        Output = new StreamReader(new FileStream(output, FileAccess.Read, bufferSize: 0));
    }

    public int Id { get; }

    /// <summary>What the child writes to its standard output and error.</summary>
    public StreamReader Output { get; }

    /// <summary>Starts a program with an empty standard input.</summary>
    /// <param name="inherited">Descriptors that the program has, under the same numbers.</param>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, params ReadOnlySpan<SafeHandle> inherited)
    {
        string parent = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        string?[] command =
            [Launcher, "--pdeathsig", "KILL", "sh", "-c", ParentCheck, parent, program, .. arguments, null];
        int* pipe = stackalloc int[2];
        Check(Pipe(pipe, CloseOnExec) == 0 ? 0 : Marshal.GetLastPInvokeError());
        var output = new SafeFileHandle(pipe[0], ownsHandle: true);
        using var input = new SafeFileHandle(pipe[1], ownsHandle: true);
        return new ChildProcess(Spawn(command, pipe[1], inherited), output);
    }

    /// <summary>Waits for the end and reaps the child.</summary>
    /// <returns>How it ended, in words.</returns>
    public string WaitForExit()
    {
        const int Exited = 4;
        byte* info = stackalloc byte[SignalInfoBytes];
        while (WaitForState(ById, Id, info, Exited | LeaveWaitable) != 0
            && Marshal.GetLastPInvokeError() == Interrupted)
            continue;
        // From here on the number may be another process's.
        int status = 0;
        lock (_lock)
        {
            _ = Reap(Id, &status, 0);
            _isReaped = true;
        }
        int signal = status & 0x7F;
        return signal != 0 ? $"signal {signal}" : $"exit code {(status >> 8) & 0xFF}";
    }

    /// <summary>Whether the child is stopped at this moment, by SIGSTOP say.</summary>
    public bool IsStopped()
    {
        const int Stopped = 2;
        const int NoHang = 1;
        const int ProcessIdOffset = 16; // 0 when there is nothing to report.
        byte* info = stackalloc byte[SignalInfoBytes];
        new Span<byte>(info, SignalInfoBytes).Clear();
        lock (_lock)
        {
            return !_isReaped && WaitForState(ById, Id, info, Stopped | NoHang | LeaveWaitable) == 0
                && *(int*)(info + ProcessIdOffset) != 0;
        }
    }

    /// <summary>Ends the child and what it started: it leads its session's first process group.</summary>
    public void Kill()
    {
        lock (_lock)
        {
            if (!_isReaped)
                _ = SendSignal(-Id, KillSignal);
        }
    }

    public void Dispose() => Output.Dispose();

    private static int Spawn(string?[] command, int output, ReadOnlySpan<SafeHandle> inherited)
    {
        byte* actions = stackalloc byte[SpawnStructBytes];
        byte* attributes = stackalloc byte[SpawnStructBytes];
        Check(InitializeActions(actions));
        Check(InitializeAttributes(attributes));
        try
        {
            Check(AddOpen(actions, 0, "/dev/null", 0, 0));
            Check(AddDuplicate(actions, output, 1));
            Check(AddDuplicate(actions, output, 2));
            // A descriptor duplicated to itself loses its close-on-exec flag.
            foreach (SafeHandle handle in inherited)
                Check(AddDuplicate(actions, (int)handle.DangerousGetHandle(), (int)handle.DangerousGetHandle()));
            // The runtime ignores this one, which exec would keep.
            byte* defaults = stackalloc byte[SignalSetBytes];
            new Span<byte>(defaults, SignalSetBytes).Clear();
            *(ulong*)defaults = 1UL << (BrokenPipeSignal - 1);
            Check(SetDefaults(attributes, defaults));
            Check(SetFlags(attributes, SetSession | SetSignalDefaults));
            Check(SpawnInPath(out int id, Launcher, actions, attributes, command, EnvironmentEntries()));
            return id;
        }
        finally
        {
            _ = DestroyActions(actions);
            _ = DestroyAttributes(attributes);
        }
    }

    private static string?[] EnvironmentEntries()
    {
        IDictionary variables = Environment.GetEnvironmentVariables();
        var entries = new string?[variables.Count + 1];
        int count = 0;
        foreach (DictionaryEntry variable in variables)
            entries[count++] = $"{variable.Key}={variable.Value}";
        return entries;
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw new Win32Exception(error);
    }

    [LibraryImport("libc.so.6", EntryPoint = "pipe2", SetLastError = true)]
    private static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int InitializeActions(byte* actions);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int DestroyActions(byte* actions);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDuplicate(byte* actions, int from, int to);

    [LibraryImport(
        "libc.so.6", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddOpen(byte* actions, int to, string path, int flags, uint mode);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawnattr_init")]
    private static partial int InitializeAttributes(byte* attributes);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int DestroyAttributes(byte* attributes);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int SetDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawnp", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SpawnInPath(
        out int id, string file, byte* actions, byte* attributes, string?[] arguments, string?[] environment);

    [LibraryImport("libc.so.6", EntryPoint = "waitid", SetLastError = true)]
    private static partial int WaitForState(int idType, int id, byte* info, int options);

    [LibraryImport("libc.so.6", EntryPoint = "waitpid")]
    private static partial int Reap(int id, int* status, int options);

    [LibraryImport("libc.so.6", EntryPoint = "kill")]
    private static partial int SendSignal(int id, int signal);
}
