using System.CommandLine;
using System.Globalization;
using Hil.Host;
using Hil.Trace;

namespace Hil.Cli.Commands;

/// <summary>What the commands that read a trace have in common.</summary>
internal static class TraceArguments
{
    public static Argument<string> File(string name = "file") =>
        new(name) { Description = "The trace", HelpName = name.ToUpperInvariant() };

    public static Option<bool> Json(string description) => new("--json") { Description = description };

    /// <summary>Takes the names of an enumeration's values, not their numbers.</summary>
    public static Option<T> ByName<T>(this Option<T> option)
        where T : struct, Enum
    {
        option.Validators.Add(static result =>
        {
            string[] names = Enum.GetNames<T>();
            if (result.Tokens is [var name] && !names.Contains(name.Value, StringComparer.OrdinalIgnoreCase))
                result.AddError("no such name");
        });
        return option;
    }

    /// <summary>Opens a trace; what is missing in it is said on stderr.</summary>
    public static TraceReader Open(string path)
    {
        TraceReader reader = TraceReader.Open(path);
        foreach (TraceProblem problem in reader.Problems)
            Console.Error.WriteLine($"hil: {path}: warning: {problem.Text}");
        if (reader.Statistics.Lost != 0)
        {
            string reason = reader.IsRepaired ? "a repair left damaged blocks out" : "they could not be written";
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"hil: {path}: warning: {reader.Statistics.Lost:N0} records are missing: {reason}"));
        }
        return reader;
    }

    /// <exception cref="RunInputException">A kind that does not exist.</exception>
    public static IReadOnlySet<TraceKind>? Kinds(string[] names)
    {
        if (names.Length == 0)
            return null;
        var kinds = new HashSet<TraceKind>();
        foreach (string name in names.SelectMany(static list => list.Split(',', StringSplitOptions.TrimEntries)))
        {
            TraceRecordKind kind = TraceSchema.Kinds.FirstOrDefault(kind => kind.Name == name)
                ?? throw new RunInputException($"--kind {name}: there is no such kind of record; kinds are "
                    + string.Join(", ", TraceSchema.Kinds.Select(static kind => kind.Name)));
            kinds.Add(kind.Kind);
        }
        return kinds;
    }

    /// <exception cref="RunInputException">It is no time.</exception>
    public static long Time(string option, string? text, long otherwise)
    {
        if (text == null)
            return otherwise;
        return TraceTime.TryParse(text, out long time)
            ? time
            : throw new RunInputException($"{option} {text}: a time is a number with ns, us, ms or s, such as 12.5ms");
    }
}
