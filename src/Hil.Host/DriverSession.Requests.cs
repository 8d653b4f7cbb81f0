using Hil.Kernel;
using Hil.Trace;
using Hil.Wdm;

namespace Hil.Host;

// What a workload asks of a session. Each method may be called on any thread; the work is done on a kernel thread.
public sealed partial class DriverSession
{
    /// <summary>Opens a file.</summary>
    /// <param name="path">A name such as \\.\Edu, or null for the device under test: through the first interface that
    /// it has enabled, else the top of its stack; without a PnP device, the first device object that the driver has
    /// named.</param>
    /// <exception cref="NtStatusException">There is no such device, or its driver refused.</exception>
    public async Task<HilFile> OpenAsync(string? path = null, FileOpening? opening = null)
    {
        (NTSTATUS status, HilFile? file) = await TryOpenAsync(path, opening).ConfigureAwait(false);
        return status.IsSuccess ? file! : throw new NtStatusException(status, $"opening {path ?? "the device"}");
    }

    /// <summary>As OpenAsync, with the status as the result.</summary>
    public Task<(NTSTATUS Status, HilFile? File)> TryOpenAsync(string? path = null, FileOpening? opening = null)
    {
        opening ??= new FileOpening();
        OutsideRequest? what = null;
        return Kernel.Scheduler.RunAsync(
            () =>
            {
                string? name = path ?? FindDevicePath();
                if (name == null)
                {
                    Kernel.Io.NoteEnd(what, NtStatus.STATUS_NO_SUCH_DEVICE);
                    return (NtStatus.STATUS_NO_SUCH_DEVICE, null);
                }
                NTSTATUS status = Kernel.Io.TryOpen(name, opening, what, out HilFile? file);
                return (status, file);
            },
            () => what = IoSystem.DescribeOpen(path, opening));
    }

    /// <summary>Takes the devices to another PnP state.</summary>
    /// <returns>The driver's answer; or, as a sentence, why it was not asked.</returns>
    public Task<(NTSTATUS Status, string? Problem)> ChangeAsync(PnpAction action)
    {
        OutsideRequest? what = null;
        return Kernel.Scheduler.RunAsync(
            () => Change(action, what),
            () => what = new OutsideRequest(OutsideRequestKind.Change) { Code = (uint)action });
    }

    /// <summary>Takes the system to sleep (S3) or back to work, as the power manager does.</summary>
    /// <returns>The driver's answer; or, as a sentence, why it was not asked.</returns>
    public Task<(NTSTATUS Status, string? Problem)> ChangePowerAsync(PowerAction action)
    {
        SYSTEM_POWER_STATE state = StateOf(action);
        OutsideRequest? what = null;
        return Kernel.Scheduler.RunAsync(
            () => ChangePower(state, what),
            () => what = new OutsideRequest(OutsideRequestKind.Power) { Code = (uint)state });
    }

    /// <summary>Whether the system sleeps.</summary>
    public bool IsAsleep => Kernel.Pnp.SystemState > SYSTEM_POWER_STATE.PowerSystemWorking;

    /// <summary>Removes devices that were pulled out while files were open, once none is.</summary>
    public Task<bool> FinishRemovalAsync() => Kernel.Scheduler.RunAsync(
        FinishRemoval, static () => new OutsideRequest(OutsideRequestKind.FinishRemoval));

    /// <summary>Returns when every request before it has reached its driver: that has returned, or waits.</summary>
    public Task<bool> PassAsync() => Kernel.Scheduler.RunAsync(
        static () => true, static () => new OutsideRequest(OutsideRequestKind.Nothing));

    /// <summary>Whether the driver is a PnP driver.</summary>
    public unsafe bool HasAddDevice => !Driver.Object->DriverExtension->AddDevice.IsNull;

    /// <summary>Does a request again that was written down in another run; on a kernel thread.</summary>
    internal void Repeat(OutsideRequest request)
    {
        switch (request.Kind)
        {
            case OutsideRequestKind.Start:
                StartCore(request);
                break;
            case OutsideRequestKind.Unload:
                UnloadCore(request);
                break;
            case OutsideRequestKind.Change:
                if (!Enum.IsDefined((PnpAction)request.Code))
                    throw new TraceReplayException(
                        $"request {request.Number} asks for PnP action {request.Code}, which is none");
                Change((PnpAction)request.Code, request);
                break;
            case OutsideRequestKind.Power:
                if (!IsStateOfAnAction(request.Code))
                    throw new TraceReplayException(
                        $"request {request.Number} asks for system power state {request.Code}, which is none");
                ChangePower((SYSTEM_POWER_STATE)request.Code, request);
                break;
            case OutsideRequestKind.FinishRemoval:
                FinishRemoval();
                break;
            default:
                if (!Kernel.Io.TryRepeat(request, FindDevicePath))
                    throw new TraceReplayException(
                        $"request {request.Number} came from code of its own (Scheduler.Run) and cannot be repeated");
                break;
        }
    }

