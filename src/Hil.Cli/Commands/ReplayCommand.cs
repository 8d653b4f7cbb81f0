using System.CommandLine;
using Hil.Cli.Output;
using Hil.Host;

namespace Hil.Cli.Commands;

/// <summary>`hil replay`: a captured run again, without its device.</summary>
internal static class ReplayCommand
{
    public const string Name = "replay";

    private static readonly Argument<string> s_trace = new("trace")
    {
        Description = "A trace that hil run --capture wrote",
    };

    private static readonly Option<string?> s_driver = new("--driver")
    {
        Description = "Another build of the driver: a .sys file, or the assembly of a managed driver",
        HelpName = "file",
    };

    private static readonly Option<string?> s_capture = new("--capture")
    {
        Description = "Writes the replay down as a trace of its own",
        HelpName = "file",
    };

    private static readonly Option<bool> s_relaxed = new("--relaxed")
    {
        Description = "Lets the driver poll more or fewer times, and read configuration space in another order",
    };

    private static readonly Option<string?> s_qemu = MachineArguments.Qemu();

    public static Command Create()
    {
        var command = new Command(Name, "Does a captured run again without its device, and compares.")
        {
            s_trace, s_driver, s_relaxed, s_capture, s_qemu,
        };
        command.SetAction(static (parsed, cancellation) => RunAsync(OptionsOf(parsed), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ReplayOptions options, CancellationToken cancellation)
    {
        using var replay = new TraceReplay(options);
        ReplayResult result = await replay.RunAsync(observer: null, cancellation).ConfigureAwait(false);
        ReplayText.Write(Console.Out, replay, result);
        return result.IsSame ? ExitCode.Success : ExitCode.Failed;
    }

    private static ReplayOptions OptionsOf(ParseResult parsed)
    {
        var options = new ReplayOptions
        {
            TracePath = parsed.GetValue(s_trace)!,
            DriverPath = parsed.GetValue(s_driver),
            IsRelaxed = parsed.GetValue(s_relaxed),
            CapturePath = parsed.GetValue(s_capture),
        };
        return parsed.GetValue(s_qemu) is { } qemu ? options with { QemuPath = qemu } : options;
    }
}
