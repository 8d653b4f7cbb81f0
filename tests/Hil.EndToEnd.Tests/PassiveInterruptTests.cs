using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests;

/// <summary>Service routines at PASSIVE_LEVEL (tests/drivers/passive.c), on a line and a message of a real
/// device.</summary>
public sealed class PassiveInterruptTests
{
    private const uint RunAll = 0x222000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <param name="lost">Messages that come while the routine is inactive have no taker; a line is masked.</param>
    [Theory]
    [InlineData(InterruptPreference.Line, 0)]
    [InlineData(InterruptPreference.Message, 1)]
    public async Task TheRoutineRunsOnAThreadAndMayWait(InterruptPreference interrupts, int lost)
    {
        await using HilRig rig = await StartAsync(interrupts);
        await using HilFile file = await rig.OpenAsync(@"\\.\HilPassive");

        IoResult result = await file.DeviceIoControlAsync(RunAll, default, new byte[4]).WaitAsync(s_patience);

        Assert.True(result.IsSuccess, $"{result}; {string.Join(" | ", rig.DebugOutput.TakeLast(5))}");
        Assert.Equal((lost, 0), (rig.Kernel.Interrupts.Unclaimed, rig.Kernel.Interrupts.Storms));
        await file.DisposeAsync();
        Assert.Equal(NtStatus.STATUS_SUCCESS, rig.Unload());
        Assert.Empty(rig.Violations);
    }

    [Fact]
    public async Task ThereIsNoSpinLockToAcquire()
    {
        await using HilRig rig = await StartAsync(InterruptPreference.Line);
        HilFile file = await rig.OpenAsync(@"\\.\HilPassive");

        var stop = await Assert.ThrowsAsync<BugCheckException>(
            () => file.DeviceIoControlAsync(RunAll + 4 * 100, default, default).WaitAsync(s_patience));

        Assert.Equal(BugCheckCodes.PASSIVE_INTERRUPT_ERROR, stop.Report.Code);
        Assert.Equal(1ul, stop.Report.Parameter1);
    }

    private static Task<HilRig> StartAsync(InterruptPreference interrupts) => HilRig.StartAsync(new HilRigOptions
    {
        Driver = TestDrivers.Image("passive"),
        Devices = ["edu"],
        Interrupts = interrupts,
    });
}
