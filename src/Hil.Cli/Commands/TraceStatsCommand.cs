using System.CommandLine;
using Hil.Cli.Output;
using Hil.Host;
using Hil.Trace;

namespace Hil.Cli.Commands;

/// <summary>`hil trace stats`: counts, latencies, registers, queues.</summary>
internal static class TraceStatsCommand
{
    public static Command Create()
    {
        Argument<string> file = TraceArguments.File();
        Option<bool> json = TraceArguments.Json("One JSON object in place of text");
        var command = new Command("stats", "Figures about a trace: counts, latencies, registers, queues.")
        {
            file, json,
        };
        command.SetAction(parsed =>
        {
            using TraceReader reader = TraceArguments.Open(parsed.GetValue(file)!);
            TraceStats stats = TraceStats.Read(reader);
            if (parsed.GetValue(json))
                TraceStatsText.WriteJson(Console.Out, stats);
            else
                TraceStatsText.Write(Console.Out, stats);
            return ExitCode.Success;
        });
        return command;
    }
}
