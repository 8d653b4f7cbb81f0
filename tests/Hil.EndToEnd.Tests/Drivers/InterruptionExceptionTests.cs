using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests;

/// <summary>Exceptions of service routines and DPCs (tests/drivers/isrfault.c). The code that they cut into stands in a
/// __try, which is not theirs: the machine stops.</summary>
public sealed class InterruptionExceptionTests
{
    private const uint FirstFault = 0x222000 + 4 * 100;
    private const uint DivideByZero = 0xC0000094;
    private const uint AccessViolation = 0xC0000005;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <param name="information">Parameters 3 and 4: the exception's own.</param>
    [Theory]
    [InlineData(0, DivideByZero, "DivideByZero", 0, 0ul)]
    [InlineData(2, AccessViolation, "ReadNonCanonical", 0, ulong.MaxValue)]
    [InlineData(3, DivideByZero, "DivideDpc", 2, 0ul)]
    [InlineData(4, 0xC0001234, "RaiseStatusDpc", 2, 0ul)]
    public async Task AnExceptionThatNobodyHandlesIsTheKernels(
        uint fault, uint code, string function, byte irql, ulong information)
    {
        (BugCheckReport report, HilRig rig) = await StopAsync(fault);
        await using HilRig _ = rig;

        Assert.Equal(BugCheckCodes.KMODE_EXCEPTION_NOT_HANDLED, report.Code);
        Assert.Equal((code, 0ul, information), ((uint)report.Parameter1, report.Parameter3, report.Parameter4));
        Assert.Contains(function, rig.Kernel.Modules.Describe(report.Parameter2), StringComparison.Ordinal);
        RequireLevel(irql, report);
    }

    [Fact]
    public async Task APageFaultOfAServiceRoutineIsOneAtARaisedLevel()
    {
        (BugCheckReport report, HilRig rig) = await StopAsync(fault: 1);
        await using HilRig _ = rig;

        Assert.Equal(BugCheckCodes.DRIVER_IRQL_NOT_LESS_OR_EQUAL, report.Code);
        Assert.Equal((0ul, report.Irql.Value, 0ul), (report.Parameter1, (byte)report.Parameter2, report.Parameter3));
        Assert.Contains("ReadNull", rig.Kernel.Modules.Describe(report.Parameter4), StringComparison.Ordinal);
        RequireLevel(irql: 0, report);
    }

    // No level stands for that of the device.
    private static void RequireLevel(byte irql, BugCheckReport report)
    {
        if (irql != 0)
            Assert.Equal(irql, report.Irql.Value);
        else
            Assert.InRange(report.Irql.Value, 3, 12);
    }

    private static async Task<(BugCheckReport Report, HilRig Rig)> StopAsync(uint fault)
    {
        HilRig rig = await HilRig.StartAsync(
            new HilRigOptions { Driver = TestDrivers.Image("isrfault"), Devices = ["edu"] });
        HilFile file = await rig.OpenAsync(@"\\.\HilIsrFault");
        var stop = await Assert.ThrowsAsync<BugCheckException>(
            () => file.DeviceIoControlAsync(FirstFault + 4 * fault, default, default).WaitAsync(s_patience));
        return (stop.Report, rig);
    }
}
