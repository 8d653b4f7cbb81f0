using System.CommandLine;
using Hil.Cli.Commands;
using Hil.Host;
using Hil.Machine;

// What follows `hil run` belongs to it alone. It is the command whose start counts, so it goes without the others.
bool isRun = args is [RunCommand.Name, ..];
Ahead.Begin(isRun ? LoadAheadOfRun : null);
RootCommand root = new("Runs Windows kernel drivers on emulated PCI devices, without Windows.") { RunCommand.Create() };
if (!isRun)
    OtherCommands.AddTo(root);

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count != 0)
{
    Console.Error.WriteLine("hil: " + CommandLineFault.Describe(parsed));
    return ExitCode.Environment;
}
try
{
    // Signals are the commands' own business; a defect must not look like a mistake in the command line.
    return await parsed.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null,
    });
}
catch (Exception e)
{
    return Faults.Report(e, static message => Console.Error.WriteLine("hil: " + message));
}

static void LoadAheadOfRun()
{
    _ = Console.Out;
    RunHost.LoadAhead();
}
