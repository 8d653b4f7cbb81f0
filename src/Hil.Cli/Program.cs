using System.CommandLine;
using Hil.Cli.Commands;
using Hil.Host;
using Hil.Machine;

if (CommandLine.StartsMachine(args))
    Ahead.Begin();
ParseResult parsed = CommandLine.Parse(args);
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
