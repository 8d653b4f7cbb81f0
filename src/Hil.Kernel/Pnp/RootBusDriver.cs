namespace Hil.Kernel;

/// <summary>The PnP manager's own bus: devices that no hardware bus reports.</summary>
internal sealed unsafe class RootBusDriver(NtKernel kernel) : BusDriver(kernel, "PnpManager")
{
    private sealed record RootDevice(string Id, int Instance, IReadOnlyList<IO_RESOURCE_DESCRIPTOR[]> Requirements);

    private readonly Dictionary<nint, RootDevice> _devices = [];
    private int _devicesMade;

    /// <summary>Makes the physical device object of a device with the given ID and fixed resources.</summary>
    public DeviceNode Enumerate(PnpSystem pnp, string deviceId, IReadOnlyList<IO_RESOURCE_DESCRIPTOR[]> requirements)
    {
        DEVICE_OBJECT* device = CreatePhysicalDevice($@"\Device\{_devicesMade:x8}");
        Invariant.Holds(device != null, "the names of physical device objects are unique");
        _devices[(nint)device] = new RootDevice(deviceId, _devicesMade++, requirements);
        return new DeviceNode(pnp, null, device);
    }

    protected override string? IdOf(DeviceNode node, BUS_QUERY_ID_TYPE type)
    {
        RootDevice device = _devices[(nint)node.PhysicalDevice];
        return type switch
        {
            BUS_QUERY_ID_TYPE.BusQueryDeviceID => device.Id,
            BUS_QUERY_ID_TYPE.BusQueryHardwareIDs => device.Id + '\0',
            BUS_QUERY_ID_TYPE.BusQueryInstanceID => $"{device.Instance:d4}",
            _ => null,
        };
    }

    protected override string DescriptionOf(DeviceNode node) => "Root-enumerated device";

    protected override string LocationOf(DeviceNode node) => "";

    protected override BusInformation BusOf(DeviceNode node) => BusInformation.Root;

    protected override void FillCapabilities(DeviceNode node, DEVICE_CAPABILITIES* capabilities)
    {
        capabilities->UniqueID = 1;
        capabilities->RawDeviceOK = 1;
        FillDeviceStates(capabilities);
    }

    protected override void* CreateRequirements(DeviceNode node)
    {
        IReadOnlyList<IO_RESOURCE_DESCRIPTOR[]> requirements = _devices[(nint)node.PhysicalDevice].Requirements;
        return requirements.Count == 0 ? null : ResourceRequirements.Create(BusInformation.Root, 0, requirements);
    }

    protected override void* CreateBootResources(DeviceNode node) => null;

    protected override NTSTATUS Start(DeviceNode node) => STATUS_SUCCESS;

    protected override void Stop(DeviceNode node)
    {
    }

    protected override NTSTATUS SetDevicePower(DeviceNode node, DEVICE_POWER_STATE state) => STATUS_SUCCESS;

    protected override NTSTATUS AnswerOther(DeviceNode node, IRP* irp, IO_STACK_LOCATION* location) =>
        irp->IoStatus.Status;
}
