using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;
using static Hil.Wdm.NtStatus;
using static Hil.Wdm.WdmConstants;

namespace Hil.EndToEnd.Tests;

/// <summary>Requests that end before the device has answered: cancelled in the queue or in flight, timed out, or left
/// behind by a closed file.</summary>
public sealed class EduCancelTests
{
    [Theory, ClassData(typeof(EduKinds))]
    public async Task ACancelledRequestInFlightMakesRoomForTheNext(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        var inFlight = Edu.OccupyAsync(rig, file, cancellation.Token);
        var next = file.AskAsync(Edu.Factorial, 6);
        Edu.RequirePending(rig, IRP_MJ_DEVICE_CONTROL, IRP_MJ_DEVICE_CONTROL);

        await cancellation.CancelAsync();

        Assert.Equal(STATUS_CANCELLED, (await inFlight).Status);
        Assert.Equal((STATUS_SUCCESS, 720u), await next);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task ACancelledRequestInTheQueueLeavesTheOthersAlone(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        using var cancelFirst = new CancellationTokenSource();
        using var cancelSecond = new CancellationTokenSource();
        var inFlight = Edu.OccupyAsync(rig, file, cancelFirst.Token);
        var queued = file.AskAsync(Edu.Factorial, 6, cancelSecond.Token);
        var survivor = file.AskAsync(Edu.Factorial, 7);

        await cancelSecond.CancelAsync();

        Assert.Equal(STATUS_CANCELLED, (await queued).Status);
        Edu.RequirePending(rig, IRP_MJ_DEVICE_CONTROL, IRP_MJ_DEVICE_CONTROL);
        await cancelFirst.CancelAsync();
        Assert.Equal(STATUS_CANCELLED, (await inFlight).Status);
        Assert.Equal((STATUS_SUCCESS, 5040u), await survivor);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task ACancelledTransferEndsAfterThePieceThatRuns(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        Task<IoResult> transfer = file.ReadAsync(new byte[3000], 2000, cancellation.Token);
        Edu.RequirePending(rig, IRP_MJ_READ);

        await cancellation.CancelAsync();

        Assert.Equal(new IoResult(STATUS_CANCELLED, 0), await transfer.WaitAsync(Edu.Patience));
        Assert.Equal(1, rig.Interrupts);
        Assert.Equal((STATUS_SUCCESS, 24u), await file.AskAsync(Edu.Factorial, 4));
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task ARequestThatTheDeviceDoesNotAnswerTimesOut(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        byte[] timeoutMs = BitConverter.GetBytes(50);
        Assert.Equal(STATUS_SUCCESS, (await file.DeviceIoControlAsync(Edu.SetTimeout, timeoutMs)).Status);

        Assert.Equal(STATUS_IO_TIMEOUT, (await file.AskAsync(Edu.Raise, 0)).Status);
        Assert.Equal((STATUS_SUCCESS, 3u), await file.AskAsync(Edu.Raise, 3));
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task ClosingAFileCancelsWhatItHasQueuedAndNothingElse(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        HilFile second = await rig.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        var blocker = Edu.OccupyAsync(rig, file, cancellation.Token);
        var orphan = second.AskAsync(Edu.Factorial, 3);
        var survivor = file.AskAsync(Edu.Factorial, 3);

        await second.DisposeAsync();

        Assert.Equal(STATUS_CANCELLED, (await orphan).Status);
        Edu.RequirePending(rig, IRP_MJ_DEVICE_CONTROL, IRP_MJ_DEVICE_CONTROL);
        await cancellation.CancelAsync();
        Assert.Equal(STATUS_CANCELLED, (await blocker).Status);
        Assert.Equal((STATUS_SUCCESS, 6u), await survivor);
    }
}