    private (NTSTATUS Status, string? Problem) Change(PnpAction action, OutsideRequest? what)
    {
        (NTSTATUS Status, string? Problem) result = Change(action);
        Kernel.Io.NoteEnd(what, result.Status);
        return result;
    }

    private (NTSTATUS Status, string? Problem) Change(PnpAction action)
    {
        if (_devices.Count == 0)
            return (NtStatus.STATUS_NO_SUCH_DEVICE, "the driver has no PnP device");
        if (IsAsleep)
            return (NtStatus.STATUS_INVALID_DEVICE_STATE, "the system sleeps: nothing changes in its devices");
        foreach (DeviceNode device in _devices)
        {
            if (FindObstacle(device, action) is { } obstacle)
                return (NtStatus.STATUS_INVALID_DEVICE_STATE, obstacle);
            NTSTATUS status = Change(device, action);
            if (!status.IsSuccess)
                return (status, null);
        }
        return (NtStatus.STATUS_SUCCESS, null);
    }

    private static SYSTEM_POWER_STATE StateOf(PowerAction action) => action == PowerAction.Sleep
        ? SYSTEM_POWER_STATE.PowerSystemSleeping3
        : SYSTEM_POWER_STATE.PowerSystemWorking;

    private static bool IsStateOfAnAction(uint state) =>
        Enum.GetValues<PowerAction>().Any(action => (uint)StateOf(action) == state);

    private (NTSTATUS Status, string? Problem) ChangePower(SYSTEM_POWER_STATE state, OutsideRequest? what)
    {
        string? obstacle = FindObstacle(state);
        NTSTATUS status = obstacle == null
            ? Kernel.Pnp.SetSystemPower(state)
            : NtStatus.STATUS_INVALID_DEVICE_STATE;
        Kernel.Io.NoteEnd(what, status);
        return (status, obstacle);
    }

    private string? FindObstacle(SYSTEM_POWER_STATE state)
    {
        if (_devices.Count == 0)
            return "the driver has no PnP device";
        if (state == Kernel.Pnp.SystemState)
            return IsAsleep ? "the system sleeps already" : "the system does not sleep";
        DeviceNode? other = _devices.Find(device => device.State != DeviceNodeState.Started);
        return other == null ? null : $"the device gets no power requests: its state is {other.State}";
    }

    private bool FinishRemoval()
    {
        bool isFinished = true;
        foreach (DeviceNode device in _devices)
            isFinished &= device.State != DeviceNodeState.SurpriseRemoved || Kernel.Pnp.FinishRemoval(device);
        return isFinished;
    }

    private unsafe string? FindDevicePath()
    {
        if (_devices.Count != 0)
            return Kernel.Pnp.FindInterfaces(_devices[0]) is [var link, ..] ? link : NameOf(_devices[0].PhysicalDevice);
        string? first = null;
        for (DEVICE_OBJECT* device = Driver.Object->DeviceObject; device != null; device = device->NextDevice)
            first = NameOf(device) ?? first; // The list begins with the newest.
        return first;
    }

    private unsafe string? NameOf(DEVICE_OBJECT* device) => Kernel.Objects.Find(device)?.Name;

    private string? FindObstacle(DeviceNode device, PnpAction action)
    {
        bool isPossible = action switch
        {
            PnpAction.Restart or PnpAction.Stop or PnpAction.CancelStop => device.State == DeviceNodeState.Started,
            PnpAction.Start => device.State is DeviceNodeState.Stopped or DeviceNodeState.DriversAdded
                || (device.State is DeviceNodeState.Removed or DeviceNodeState.Enumerated && !_gone.Contains(device)),
            _ => device.State is DeviceNodeState.Started or DeviceNodeState.Stopped,
        };
        return isPossible ? null : $"the device cannot do that: its state is {device.State}";
    }

    private unsafe NTSTATUS Change(DeviceNode device, PnpAction action)
    {
        switch (action)
        {
            case PnpAction.Stop:
                return Kernel.Pnp.Stop(device);
            case PnpAction.Start:
                return Start(device);
            case PnpAction.Restart:
                NTSTATUS status = Kernel.Pnp.Stop(device);
                return status.IsSuccess ? Kernel.Pnp.Start(device) : status;
            case PnpAction.Remove:
                return Kernel.Pnp.Remove(device);
            case PnpAction.CancelStop:
                return Kernel.Pnp.QueryStopAndCancel(device);
            case PnpAction.CancelRemove:
                return Kernel.Pnp.QueryRemoveAndCancel(device);
            default:
                _gone.Add(device);
                Kernel.Pnp.SurpriseRemove(device);
                return NtStatus.STATUS_SUCCESS;
        }
    }

    // A device that was removed gets its drivers anew, as one that is enabled again does.
    private unsafe NTSTATUS Start(DeviceNode device)
    {
        if (device.State is DeviceNodeState.Removed or DeviceNodeState.Enumerated)
        {
            NTSTATUS status = Kernel.Pnp.AddDrivers(device, Driver.Object);
            if (!status.IsSuccess)
                return status;
        }
        return Kernel.Pnp.Start(device);
    }
}
