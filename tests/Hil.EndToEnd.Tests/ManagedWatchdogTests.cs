using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests;

/// <summary>C# drivers that do not come back end their run as native ones do.</summary>
public sealed class ManagedWatchdogTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task ARequestThatSpinsEndsInABugCheckThatNamesTheMethod()
    {
        var driver = new SpinningDriver();
        await using HilRig rig = await HilRig.StartAsync(OptionsFor(driver));
        await using HilFile file = await rig.OpenAsync(@"\\.\HilSpinning");

        var stop = await Assert.ThrowsAsync<BugCheckException>(
            () => file.DeviceIoControlAsync(0x222000, default, default).WaitAsync(s_patience));
        driver.Release();

        Assert.Equal(BugCheckCodes.DPC_WATCHDOG_VIOLATION, stop.Report.Code);
        Assert.Contains("SpinningDriver.Spin", stop.Report.Reason, StringComparison.Ordinal);
        Assert.Equal(0, stop.Report.Irql.Value);
        Assert.NotEqual(0ul, stop.Report.CurrentIrp);
    }

    [Fact]
    public async Task ADriverEntryThatSpinsEndsTheStart()
    {
        var driver = new SpinningDriver { SpinsAtOnce = true };
        using var release = new Timer(_ => driver.Release(), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);

        var stop = await Assert.ThrowsAsync<BugCheckException>(
            () => HilRig.StartAsync(OptionsFor(driver)).WaitAsync(s_patience));

        Assert.Contains("SpinningDriver.DriverEntry", stop.Report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitingIsNotSpinning()
    {
        var driver = new SpinningDriver();
        await using HilRig rig = await HilRig.StartAsync(OptionsFor(driver));
        await using HilFile file = await rig.OpenAsync(@"\\.\HilSpinning");

        IoResult result = await file.DeviceIoControlAsync(0x222004, default, default).WaitAsync(s_patience);

        Assert.Equal(NtStatus.STATUS_SUCCESS, result.Status);
    }

    private static HilRigOptions OptionsFor(SpinningDriver driver) =>
        new() { ManagedDriver = () => driver, Watchdog = TimeSpan.FromMilliseconds(500) };
}
