namespace Hil.Kernel;

// The power manager sends at most one query or set IRP for device power to a device at a time; further ones wait here
// (WDK: PoRequestPowerIrp). System power requests are the PnP manager's own (PnpSystem.Power).

/// <summary>Power IRPs that drivers have requested, and idle detection.</summary>
internal sealed unsafe class PowerSystem
{
    private readonly NtKernel _kernel;
    private readonly DriverRoutine _completed;
    private readonly Dictionary<nint, PowerRequest> _outstanding = [];
    private readonly Dictionary<nint, Queue<PowerRequest>> _waiting = [];

    public PowerSystem(NtKernel kernel)
    {
        _kernel = kernel;
        _completed = kernel.Gate.Register(Completed);
        Idle = new IdleDetection(kernel);
        Settings = new PowerSettings(kernel);
    }

    public IdleDetection Idle { get; }

    public PowerSettings Settings { get; }

    /// <summary>Devices registered with the power management framework, by handle.</summary>
    public Dictionary<nint, FrameworkDevice> Framework { get; } = [];

    /// <summary>Sends a power IRP to the top of a device's stack, now or when the one before it has
    /// completed.</summary>
    /// <returns>False when there is no memory for an IRP.</returns>
    public bool TryRequest(
        DEVICE_OBJECT* device, byte minor, POWER_STATE state, DriverRoutine completion, void* context, IRP** irp)
    {
        DEVICE_OBJECT* top = Ntoskrnl.IoGetAttachedDeviceReference(device);
        IRP* made = Ntoskrnl.IoAllocateIrp(top->StackSize, false);
        if (made == null)
        {
            Ntoskrnl.ObfDereferenceObject(top);
            return false;
        }
        Prepare(made, minor, state);
        if (irp != null)
            *irp = made;
        var request = new PowerRequest
        {
            Device = device, Bottom = BottomOf(device), Irp = made, Top = top,
            Minor = minor, State = state, Completion = completion, Context = context,
        };
        Submit(request);
        return true;
    }

    private void Prepare(IRP* irp, byte minor, POWER_STATE state)
    {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
        location->MajorFunction = IRP_MJ_POWER;
        location->MinorFunction = minor;
        if (minor == IRP_MN_WAIT_WAKE)
        {
            location->Parameters.WaitWake.PowerState = state.SystemState;
        }
        else
        {
            location->Parameters.Power.Type = POWER_STATE_TYPE.DevicePowerState;
            location->Parameters.Power.State = state;
        }
        IoSetCompletionRoutine(irp, _completed, irp, true, true, true);
    }

    private void Submit(PowerRequest request)
    {
        if (request.IsSerialized)
        {
            if (_waiting.TryGetValue((nint)request.Bottom, out Queue<PowerRequest>? waiting))
            {
                waiting.Enqueue(request);
                return;
            }
            _waiting.Add((nint)request.Bottom, new Queue<PowerRequest>());
        }
        Dispatch(request);
    }

    // A stack whose power code is pageable takes its requests at PASSIVE_LEVEL only.
    private void Dispatch(PowerRequest request)
    {
        _outstanding.Add((nint)request.Irp, request);
        bool isPageable = (request.Top->Flags & DO_POWER_PAGABLE) != 0;
        if (isPageable && _kernel.Processor.Irql > PASSIVE_LEVEL)
            _kernel.Pnp.Soon(() => Ntoskrnl.IofCallDriver(request.Top, request.Irp));
        else
            Ntoskrnl.IofCallDriver(request.Top, request.Irp);
    }

    // NTSTATUS Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
    private ulong Completed(ulong* arguments)
    {
        var irp = (IRP*)arguments[1];
        bool isOurs = _outstanding.Remove((nint)irp, out PowerRequest? request);
        Invariant.Holds(isOurs, "a requested power IRP completes once");
        NTSTATUS status = irp->IoStatus.Status;
        Report(request!, status);
        CallBack(request!, irp);
        Ntoskrnl.IoFreeIrp(irp);
        Ntoskrnl.ObfDereferenceObject(request!.Top);
        if (request.IsSerialized)
            DispatchNext(request.Bottom);
        return (uint)STATUS_MORE_PROCESSING_REQUIRED.Value;
    }

    private void Report(PowerRequest request, NTSTATUS status)
    {
        string state = request.IsSerialized
            ? $"{MinorNames.OfPower(request.Minor)} D{(int)request.State.DeviceState - 1}"
            : MinorNames.OfPower(request.Minor);
        _kernel.Events.Add(KernelEventKind.Pnp, (ulong)request.Bottom, request.Minor, (uint)status.Value, state);
    }

    // VOID RequestPowerComplete(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState, PVOID
    // Context,
    //     PIO_STATUS_BLOCK IoStatus)
    private void CallBack(PowerRequest request, IRP* irp)
    {
        if (request.Completion.IsNull)
            return;
        ReadOnlySpan<ulong> arguments =
        [
            (ulong)request.Device, request.Minor, (uint)request.State.SystemState, (ulong)request.Context,
            (ulong)&irp->IoStatus,
        ];
        _kernel.Processor.Call(request.Completion, arguments);
    }

    private void DispatchNext(DEVICE_OBJECT* bottom)
    {
        if (_waiting[(nint)bottom].TryDequeue(out PowerRequest? next))
            Dispatch(next);
        else
            _waiting.Remove((nint)bottom);
    }

    private static DEVICE_OBJECT* BottomOf(DEVICE_OBJECT* device)
    {
        while (device->DeviceObjectExtension->AttachedTo != null)
            device = device->DeviceObjectExtension->AttachedTo;
        return device;
    }
}
