using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using Hil.Host;
using Hil.Machine;
using Hil.Machine.Qemu;
using Hil.Trace;

namespace Hil.Cli.Commands;

/// <summary>`hil doctor`: each thing that a run needs, with its version or the command that mends it.</summary>
internal static class DoctorCommand
{
    private static readonly (string Program, string[] Arguments, string Purpose, string Remedy)[] s_programs =
    [
        (DriverBuild.Compiler, ["--version"], "compiles drivers", DriverBuild.InstallCommand),
        ("setpriv", ["--version"], "ends QEMU with us", "apt-get install util-linux"),
        ("dotnet", ["--version"], "builds hil and C# drivers", "see https://dotnet.microsoft.com/download/dotnet/10.0"),
    ];

    public static Command Create()
    {
        var command = new Command("doctor", "Says what is missing, and the command that mends it.");
        command.SetAction(static _ => Run());
        return command;
    }

    private static int Run()
    {
        bool isWell = SayQemu();
        foreach ((string program, string[] arguments, string purpose, string remedy) in s_programs)
        {
            string? version = VersionOf(program, arguments, out string complaint);
            isWell &= complaint.Length != 0
                ? SayState("fails", program, purpose, complaint)
                : Say(program, purpose, version, remedy);
        }
        isWell &= Say("ddk headers", "compiles drivers", HeadersPath(), DriverBuild.InstallCommand);
        isWell &= Say("liblz4.so.1", "writes and reads traces", Lz4.Version(), Lz4.InstallCommand);
        isWell &= Say("hil-monitor.rom", "boots the processor", MonitorPath(), "build Hil again: scripts/hil");
        isWell &= Say("shared memory", "memfd, 256 MB", MemoryText(), "free some memory");
        return isWell ? ExitCode.Success : ExitCode.Environment;
    }

    private static bool SayQemu()
    {
        const string Program = "qemu-system-x86_64";
        const string Remedy = QemuProgram.InstallCommand;
        string? text = VersionOf(Program, ["--version"], out string complaint);
        if (complaint.Length != 0)
            return SayState("fails", Program, "device and processor", $"{complaint}; mend it with: {Remedy}");
        Version? version = text == null ? null : QemuProgram.VersionIn(text);
        if (text == null || (version != null && QemuProgram.ComplaintAbout(version) == null))
            return Say(Program, "device and processor", text, Remedy);
        string details = $"{text}; {QemuProgram.Oldest} or newer with: {Remedy}";
        return SayState("too old", Program, "device and processor", details);
    }

    private static bool Say(string what, string purpose, string? found, string remedy)
    {
        bool isThere = found != null;
        return SayState(isThere ? "ok" : "missing", what, purpose, found ?? "mend it with: " + remedy);
    }

    private static bool SayState(string state, string what, string purpose, string details)
    {
        Console.Out.WriteLine($"{state,-8} {what,-24} {purpose,-26} {details}");
        return state == "ok";
    }

    // The first line of what it prints, or null if it cannot be started, or fails, which it then complains of.
    private static string? VersionOf(string program, string[] arguments, out string complaint)
    {
        complaint = "";
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 0)
                return output.Split('\n')[0].Trim();
            string words = errors.Result.Trim().Split('\n')[0];
            complaint = words.Length == 0 ? $"{arguments[0]} ended with exit code {process.ExitCode}" : words;
            return null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static string? HeadersPath()
    {
        const string Header = "/usr/x86_64-w64-mingw32/include/ddk/wdm.h";
        return File.Exists(Header) ? Header : null;
    }

    private static string? MonitorPath() => File.Exists(MonitorRom.Path) ? MonitorRom.Path : null;

    private static string? MemoryText()
    {
        const long NeededBytes = 400L << 20;
        long free = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return free >= NeededBytes ? $"{free >> 20} MB" : null;
    }
}
