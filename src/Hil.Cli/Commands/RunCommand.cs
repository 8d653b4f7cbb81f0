using System.CommandLine;
using System.Globalization;
using Hil.Cli.Output;
using Hil.Host;
using Hil.Host.Yaml;
using Hil.Kernel;
using Hil.Trace;

namespace Hil.Cli.Commands;

/// <summary>`hil run`: a driver through its life and its workload.</summary>
internal static class RunCommand
{
    public const string Name = "run";

    // TraceCategories.Known, which is not made for every start.
    private const string CategoryNames =
        "registers, interrupts, dma, clock, schedule, requests, calls, irql, irp";

    // Numbers are options of strings: those of other types are compiled anew at each start, which takes milliseconds,
    // and their refusals name .NET's types.

    private static readonly Argument<string> s_target = new("target")
    {
        Description = "A folder with a hil.yaml, or a .sys file",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string[]> s_device = MachineArguments.Device();

    private static readonly Option<string?> s_workload = new("--workload")
    {
        Description = "A file whose workload and ioctls are used",
        HelpName = "file",
    };

    private static readonly Option<string?> s_repeat = new("--repeat")
    {
        Description = "Runs the workload this often (1)",
        HelpName = "n",
    };

    private static readonly Option<bool> s_managed = new("--managed") { Description = "Runs the driver's C# twin" };

    private static readonly Option<string?> s_watchdog = new("--watchdog")
    {
        Description = "Bug-checks driver code that does not come back for this long (10)",
        HelpName = "seconds",
    };

    private static readonly Option<string?> s_memory = new("--memory")
    {
        Description = "RAM of the machine, 64M to 2G (256M)",
        HelpName = "size",
    };

    private static readonly Option<string?> s_qemu = MachineArguments.Qemu();

    private static readonly Option<string[]> s_qemuArgument = MachineArguments.QemuArgument();

    private static readonly Option<string?> s_interrupts = new Option<string?>("--interrupts")
    {
        Description = "What IRP_MN_START_DEVICE grants",
        HelpName = "line|msi",
    }.Among("line", "msi");

    private static readonly Option<string> s_storm = new Option<string>("--storm")
    {
        Description = "Whether an interrupt line that nobody clears fails the run",
        HelpName = "report|fail",
        DefaultValueFactory = static _ => "report",
    }.Among("report", "fail");

    private static readonly Option<bool> s_direct = new("--direct")
    {
        Description = "Lets a native driver reach device memory without Hil: faster, register accesses are not counted",
    };

    private static readonly Option<string?> s_capture = new("--capture")
    {
        Description = "Writes the run to a trace, for hil replay and hil trace. Categories in place of a file, such as "
            + "irp,registers: only these, into <driver>.hiltrace",
        HelpName = "file",
    };

    private static readonly Option<string[]> s_captureOnly = new("--capture-only")
    {
        Description = $"Writes only these kinds of records: {CategoryNames}",
        HelpName = "category",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<bool> s_verbose = new("--verbose")
    {
        Description = "Shows every PnP request and interrupt, and logs to stderr",
    };

    private static readonly Option<bool> s_json =
        new("--json") { Description = "Prints one JSON object instead of text" };

    private static readonly Option<bool> s_timing = new("--timing") { Hidden = true };

    public static Command Create()
    {
        var command = new Command(Name, "Builds, loads and starts a driver, runs its workload, unloads it.")
        {
            s_target, s_device, s_workload, s_repeat, s_managed, s_watchdog, s_memory, s_qemu, s_qemuArgument,
            s_interrupts, s_storm, s_direct, s_capture, s_captureOnly, s_verbose, s_json, s_timing,
        };
        command.SetAction(static (parsed, _) => RunAsync(parsed));
        return command;
    }

    private static Option<T> Among<T>(this Option<T> option, params string[] values)
    {
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        using var output = RunOutputs.Create(parsed.GetValue(s_json), parsed.GetValue(s_verbose));
        try
        {
            output.ExitsWith = await RunHost.RunAsync(OptionsOf(parsed), output).ConfigureAwait(false);
        }
        catch (RunInputException e)
        {
            output.ExitsWith = Faults.Report(e, output.Fault);
        }
        return output.ExitsWith;
    }

    private static RunOptions OptionsOf(ParseResult parsed) => new()
    {
        Target = parsed.GetValue(s_target) ?? "",
        Devices = [.. parsed.GetValue(s_device) ?? []],
        WorkloadPath = parsed.GetValue(s_workload),
        Repeat = parsed.GetValue(s_repeat) is { } times ? ToCount(times) : 1,
        IsManaged = parsed.GetValue(s_managed),
        Watchdog = parsed.GetValue(s_watchdog) is { } seconds ? ToTime(seconds) : null,
        MemoryBytes = parsed.GetValue(s_memory) is { } size ? ToBytes(size) : null,
        QemuPath = parsed.GetValue(s_qemu),
        QemuArguments = [.. parsed.GetValue(s_qemuArgument) ?? []],
        Interrupts = parsed.GetValue(s_interrupts) switch
        {
            "line" => InterruptPreference.Line,
            "msi" => InterruptPreference.Message,
            _ => null,
        },
        StormFails = parsed.GetValue(s_storm) == "fail",
        IsDirect = parsed.GetValue(s_direct),
        Capture = CaptureArguments.Parse(
            parsed.GetValue(s_capture), parsed.GetValue(s_captureOnly) ?? [], parsed.GetValue(s_target) ?? ""),
        IsVerbose = parsed.GetValue(s_verbose),
        ShowsTiming = parsed.GetValue(s_timing),
    };

    // What is no such number becomes one that the options' validator refuses in its own words.
    private static int ToCount(string times) =>
        int.TryParse(times, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 0;

    private static TimeSpan ToTime(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && seconds is > 0 and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.Zero;

    private static ulong ToBytes(string size) => YamlValues.TryNumber(size, out ulong bytes) ? bytes : 0;
}
