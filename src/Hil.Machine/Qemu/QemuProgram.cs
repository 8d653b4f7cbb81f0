using System.Globalization;
using System.Text.RegularExpressions;

namespace Hil.Machine.Qemu;

/// <summary>Finds the QEMU program and turns its complaints into something a user can act on.</summary>
internal static partial class QemuProgram
{
    public const string InstallHint = "install it with: apt-get install qemu-system-x86";

    /// <summary>Older ones lack options that we start QEMU with and have not been tried.</summary>
    public static readonly Version Oldest = new(6, 0);

    /// <summary>Full path of the program that <paramref name="name"/> means.</summary>
    public static string Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(name)
                ? Path.GetFullPath(name)
                : throw new MachineStartException($"QEMU not found at {name}; {InstallHint}");
        }
        string folders = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (string folder in folders.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                return path;
        }
        throw new MachineStartException($"QEMU ({name}) is not in PATH; {InstallHint}");
    }

    public static void RequireVersion(Version version)
    {
        if (version < Oldest)
        {
            throw new MachineStartException(string.Create(CultureInfo.InvariantCulture,
                $"QEMU {version} is too old, {Oldest} or newer is needed; {InstallHint}"));
        }
    }

    /// <summary>What to say about a QEMU that ended before it ran.</summary>
    /// <param name="words">What it wrote to its standard output and error.</param>
    public static string ExplainDeath(string words, string exit)
    {
        string message = $"QEMU ended at start ({exit}){(words.Length == 0 ? " without a word" : ": " + words)}";
        if (UnknownDevice().Match(words) is { Success: true } match)
        {
            message += $"\n{match.Groups["name"].Value} is not in this QEMU; it lists what it has with: " +
                "qemu-system-x86_64 -device help";
        }
        return message;
    }

    [GeneratedRegex(@"'?(?<name>[\w.-]+)'? is not a valid device model name")]
    private static partial Regex UnknownDevice();
}
