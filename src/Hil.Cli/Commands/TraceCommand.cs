using System.CommandLine;

namespace Hil.Cli.Commands;

/// <summary>`hil trace`: what can be done with a recorded trace.</summary>
internal static class TraceCommand
{
    public static Command Create() => new("trace", "Looks at recorded traces.")
    {
        TraceShowCommand.Create(),
        TraceStatsCommand.Create(),
        TraceDiffCommand.Create(),
        TraceExportCommand.Create(),
        TraceRepairCommand.Create(),
    };
}
