using System.CommandLine;
using Hil.Cli.Output;
using Hil.Host;
using Hil.Trace;

namespace Hil.Cli.Commands;

/// <summary>`hil trace diff`: what differs between two traces.</summary>
internal static class TraceDiffCommand
{
    private enum OutputFormat
    {
        Text,
        Json,
    }

    public static Command Create()
    {
        Argument<string> a = TraceArguments.File("a");
        Argument<string> b = TraceArguments.File("b");
        Option<OutputFormat> format = new Option<OutputFormat>("--format")
        {
            Description = "How to say it",
            HelpName = "text|json",
        }.ByName();
        var command = new Command("diff", "Compares two traces by what they mean; 1 when they differ.")
        {
            a, b, format,
        };
        command.SetAction(parsed =>
        {
            using TraceReader readerOfA = TraceArguments.Open(parsed.GetValue(a)!);
            using TraceReader readerOfB = TraceArguments.Open(parsed.GetValue(b)!);
            WarnOfCategories(readerOfA, readerOfB);
            TraceDiff diff = TraceDiff.Compare(readerOfA, readerOfB);
            if (parsed.GetValue(format) == OutputFormat.Json)
                TraceDiffText.WriteJson(Console.Out, diff);
            else
                TraceDiffText.Write(Console.Out, diff);
            return diff.IsEqual ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    // What only one trace was to hold makes a difference of every IRP.
    private static void WarnOfCategories(TraceReader a, TraceReader b)
    {
        if (CategoriesOf(a) is not { } ofA || CategoriesOf(b) is not { } ofB)
            return;
        string[] only = [.. ofA.Except(ofB), .. ofB.Except(ofA)];
        if (only.Length != 0)
        {
            Console.Error.WriteLine(
                $"hil: warning: only one of the traces was captured with {string.Join(", ", only)}");
        }
    }

    private static IReadOnlyList<string>? CategoriesOf(TraceReader reader)
    {
        const int LookedAt = 64; // The profile is among the first records.
        using TraceCursor cursor = reader.OpenCursor();
        try
        {
            for (int i = 0; i < LookedAt && cursor.MoveNext(); i++)
            {
                if (cursor.Kind == TraceKind.Profile)
                    return TraceProfile.Parse(cursor.Data).Categories;
            }
        }
        catch (TraceReplayException)
        {
            // Records can be compared without a profile that a replay could be set up from.
        }
        return null;
    }
}
