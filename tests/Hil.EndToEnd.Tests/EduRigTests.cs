using System.Diagnostics;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Testing;
using Hil.Wdm;
using static Hil.Wdm.NtStatus;
using static Hil.Wdm.WdmConstants;

namespace Hil.EndToEnd.Tests;

/// <summary>Bad days: QEMU dies, a line is never cleared, a driver imports what is not there.</summary>
public sealed class EduRigTests
{
    private const uint FirstRequest = 0x222004;
    private const uint SecondRequest = 0x222008;
    private const uint ThirdRequest = 0x22200c;

    [Theory, ClassData(typeof(EduKinds))]
    public async Task WhenQemuIsKilledEveryPendingRequestEndsWithinASecond(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        var inFlight = Edu.OccupyAsync(rig, file);
        var queued = file.AskAsync(Edu.Factorial, 6);
        Task<IoResult> transfer = file.ReadAsync(new byte[16]);
        Edu.RequirePending(rig, IRP_MJ_DEVICE_CONTROL, IRP_MJ_DEVICE_CONTROL, IRP_MJ_READ);

        using (var qemu = Process.GetProcessById(rig.Session.Machine.Qemu.Id))
            qemu.Kill();
        var killed = Stopwatch.StartNew();
        await Task.WhenAll(inFlight, queued, transfer).WaitAsync(Edu.Patience);

        Assert.InRange(killed.ElapsedMilliseconds, 0, 1000);
        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await inFlight).Status);
        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await queued).Status);
        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await transfer).Status);
        Assert.Equal(3, rig.Kernel.Io.PendingIrps().Count);
        Assert.False(Assert.IsType<MachineLostException>(rig.Kernel.Scheduler.StoppedBy).IsTripleFault);
        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await file.AskAsync(Edu.Factorial, 6)).Status);
    }

    [Theory]
    [InlineData(FirstRequest)] // claims the interrupt and leaves it standing
    [InlineData(SecondRequest)] // says that it is another device's
    public async Task ALineThatNobodyClearsIsMaskedAndTheRunGoesOn(uint request)
    {
        await using HilRig rig = await HilRig.StartAsync(new HilRigOptions
        {
            Driver = TestDrivers.Image("storm"),
            Devices = ["edu"],
            Interrupts = InterruptPreference.Line,
        });
        await using HilFile file = await rig.OpenAsync(@"\\.\HilStorm");

        Assert.Equal(STATUS_SUCCESS, (await file.DeviceIoControlAsync(request).WaitAsync(Edu.Patience)).Status);
        await UntilAsync(() => rig.Storms > 0, file);
        byte[] calls = new byte[4];
        IoResult result = await file.DeviceIoControlAsync(ThirdRequest, default, calls).WaitAsync(Edu.Patience);

        Assert.Equal(new IoResult(STATUS_SUCCESS, 4), result);
        Assert.Equal(1, rig.Storms);
        Assert.NotEqual(0u, BitConverter.ToUInt32(calls));
        Assert.Null(rig.BugCheck);
    }

    // Requests that the driver refuses go through in the middle of the storm.
    private static async Task UntilAsync(Func<bool> condition, HilFile file)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            IoResult refused = await file.DeviceIoControlAsync(FirstRequest - 4).WaitAsync(Edu.Patience);
            Assert.Equal(STATUS_INVALID_DEVICE_REQUEST, refused.Status);
            Assert.True(waited.Elapsed < Edu.Patience, "the storm was not noticed");
        }
    }

    [Fact]
    public async Task AMissingImportIsToldAtLoadAndStopsTheMachineWhenItIsCalled()
    {
        await using HilRig rig = await HilRig.StartAsync(TestDrivers.Image("missing"));
        await using HilFile file = await rig.OpenAsync(@"\\.\HilMissing");
        Assert.Contains(rig.Log, line => line.Contains("CcFlushCache", StringComparison.Ordinal));
        Assert.Equal(STATUS_SUCCESS, (await file.DeviceIoControlAsync(SecondRequest).WaitAsync(Edu.Patience)).Status);

        var stopped = await Assert.ThrowsAsync<BugCheckException>(
            () => file.DeviceIoControlAsync(FirstRequest).WaitAsync(Edu.Patience));

        Assert.Equal(BugCheckCodes.KMODE_EXCEPTION_NOT_HANDLED, stopped.Report.Code);
        Assert.Contains("CcFlushCache", stopped.Report.Reason, StringComparison.Ordinal);
        Assert.Same(rig.BugCheck, stopped.Report);
    }
}
