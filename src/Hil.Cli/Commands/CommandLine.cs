using System.CommandLine;

namespace Hil.Cli.Commands;

/// <summary>The whole command line of `hil`.</summary>
internal static class CommandLine
{
    /// <summary>Whether the command starts a machine, by its name alone: at this time nothing has been read.</summary>
    public static bool StartsMachine(string[] args) =>
        args is [RunCommand.Name or ReplayCommand.Name or LspciCommand.Name or BenchCommand.Name, ..];

    /// <summary>Reads the arguments of the process. What is wrong with them is in the result.</summary>
    public static ParseResult Parse(string[] args) => TryParseRun(args) ?? CreateRoot().Parse(args);

    // The command whose start counts goes without the others and, unless they are asked for, without the options of
    // every root, whose descriptions are looked up in resources: a tenth of the way to DriverEntry.
    private static ParseResult? TryParseRun(string[] args)
    {
        if (args is not [RunCommand.Name, .. string[] own] || own.Any(IsHelp))
            return null;
        ParseResult parsed = RunCommand.Create().Parse(own);
        return parsed.Errors.Count == 0 ? parsed : null;
    }

    private static bool IsHelp(string argument) => argument is "--help" or "-h" or "-?" or "/h" or "/?";

    private static RootCommand CreateRoot() =>
        new("Runs Windows kernel drivers on emulated PCI devices, without Windows.")
        {
            RunCommand.Create(),
            ReplayCommand.Create(),
            LspciCommand.Create(),
            ExportsCommand.Create(),
            DoctorCommand.Create(),
            BenchCommand.Create(),
            TraceCommand.Create(),
        };
}
