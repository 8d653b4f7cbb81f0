using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Hil.Machine.Qemu;

/// <summary>Finds the QEMU program and turns its complaints into something a user can act on.</summary>
public static partial class QemuProgram
{
    public const string InstallCommand = "apt-get install qemu-system-x86";

    public const string InstallHint = "install it with: " + InstallCommand;

    /// <summary>Older ones lack options that we start QEMU with and have not been tried.</summary>
    public static readonly Version Oldest = new(6, 0);

    private static readonly TimeSpan s_versionTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Full path of the program that <paramref name="name"/> means.</summary>
    /// <exception cref="MachineStartException">There is none.</exception>
    public static string Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            if (!File.Exists(name))
                throw new MachineStartException($"QEMU not found at {name}; {InstallHint}");
            return IsExecutable(name)
                ? Path.GetFullPath(name)
                : throw new MachineStartException($"{name} is no program that may be executed; {InstallHint}");
        }
        string folders = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (string folder in folders.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path) && IsExecutable(path))
                return path;
        }
        throw new MachineStartException($"QEMU ({name}) is not in PATH; {InstallHint}");
    }

    /// <summary>The version in what QEMU prints for <c>--version</c>, or null.</summary>
    public static Version? VersionIn(string text) =>
        VersionText().Match(text) is { Success: true } match ? Version.Parse(match.Groups["version"].Value) : null;

    /// <summary>What is wrong with a version, or null.</summary>
    public static string? ComplaintAbout(Version version) => version >= Oldest
        ? null
        : string.Create(CultureInfo.InvariantCulture,
            $"QEMU {version} is too old, {Oldest} or newer is needed; {InstallHint}");

    internal static void RequireVersion(Version version)
    {
        if (ComplaintAbout(version) is { } complaint)
            throw new MachineStartException(complaint);
    }

    /// <summary>What to say about a QEMU that ended before it ran, or that never ran.</summary>
    /// <param name="happened">That it ended, or did not get ready.</param>
    /// <param name="words">What it wrote to its standard output and error.</param>
    internal static string ExplainFailure(string program, string happened, string words)
    {
        string message = happened + (words.Length == 0 ? " without a word" : ": " + words);
        if (UnknownDevice().Match(words) is { Success: true } match)
        {
            return $"{message}\n{match.Groups["name"].Value} is not in this QEMU; it lists what it has with: "
                + $"{program} -device help. Another one may have it: --qemu PATH, or {InstallCommand}";
        }
        // An old one refuses our options before it greets with its version.
        Version? version = VersionOf(program);
        string? complaint = version == null ? $"{program} does not tell its version" : ComplaintAbout(version);
        return (complaint, version) switch
        {
            (null, _) => message,
            (_, null) => $"{message}\n{complaint}, as QEMU does; {InstallHint}",
            _ => $"{message}\n{complaint}",
        };
    }

    private static bool IsExecutable(string path)
    {
        const int Execute = 1;
        return Access(path, Execute) == 0;
    }

    private static Version? VersionOf(string program)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, ["--version"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> text = process.StandardOutput.ReadToEndAsync();
            if (text.Wait(s_versionTimeout))
                return VersionIn(text.Result);
            process.Kill(entireProcessTree: true);
            return null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\bversion (?<version>\d{1,4}(\.\d{1,4}){1,3})")]
    private static partial Regex VersionText();

    [LibraryImport("libc.so.6", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    [GeneratedRegex(@"'?(?<name>[\w.-]+)'? is not a valid device model name")]
    private static partial Regex UnknownDevice();
}
