namespace Hil.Kernel;

/// <summary>The driver of the PCI bus: one physical device object per function, and what Windows' pci.sys does for
/// it.</summary>
internal sealed unsafe partial class PciBusDriver : BusDriver
{
    private int _devicesMade;

    public PciBusDriver(NtKernel kernel)
        : base(kernel, "PCI")
    {
        CreateInterfaceRoutines();
    }

    /// <summary>Makes the physical device object of a function.</summary>
    public DeviceNode Enumerate(PnpSystem pnp, PciFunction function, InterruptPreference preference)
    {
        DEVICE_OBJECT* device = CreatePhysicalDevice($@"\Device\NTPNP_PCI{_devicesMade++:x4}");
        Invariant.Holds(device != null, "the names of physical device objects are unique");
        return new DeviceNode(pnp, null, device) { Function = function, InterruptPreference = preference };
    }

    protected override BusInformation BusOf(DeviceNode node) =>
        new(BusInformation.Pci, INTERFACE_TYPE.PCIBus, FunctionOf(node).Address.Bus);

    protected override NTSTATUS Start(DeviceNode node)
    {
        PciFunction function = FunctionOf(node);
        ushort command = PCI_ENABLE_BUS_MASTER;
        foreach (PciBar bar in function.Bars)
            command |= bar.Kind == PciBarKind.Io ? PCI_ENABLE_IO_SPACE : PCI_ENABLE_MEMORY_SPACE;
        SetCommand(node, set: command, clear: 0);
        if (node.Interrupts is { Kind: not InterruptKind.Line } interrupts)
        {
            SetCommand(node, set: PCI_DISABLE_LEVEL_INTERRUPT, clear: 0);
            MessageCapability.Enable(Kernel.Bus, function, interrupts);
        }
        else
        {
            SetCommand(node, set: 0, clear: PCI_DISABLE_LEVEL_INTERRUPT);
        }
        return STATUS_SUCCESS;
    }

    // Bus mastering goes off last: a device that is still writing gets to the end before its memory is given away.
    protected override void Stop(DeviceNode node)
    {
        if (!node.IsPresent)
            return;
        MessageCapability.Disable(Kernel.Bus, FunctionOf(node));
        SetCommand(node, set: 0, clear: PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
    }

    /// <summary>Makes a device answer as an empty slot does: nothing decodes its ranges, it masters no bus and raises
    /// no interrupt.</summary>
    public void Disconnect(DeviceNode node)
    {
        PciFunction function = FunctionOf(node);
        MessageCapability.Disable(Kernel.Bus, function);
        SetCommand(node, set: PCI_DISABLE_LEVEL_INTERRUPT,
            clear: PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
        foreach (PciBar bar in function.Bars)
        {
            if (bar.Kind != PciBarKind.Io && bar.Address != 0)
                Kernel.Services.Memory.DisconnectDevice(bar.Address, bar.Bytes);
        }
    }

    protected override NTSTATUS AnswerOther(DeviceNode node, IRP* irp, IO_STACK_LOCATION* location) =>
        location->MinorFunction switch
        {
            IRP_MN_READ_CONFIG => TransferConfig(node, irp, ref location->Parameters.ReadWriteConfig, isWrite: false),
            IRP_MN_WRITE_CONFIG => TransferConfig(node, irp, ref location->Parameters.ReadWriteConfig, isWrite: true),
            IRP_MN_QUERY_INTERFACE => AnswerInterface(node, irp, ref location->Parameters.QueryInterface),
            _ => irp->IoStatus.Status,
        };

    private static PciFunction FunctionOf(DeviceNode node)
    {
        Invariant.Holds(node.Function != null, "a device of the PCI bus has a PCI function");
        return node.Function;
    }

    private void SetCommand(DeviceNode node, int set, int clear)
    {
        const int Command = 4;
        PciAddress address = FunctionOf(node).Address;
        uint old = Kernel.Bus.ReadConfig(address, Command, sizeof(ushort));
        uint changed = (old | (uint)set) & ~(uint)clear;
        if (changed != old)
            Kernel.Bus.WriteConfig(address, Command, sizeof(ushort), changed);
    }
}
