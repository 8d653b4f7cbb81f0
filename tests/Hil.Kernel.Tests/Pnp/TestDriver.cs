namespace Hil.Kernel.Tests.Pnp;

/// <summary>A PnP driver that passes every request down, keeps a record, and misbehaves where a test tells it
/// to.</summary>
internal sealed unsafe class TestDriver
{
    private readonly TestMachine _machine;

    public TestDriver(TestMachine machine, string name = "test")
    {
        _machine = machine;
        Object = (DRIVER_OBJECT*)machine.Run(() => (nint)machine.Kernel.Io.CreateDriver(name));
        Object->DriverExtension->AddDevice = machine.Kernel.Gate.Register(
            a => (uint)AddDevice((DRIVER_OBJECT*)a[0], (DEVICE_OBJECT*)a[1]).Value);
        DriverRoutine dispatch = machine.Kernel.Gate.Register(
            a => (uint)Dispatch((DEVICE_OBJECT*)a[0], (IRP*)a[1]).Value);
        Object->MajorFunction[IRP_MJ_PNP] = dispatch;
        Object->MajorFunction[IRP_MJ_POWER] = dispatch;
        Object->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = dispatch;
    }

    public DRIVER_OBJECT* Object { get; }

    /// <summary>Minor functions of the PnP requests seen, in order.</summary>
    public List<byte> Seen { get; } = [];

    /// <summary>Power requests seen, as "query S3" or "set D0".</summary>
    public List<string> SeenPower { get; } = [];

    public List<CM_PARTIAL_RESOURCE_DESCRIPTOR> Raw { get; } = [];

    public List<CM_PARTIAL_RESOURCE_DESCRIPTOR> Translated { get; } = [];

    public DEVICE_OBJECT* Device { get; private set; }

    public DEVICE_OBJECT* Lower { get; private set; }

    public DEVICE_OBJECT* PhysicalDevice { get; private set; }

    public NTSTATUS AddDeviceStatus { get; set; } = STATUS_SUCCESS;

    public bool Attaches { get; set; } = true;

    public bool ClearsInitializing { get; set; } = true;

    /// <summary>Requests that the driver completes itself, with this status.</summary>
    public Dictionary<byte, NTSTATUS> Completes { get; } = [];

    /// <summary>Called before a PnP request is passed down.</summary>
    public Action<byte, nint>? Before { get; set; }

    /// <summary>Called with the status once IRP_MN_START_DEVICE has come back.</summary>
    public Func<NTSTATUS, NTSTATUS>? AfterStart { get; set; }

    /// <summary>Called for each power request; what it returns is the dispatch routine's result, null passes the
    /// request down.</summary>
    public Func<nint, nint, NTSTATUS?>? OnPower { get; set; }

    private NTSTATUS AddDevice(DRIVER_OBJECT* driverObject, DEVICE_OBJECT* physicalDevice)
    {
        PhysicalDevice = physicalDevice;
        if (!AddDeviceStatus.IsSuccess || !Attaches)
            return AddDeviceStatus;
        DEVICE_OBJECT* device;
        NTSTATUS status = IoCreateDevice(driverObject, 0, null, FILE_DEVICE_UNKNOWN, 0, false, &device);
        if (!status.IsSuccess)
            return status;
        Device = device;
        Lower = IoAttachDeviceToDeviceStack(device, physicalDevice);
        if (ClearsInitializing)
            device->Flags &= ~DO_DEVICE_INITIALIZING;
        return STATUS_SUCCESS;
    }

    private NTSTATUS Dispatch(DEVICE_OBJECT* device, IRP* irp)
    {
        IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
        if (location->MajorFunction == IRP_MJ_POWER)
            return DispatchPower(irp, location);
        if (location->MajorFunction != IRP_MJ_PNP)
            return PassDown(irp);
        byte minor = location->MinorFunction;
        Seen.Add(minor);
        Before?.Invoke(minor, (nint)irp);
        if (Completes.TryGetValue(minor, out NTSTATUS own))
            return Complete(irp, own);
        return minor switch
        {
            IRP_MN_START_DEVICE => Start(irp, location),
            IRP_MN_REMOVE_DEVICE => Remove(device, irp),
            _ => PassDownSuccessful(irp, minor),
        };
    }

    private NTSTATUS DispatchPower(IRP* irp, IO_STACK_LOCATION* location)
    {
        ref IO_STACK_LOCATION.ParametersUnion.PowerParameters power = ref location->Parameters.Power;
        string verb = location->MinorFunction == IRP_MN_SET_POWER ? "set" : "query";
        string state = power.Type == POWER_STATE_TYPE.SystemPowerState
            ? $"S{(int)power.State.SystemState - 1}"
            : $"D{(int)power.State.DeviceState - 1}";
        SeenPower.Add($"{verb} {state}");
        if (OnPower?.Invoke((nint)irp, (nint)location) is { } handled)
            return handled;
        PoStartNextPowerIrp(irp);
        IoSkipCurrentIrpStackLocation(irp);
        return PoCallDriver(Lower, irp);
    }

    private NTSTATUS Start(IRP* irp, IO_STACK_LOCATION* location)
    {
        IoForwardIrpSynchronously(Lower, irp);
        Read(location->Parameters.StartDevice.AllocatedResources, Raw);
        Read(location->Parameters.StartDevice.AllocatedResourcesTranslated, Translated);
        NTSTATUS status = irp->IoStatus.Status;
        return Complete(irp, AfterStart?.Invoke(status) ?? status);
    }

    private static void Read(CM_RESOURCE_LIST* list, List<CM_PARTIAL_RESOURCE_DESCRIPTOR> descriptors)
    {
        descriptors.Clear();
        if (list == null)
            return;
        CM_PARTIAL_RESOURCE_LIST* partial = &list->List.PartialResourceList;
        for (int i = 0; i < partial->Count; i++)
            descriptors.Add((&partial->PartialDescriptors)[i]);
    }

    private NTSTATUS Remove(DEVICE_OBJECT* device, IRP* irp)
    {
        irp->IoStatus.Status = STATUS_SUCCESS;
        NTSTATUS status = PassDown(irp);
        IoDetachDevice(Lower);
        IoDeleteDevice(device);
        return status;
    }

    // A driver that agrees to a query or obeys an order says so before it passes the request down.
    private NTSTATUS PassDownSuccessful(IRP* irp, byte minor)
    {
        if (minor is IRP_MN_QUERY_STOP_DEVICE or IRP_MN_STOP_DEVICE or IRP_MN_CANCEL_STOP_DEVICE
            or IRP_MN_QUERY_REMOVE_DEVICE or IRP_MN_CANCEL_REMOVE_DEVICE or IRP_MN_SURPRISE_REMOVAL)
        {
            irp->IoStatus.Status = STATUS_SUCCESS;
        }
        return PassDown(irp);
    }

    private NTSTATUS PassDown(IRP* irp)
    {
        IoSkipCurrentIrpStackLocation(irp);
        return IofCallDriver(Lower, irp);
    }

    private static NTSTATUS Complete(IRP* irp, NTSTATUS status)
    {
        irp->IoStatus.Status = status;
        IofCompleteRequest(irp, IO_NO_INCREMENT);
        return status;
    }
}
