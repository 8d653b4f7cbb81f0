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
            TraceDiff diff = TraceDiff.Compare(readerOfA, readerOfB);
            if (parsed.GetValue(format) == OutputFormat.Json)
                TraceDiffText.WriteJson(Console.Out, diff);
            else
                TraceDiffText.Write(Console.Out, diff);
            return diff.IsEqual ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }
}
