using System.CommandLine;
using System.Globalization;
using Hil.Host;
using Hil.Trace;

namespace Hil.Cli.Commands;

/// <summary>`hil trace repair`: gives a trace that was cut off or damaged an index again.</summary>
internal static class TraceRepairCommand
{
    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "The trace; it is changed in place", HelpName = "FILE" };
        var command = new Command("repair", "Checks every block of a trace and rebuilds its index.") { file };
        command.SetAction(parsed => Run(parsed.GetValue(file)!));
        return command;
    }

    private static int Run(string path)
    {
        TraceRepairResult result = TraceRepair.Repair(path);
        foreach (TraceProblem problem in result.Problems)
            Console.Out.WriteLine($"{path}: offset 0x{problem.Offset:X}: {problem.Text}");
        string contents = string.Create(
            CultureInfo.InvariantCulture, $"{result.Records:N0} records in {result.Blocks:N0} blocks");
        string missing = result.Missing == 0
            ? "" : string.Create(CultureInfo.InvariantCulture, $", {result.Missing:N0} records are missing");
        Console.Out.WriteLine(result.IsRewritten
            ? $"{path}: index rebuilt: {contents}{missing}"
            : $"{path}: nothing to repair: {contents}{missing}");
        return ExitCode.Success;
    }
}
