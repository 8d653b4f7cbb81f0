namespace Hil.Kernel;

// The power management capability (PCI PM 1.2, 3.2): capabilities at +2, control and status (PMCSR) at +4.
internal sealed unsafe partial class PciBusDriver
{
    private const int PowerCapabilities = 2;
    private const int PowerControl = 4;
    private const uint PowerStateMask = 3;

    // What D3 may lose and a driver cannot restore (PCI PM 1.2, 5.4.1).
    private const int HeaderBytes = 0x40;

    private readonly Dictionary<DeviceNode, uint[]> _savedConfig = [];

    protected override void FillCapabilities(DeviceNode node, DEVICE_CAPABILITIES* capabilities)
    {
        PciFunction function = FunctionOf(node);
        capabilities->Address = ((uint)function.Address.Device << 16) | function.Address.Function;
        capabilities->UINumber = uint.MaxValue;
        capabilities->UniqueID = 0;
        FillDeviceStates(capabilities);
        capabilities->SystemWake = SYSTEM_POWER_STATE.PowerSystemUnspecified;
        capabilities->DeviceWake = DEVICE_POWER_STATE.PowerDeviceUnspecified;
        int offset = function.FindCapability(PCI_CAPABILITY_ID_POWER_MANAGEMENT);
        if (offset == 0 || !node.IsPresent)
            return;
        uint supported = Kernel.Bus.ReadConfig(function.Address, offset + PowerCapabilities, sizeof(ushort));
        capabilities->DeviceD1 = (supported >> 9) & 1;
        capabilities->DeviceD2 = (supported >> 10) & 1;
    }

    protected override NTSTATUS SetDevicePower(DeviceNode node, DEVICE_POWER_STATE state)
    {
        PciFunction function = FunctionOf(node);
        int offset = function.FindCapability(PCI_CAPABILITY_ID_POWER_MANAGEMENT);
        if (offset == 0 || !node.IsPresent)
            return STATUS_SUCCESS;
        if (state != DEVICE_POWER_STATE.PowerDeviceD0)
            Save(node, function);
        uint control = Kernel.Bus.ReadConfig(function.Address, offset + PowerControl, sizeof(ushort));
        uint target = (uint)(state - DEVICE_POWER_STATE.PowerDeviceD0);
        Kernel.Bus.WriteConfig(
            function.Address, offset + PowerControl, sizeof(ushort), (control & ~PowerStateMask) | target);
        if (state == DEVICE_POWER_STATE.PowerDeviceD0)
            Restore(node, function);
        return STATUS_SUCCESS;
    }

    private void Save(DeviceNode node, PciFunction function)
    {
        var saved = new uint[HeaderBytes / sizeof(uint)];
        for (int i = 0; i < saved.Length; i++)
            saved[i] = Kernel.Bus.ReadConfig(function.Address, i * sizeof(uint), sizeof(uint));
        _savedConfig[node] = saved;
    }

    // The command register goes last: nothing may decode before its base address is back.
    private void Restore(DeviceNode node, PciFunction function)
    {
        const int Command = 1;
        if (!_savedConfig.Remove(node, out uint[]? saved))
            return;
        for (int i = saved.Length - 1; i > Command; i--)
            WriteIfChanged(function.Address, i * sizeof(uint), sizeof(uint), saved[i]);
        WriteIfChanged(function.Address, Command * sizeof(uint), sizeof(ushort), saved[Command] & ushort.MaxValue);
        if (node.Interrupts is { Kind: not InterruptKind.Line } interrupts)
            MessageCapability.Enable(Kernel.Bus, function, interrupts);
    }

    private void WriteIfChanged(PciAddress address, int offset, int width, uint value)
    {
        if (Kernel.Bus.ReadConfig(address, offset, width) != value)
            Kernel.Bus.WriteConfig(address, offset, width, value);
    }
}
