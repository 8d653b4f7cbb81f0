using Hil.EndToEnd.Tests.Traces;
using Hil.Host;
using Hil.Kernel;
using Hil.Testing;
using Hil.Trace;
using Hil.Wdm;
using static Hil.Wdm.NtStatus;
using static Hil.Wdm.WdmConstants;

namespace Hil.EndToEnd.Tests;

/// <summary>The edu driver's device stops, starts again, and goes away.</summary>
public sealed class EduPnpTests
{
    [Theory, ClassData(typeof(EduKinds))]
    public async Task RequestsWaitWhileTheDeviceIsStopped(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        Assert.Equal((STATUS_SUCCESS, 2u), await file.AskAsync(Edu.Factorial, 2));

        Assert.Equal(STATUS_SUCCESS, Ask(rig, rig.Kernel.Pnp.Stop));
        var parked = file.AskAsync(Edu.Factorial, 10);
        var queued = file.AskAsync(Edu.Factorial, 11);
        Edu.RequirePending(rig, IRP_MJ_DEVICE_CONTROL, IRP_MJ_DEVICE_CONTROL);
        Assert.Equal(STATUS_SUCCESS, Ask(rig, rig.Kernel.Pnp.Start));

        Assert.Equal((STATUS_SUCCESS, 3628800u), await parked);
        Assert.Equal((STATUS_SUCCESS, 39916800u), await queued);
        Assert.Equal(3, rig.Interrupts);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task AParkedRequestCanBeCancelled(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        Assert.Equal(STATUS_SUCCESS, Ask(rig, rig.Kernel.Pnp.Stop));
        var parked = file.AskAsync(Edu.Factorial, 10, cancellation.Token);
        Edu.RequirePending(rig, IRP_MJ_DEVICE_CONTROL);

        await cancellation.CancelAsync();

        Assert.Equal(STATUS_CANCELLED, (await parked).Status);
        Assert.Equal(STATUS_SUCCESS, Ask(rig, rig.Kernel.Pnp.Start));
        Assert.Equal((STATUS_SUCCESS, 1u), await file.AskAsync(Edu.Factorial, 1));
    }

    [Theory]
    [InlineData(EduKind.Native, PnpAction.CancelStop)]
    [InlineData(EduKind.Native, PnpAction.CancelRemove)]
    [InlineData(EduKind.Managed, PnpAction.CancelStop)]
    [InlineData(EduKind.Managed, PnpAction.CancelRemove)]
    public async Task QueryThatIsTakenBackLeavesTheDeviceWorking(EduKind kind, PnpAction action)
    {
        await using HilRig rig = await Edu.StartAsync(kind);

        Assert.Equal((STATUS_SUCCESS, null), await rig.Session.ChangeAsync(action));

        await using HilFile file = await rig.OpenAsync();
        Assert.Equal((STATUS_SUCCESS, 3628800u), await file.AskAsync(Edu.Factorial, 10));
        Assert.Equal(DeviceNodeState.Started, rig.Session.Devices[0].State);
    }

    [Fact]
    public async Task OnlyAStartedDeviceIsAskedWhetherItCouldStop()
    {
        await using HilRig rig = await Edu.StartAsync(EduKind.Native);
        Assert.Equal((STATUS_SUCCESS, null), await rig.Session.ChangeAsync(PnpAction.Stop));

        (_, string? obstacle) = await rig.Session.ChangeAsync(PnpAction.CancelStop);

        Assert.Equal("the device cannot do that: its state is Stopped", obstacle);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task SurpriseRemovalEndsEveryRequest(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        HilFile file = await rig.OpenAsync();
        var inFlight = Edu.OccupyAsync(rig, file);
        var queued = file.AskAsync(Edu.Factorial, 6);
        var queuedRead = file.ReadAsync(new byte[16]);
        Edu.RequirePending(rig, IRP_MJ_DEVICE_CONTROL, IRP_MJ_DEVICE_CONTROL, IRP_MJ_READ);
        DeviceNode node = rig.Session.Devices[0];

        rig.Kernel.Scheduler.Run(() => rig.Kernel.Pnp.SurpriseRemove(node));

        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await inFlight).Status);
        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await queued).Status);
        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await queuedRead.WaitAsync(Edu.Patience)).Status);
        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await file.AskAsync(Edu.Factorial, 6)).Status);
        Assert.Equal(DeviceNodeState.SurpriseRemoved, node.State);
        await file.DisposeAsync();
        Assert.Empty(rig.Violations);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task SurpriseRemovalDuringATransferEndsIt(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        Task<IoResult> transfer = file.ReadAsync(new byte[Edu.BufferBytes]);
        Edu.RequirePending(rig, IRP_MJ_READ);

        rig.Kernel.Scheduler.Run(() => rig.Kernel.Pnp.SurpriseRemove(rig.Session.Devices[0]));

        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await transfer.WaitAsync(Edu.Patience)).Status);
    }

    /// <summary>pulled.c reads its registers from compiled code while it lets go of them.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ADeviceThatWasPulledOutReadsAsAllOnes(bool isCaptured)
    {
        using var trace = new TraceFile();
        await using HilRig rig = await HilRig.StartAsync(new HilRigOptions
        {
            Driver = TestDrivers.Image("pulled"),
            Devices = ["edu"],
            Capture = isCaptured ? new CaptureOptions { Path = trace.Path } : null,
        });
        DeviceNode node = rig.Session.Devices[0];
        Assert.Equal(STATUS_SUCCESS, Ask(rig, rig.Kernel.Pnp.Stop));
        Assert.Equal("id 10000ed, live edcba987, 64 bits 0, late 10000ed", rig.DebugOutput[^1]);
        Assert.Equal(STATUS_SUCCESS, Ask(rig, rig.Kernel.Pnp.Start));

        rig.Kernel.Scheduler.Run(() => rig.Kernel.Pnp.SurpriseRemove(node));

        Assert.Equal(
            "id ffffffff, live ffffffff, 64 bits ffffffffffffffff, late ffffffff", rig.DebugOutput[^1]);
        Assert.Equal(0u, rig.Kernel.Interrupts.Unclaimed);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task TheDriverUnloadsAndLeavesNothingBehind(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        HilFile file = await rig.OpenAsync();
        Assert.Equal((STATUS_SUCCESS, 2u), await file.AskAsync(Edu.Factorial, 2));

        Assert.Equal(STATUS_DEVICE_BUSY, rig.Unload());
        Assert.Equal((STATUS_SUCCESS, 6u), await file.AskAsync(Edu.Factorial, 3));
        await file.DisposeAsync();
        Assert.Equal(STATUS_SUCCESS, rig.Unload());

        Assert.Equal(0, rig.Kernel.Dma.Count);
        Assert.Empty(rig.Kernel.Io.PendingIrps());
        Assert.Empty(rig.Violations);
    }

    private static NTSTATUS Ask(HilRig rig, Func<DeviceNode, NTSTATUS> step)
    {
        NTSTATUS status = default;
        rig.Kernel.Scheduler.Run(() => status = step(rig.Session.Devices[0]));
        return status;
    }
}
