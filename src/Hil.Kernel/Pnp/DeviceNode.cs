namespace Hil.Kernel;

/// <summary>One device as the PnP manager knows it: identity, stack, resources, state.</summary>
public sealed unsafe class DeviceNode
{
    internal DeviceNode(PnpSystem pnp, DeviceNode? parent, DEVICE_OBJECT* physicalDevice)
    {
        Pnp = pnp;
        Parent = parent;
        PhysicalDevice = physicalDevice;
    }

    /// <summary>The bus driver's device object at the bottom of the stack.</summary>
    public DEVICE_OBJECT* PhysicalDevice { get; }

    /// <summary>The device whose driver enumerated this one; null for functions of the root PCI bus and root
    /// devices.</summary>
    public DeviceNode? Parent { get; }

    public IReadOnlyList<DeviceNode> Children => ChildList;

    /// <summary>The PCI function behind the device, or null.</summary>
    public PciFunction? Function { get; internal init; }

    public DeviceNodeState State { get; internal set; }

    /// <summary>Unique path such as PCI\VEN_1234&amp;DEV_11E8&amp;…\3&amp;11583659&amp;0&amp;18.</summary>
    public string InstancePath { get; internal set; } = "";

    public string DeviceId { get; internal set; } = "";

    /// <summary>Name of the physical device object, such as \Device\NTPNP_PCI0000; empty when it has none.</summary>
    public string DeviceName => Pnp.Kernel.Objects.Find(PhysicalDevice)?.Name ?? "";

    /// <summary>Most specific first.</summary>
    public IReadOnlyList<string> HardwareIds { get; internal set; } = [];

    public IReadOnlyList<string> CompatibleIds { get; internal set; } = [];

    public string Description { get; internal set; } = "";

    public string Location { get; internal set; } = "";

    public InterruptPreference InterruptPreference { get; internal init; }

    /// <summary>The interrupts the device holds while started, or null.</summary>
    public InterruptAssignment? Interrupts { get; internal set; }

    /// <summary>PNP_DEVICE_xxx flags of the last IRP_MN_QUERY_PNP_DEVICE_STATE.</summary>
    public uint DeviceState { get; internal set; }

    /// <summary>State of the last system power IRP that the device was sent.</summary>
    internal SYSTEM_POWER_STATE LastSystemState { get; set; }

    /// <summary>Last status that stood in the way of starting the device.</summary>
    public NTSTATUS Problem { get; internal set; }

    /// <summary>The key Enum\instance path.</summary>
    public RegistryKey HardwareKey => Pnp.Kernel.Registry.Create($@"{Registry.EnumPath}\{InstancePath}");

    /// <summary>The key that PLUGPLAY_REGKEY_DEVICE opens.</summary>
    public RegistryKey ParametersKey => HardwareKey.Create("Device Parameters");

    /// <summary>The key that PLUGPLAY_REGKEY_DRIVER opens; null before a driver was added.</summary>
    public RegistryKey? SoftwareKey => HardwareKey.FindString("Driver") is { } driver
        ? Pnp.Kernel.Registry.Create($@"{Registry.ClassPath}\{driver}")
        : null;

    internal PnpSystem Pnp { get; }

    /// <summary>Where a removal that is called off leads back to.</summary>
    internal DeviceNodeState StateBeforeQuery { get; set; }

    /// <summary>CM_RESOURCE_LIST that firmware left, as bytes; null for none.</summary>
    internal byte[]? BootResources { get; set; }

    internal List<DeviceNode> ChildList { get; } = [];

    internal BusInformation Bus { get; set; } = BusInformation.Root;

    internal DEVICE_CAPABILITIES Capabilities { get; set; }

    internal DeviceResources Resources { get; set; } = DeviceResources.None;

    /// <summary>False once the hardware is gone: its bus driver then answers as an empty slot does.</summary>
    internal bool IsPresent { get; set; } = true;

    /// <summary>Count of IRP_MN_DEVICE_USAGE_NOTIFICATIONs that put a paging, dump or hibernation file here.</summary>
    internal int SpecialFiles { get; set; }

    internal Dictionary<(Guid Category, uint Id), DeviceProperty> Properties { get; } = [];

    public override string ToString() => InstancePath;
}
