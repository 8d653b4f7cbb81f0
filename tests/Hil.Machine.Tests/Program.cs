using Hil.Machine.Tests.Qemu;

namespace Hil.Machine.Tests;

/// <summary>The test program. With <see cref="DoomedHost.Argument"/> it is a host that a test starts and
/// kills.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) => args is [DoomedHost.Argument, ..]
        ? await DoomedHost.RunAsync(args)
        : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
}
