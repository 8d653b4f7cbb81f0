using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Hil.Loader;

namespace Hil.Host;

/// <summary>Where in its source a compiled driver was, by the debug information that GCC leaves (DWARF) and the reader
/// that comes with the compiler.</summary>
internal static class SourceLines
{
    /// <summary>What a driver that hil builds has its debug information in, beside the image.</summary>
    public const string DebugExtension = ".debug";

    private const string Reader = "x86_64-w64-mingw32-addr2line";

    // Somebody else's image may have the reader go round in circles.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>The source line of each address, innermost first where functions were inlined; empty where none is
    /// known.</summary>
    public static IReadOnlyList<string>[] Find(DriverImage image, IReadOnlyList<uint> rvas)
    {
        if (FileOf(image) is not { } file || Read(file, rvas.Select(rva => image.ImageBase + rva)) is not { } answer)
            return [.. rvas.Select(static _ => Array.Empty<string>())];
        List<string>[] lines = [.. rvas.Select(static _ => new List<string>())];
        int address = -1;
        for (int i = 0; i < answer.Length; i++)
        {
            if (answer[i].StartsWith("0x", StringComparison.Ordinal))
                address++;
            else if (i + 1 < answer.Length && Describe(answer[i], answer[++i]) is { } line && address < lines.Length)
                lines[address].Add(line);
        }
        return lines;
    }

    private static string? FileOf(DriverImage image)
    {
        string beside = Path.ChangeExtension(image.Path, DebugExtension);
        if (File.Exists(beside))
            return beside;
        return image.Sections.Any(static section => section.Name is ['/', ..] or ['.', 'd', 'e', 'b', 'u', 'g', ..])
            ? image.Path
            : null;
    }

    private static string[]? Read(string file, IEnumerable<ulong> addresses)
    {
        string[] arguments = ["-e", file, "-a", "-f", "-i"];
        var start = new ProcessStartInfo(
            Reader, [.. arguments, .. addresses.Select(a => a.ToString("x", CultureInfo.InvariantCulture))])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove("DEBUGINFOD_URLS"); // Nothing is asked of a network.
        using var reader = new Process { StartInfo = start };
        try
        {
            reader.Start();
        }
        catch (Win32Exception)
        {
            return null; // A machine without the compiler.
        }
        reader.ErrorDataReceived += static (_, _) => { };
        reader.BeginErrorReadLine();
        Task<string> output = reader.StandardOutput.ReadToEndAsync();
        if (output.Wait(s_patience))
            return output.Result.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        reader.Kill();
        return null;
    }

    // A place is "folder/file.c:12", with remarks behind it now and then; unknown ones have question marks.
    private static string? Describe(string function, string place)
    {
        int colon = place.LastIndexOf(':');
        if (colon < 0 || !TryReadNumber(place.AsSpan(colon + 1), out int line) || line == 0)
            return null;
        string file = place[(place.LastIndexOfAny(['/', '\\'], colon) + 1)..colon];
        return string.Create(CultureInfo.InvariantCulture, $"{file} line {line} in {function}");
    }

    private static bool TryReadNumber(ReadOnlySpan<char> text, out int number)
    {
        int end = text.IndexOf(' ');
        return int.TryParse(
            end < 0 ? text : text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
