using Hil.Kernel.Platform;
using Hil.Loader;
using Hil.Machine.Qemu;

namespace Hil.Host.Tests.Run;

public sealed class FaultsTests
{
    public static TheoryData<Exception, int> Cases => new()
    {
        { new HilYamlException("a/hil.yaml", 3, 5, "wrong"), ExitCode.Environment },
        { new RunInputException("wrong"), ExitCode.Environment },
        { new DriverBuildException("wrong"), ExitCode.Environment },
        { new BadDriverImageException("a.sys", 16, "Wrong", "Mend it"), ExitCode.Environment },
        { new MachineStartException("no QEMU"), ExitCode.Environment },
        { new FileNotFoundException("gone"), ExitCode.Environment },
        { new MachineLostException("killed"), ExitCode.Environment },
        { new MachineLostException("triple fault", isTripleFault: true), ExitCode.BugCheck },
        { new NullReferenceException("ours"), ExitCode.Internal },
        { new InvalidOperationException("ours"), ExitCode.Internal },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryExceptionHasItsExitCode(Exception exception, int expected)
    {
        string said = "";

        Assert.Equal(expected, Faults.Report(exception, message => said = message));

        Assert.Contains(exception.Message, said, StringComparison.Ordinal);
        bool blamesHil = said.StartsWith("Hil is wrong, not the driver", StringComparison.Ordinal);
        Assert.Equal(expected == ExitCode.Internal, blamesHil);
    }
}
