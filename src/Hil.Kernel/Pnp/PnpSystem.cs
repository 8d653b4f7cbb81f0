namespace Hil.Kernel;

// A device goes through the states of DeviceNodeState. Each step is one IRP to the top of its stack or one call of
// AddDevice, made on a kernel thread at PASSIVE_LEVEL and reported as it ends. Where drivers of a stack disagree with a
// step, the PnP manager does what Windows does: a refused query is cancelled, a failed start is followed by removal.
//
// The parts: .Enumerate (from bus to device node), .AddDevice (from node to stack), .Start, .Children, .Remove, .Power,
// and .Operation, which lets one of them run at a time.

/// <summary>The PnP manager: device nodes, their resources and their state.</summary>
/// <remarks>Methods that send requests run on a kernel thread at PASSIVE_LEVEL (Scheduler.Run from
/// elsewhere).</remarks>
public sealed unsafe partial class PnpSystem
{
    private readonly Dictionary<nint, DeviceNode> _nodes = [];
    private readonly List<DeviceNode> _devices = [];
    private readonly StackRequest _requests;
    private readonly ResourceArbiter _arbiter;
    private readonly PciBusDriver _pciBus;
    private readonly RootBusDriver _rootBus;

    internal PnpSystem(NtKernel kernel)
    {
        Kernel = kernel;
        _operation = PoolBuffer.AllocateOwn<KMUTANT>(kernel, sizeof(KMUTANT));
        Ntoskrnl.KeInitializeMutex(_operation, 0);
        _requests = new StackRequest(kernel);
        _arbiter = new ResourceArbiter(kernel);
        _pciBus = new PciBusDriver(kernel);
        _rootBus = new RootBusDriver(kernel);
        Power = new PowerSystem(kernel);
        Interfaces = new DeviceInterfaces(kernel);
        Notifications = new PlugPlayNotifications(kernel);
    }

    /// <summary>All devices that have not gone, in the order they were found.</summary>
    public IReadOnlyList<DeviceNode> Devices => _devices;

    /// <summary>Finds drivers for devices that other drivers enumerate (children of bus drivers); null leaves them
    /// without.</summary>
    public DriverFinder? FindDriver { get; set; }

    internal NtKernel Kernel { get; }

    internal DeviceInterfaces Interfaces { get; }

    internal PlugPlayNotifications Notifications { get; }

    internal EtwProviders EtwProviders { get; } = new();

    internal WmiProviders WmiProviders { get; } = new();

    /// <summary>UUIDs that ExUuidCreate has made.</summary>
    internal ulong UuidsMade { get; set; }

    /// <summary>Symbolic links of the enabled interfaces of a class, such as \??\PCI#VEN_1234…#{…}.</summary>
    public IReadOnlyList<string> FindInterfaces(Guid interfaceClass) =>
        Interfaces.Find(interfaceClass, null, enabledOnly: true);

    /// <summary>Symbolic links of the interfaces that a device has enabled, of any class, oldest first.</summary>
    public IReadOnlyList<string> FindInterfaces(DeviceNode node) => Interfaces.Find(node);

    /// <summary>The node of a physical device object, or null when it is none.</summary>
    public DeviceNode? Find(DEVICE_OBJECT* physicalDevice) => _nodes.GetValueOrDefault((nint)physicalDevice);

    /// <summary>The node of a physical device object that a driver passed to an export. Anything else is Windows' bug
    /// check for it.</summary>
    internal DeviceNode Require(DEVICE_OBJECT* physicalDevice, string export)
    {
        const ulong NotPhysicalDevice = 2;
        DeviceNode? node = Find(physicalDevice);
        if (node == null)
        {
            Kernel.BugCheck(
                BugCheckCodes.PNP_DETECTED_FATAL_ERROR, NotPhysicalDevice, (ulong)physicalDevice, 0, 0,
                $"{export} was given device object 0x{(ulong)physicalDevice:x}, which is not a physical device object");
        }
        return node;
    }

    /// <summary>The node of the stack that a device object stands in, or null.</summary>
    internal DeviceNode? FindStackOf(DEVICE_OBJECT* device)
    {
        while (device != null && device->DeviceObjectExtension->AttachedTo != null)
            device = device->DeviceObjectExtension->AttachedTo;
        return Find(device);
    }

    /// <summary>Claims resources for a legacy driver; false when another device holds one of them.</summary>
    internal bool TryClaim(nint owner, CM_PARTIAL_RESOURCE_DESCRIPTOR[] resources) =>
        _arbiter.TryClaim(owner, resources);

    internal void NoteReachedBus(IRP* irp) => _requests.NoteReachedBus(irp);

    /// <summary>Sends a PnP request that starts with STATUS_NOT_SUPPORTED and reports how it ended.</summary>
    private StackRequest.Answer Send(
        DeviceNode node, byte minor, in IO_STACK_LOCATION.ParametersUnion parameters = default, string? detail = null)
    {
        StackRequest.Answer answer = _requests.Send(node, IRP_MJ_PNP, minor, parameters, STATUS_NOT_SUPPORTED);
        string text = MinorNames.OfPnp(minor);
        Report(node, minor, answer.Status, detail == null ? text : $"{text}: {detail}");
        return answer;
    }

    /// <summary>Sends a request that every driver of the stack has to pass down.</summary>
    private NTSTATUS SendDown(
        DeviceNode node, byte minor, in IO_STACK_LOCATION.ParametersUnion parameters = default, string? detail = null)
    {
        string name = MinorNames.OfPnp(minor);
        StackRequest.Answer answer = Send(node, minor, parameters, detail);
        if (answer.Status.IsSuccess && !answer.ReachedBus && IsOnOwnBus(node))
        {
            Kernel.Violation($"{name} succeeded for {node} but was not passed down to the bus driver");
        }
        if (answer.Status == STATUS_NOT_SUPPORTED)
            Kernel.Violation($"{name} came back for {node} with the status it was sent with: no driver handled it");
        return answer.Status;
    }

    private bool IsOnOwnBus(DeviceNode node) => node.Function != null || node.Parent == null;

    private void Report(DeviceNode node, byte minor, NTSTATUS status, string text) =>
        Kernel.Events.Add(KernelEventKind.Pnp, (ulong)node.PhysicalDevice, minor, (uint)status.Value, text);
}

/// <summary>Finds the driver for a device that another driver enumerated; null for none.</summary>
public unsafe delegate DRIVER_OBJECT* DriverFinder(DeviceNode node);
