using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Loader;
using Hil.Machine.Qemu;
using Hil.Trace;
using Microsoft.Extensions.Options;

namespace Hil.Host;

/// <summary>Turns exceptions into words and exit codes. A defect of Hil never looks like one of the driver.</summary>
public static class Faults
{
    /// <param name="say">Gets the message, one line if it is anybody's fault but ours.</param>
    /// <returns>The exit code.</returns>
    public static int Report(Exception exception, Action<string> say)
    {
        switch (exception)
        {
            case HilYamlException or RunInputException or DriverBuildException or BadDriverImageException
                or TraceFormatException or TraceFileException or TraceReplayException
                or MachineStartException or OptionsValidationException or MachineLostException:
                say(exception.Message);
                return exception is MachineLostException { IsTripleFault: true }
                    ? ExitCode.BugCheck
                    : ExitCode.Environment;
            case BugCheckException:
                say(exception.Message);
                return ExitCode.BugCheck;
            case AggregateException { InnerExceptions: [var only] }:
                return Report(only, say);
            case IOException or UnauthorizedAccessException when exception is not NtStatusException:
                say(exception.Message);
                return ExitCode.Environment;
            default:
                say("Hil is wrong, not the driver. Please report this:\n" + exception);
                return ExitCode.Internal;
        }
    }
}
