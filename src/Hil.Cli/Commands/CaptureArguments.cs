using Hil.Host;
using Hil.Trace;

namespace Hil.Cli.Commands;

// `--capture irp` is short for `--capture <driver>.hiltrace --capture-only irp`. A file that is called like a category
// is given as a path: `--capture ./irp`.

/// <summary>What `--capture` and `--capture-only` say.</summary>
internal static class CaptureArguments
{
    /// <param name="target">What is run; a trace without a name of its own is called after it.</param>
    /// <exception cref="RunInputException">They make no sense.</exception>
    public static CaptureOptions? Parse(string? capture, string[] only, string target)
    {
        if (capture == null)
            return only.Length == 0
                ? null
                : throw new RunInputException(
                    "--capture-only says what --capture writes: give --capture and a file, too");
        string[] names = Split(only);
        string? unknown = names.FirstOrDefault(static name => !TraceCategories.IsKnown(name));
        if (unknown != null)
            throw new RunInputException(
                $"--capture-only: '{unknown}' is no category of records: {string.Join(", ", TraceCategories.Known)}");
        bool isList = IsList(capture);
        names = isList ? [.. names, .. Split([capture])] : names;
        return new CaptureOptions
        {
            Path = isList ? NameOf(target) + ".hiltrace" : capture,
            Categories = names.Length == 0 ? TraceCategories.All : TraceCategories.Of(names),
        };
    }

    private static bool IsList(string capture) =>
        Split([capture]) is { Length: > 0 } names && names.All(TraceCategories.IsKnown);

    private static string[] Split(string[] lists) =>
        [.. lists.SelectMany(static list => list.Split(',', StringSplitOptions.RemoveEmptyEntries))];

    // A folder's hil.yaml may call the driver otherwise, but is not read yet.
    private static string NameOf(string target)
    {
        string name = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)));
        return name.Length == 0 ? "run" : name;
    }
}
