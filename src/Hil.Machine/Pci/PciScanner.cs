using static Hil.Machine.Pci.PciRegisters;

namespace Hil.Machine.Pci;

/// <summary>Walks the hierarchy depth first, numbers the buses behind bridges on the way, and measures every
/// function.</summary>
internal sealed class PciScanner(IBus bus)
{
    private const int DevicesPerBus = 32;
    private const int FunctionsPerDevice = 8;
    private const byte LastBus = 255;
    private const byte ExpressCapability = 0x10;
    private const uint ExpressRootPort = 4;
    private const uint ExpressDownstreamPort = 6;

    private int _lastBusUsed;

    public List<PciNode> ScanRoot() => ScanBus(0, null, DevicesPerBus);

    private List<PciNode> ScanBus(byte number, PciNode? parent, int devices)
    {
        List<PciNode> nodes = [];
        for (byte device = 0; device < devices; device++)
            ScanDevice(number, device, parent, nodes);
        return nodes;
    }

    private void ScanDevice(byte number, byte device, PciNode? parent, List<PciNode> nodes)
    {
        for (byte function = 0; function < FunctionsPerDevice; function++)
        {
            var address = new PciAddress(number, device, function);
            bool isPresent = bus.ReadConfig(address, VendorId, 2) is not (NoDevice or 0);
            if (isPresent)
                nodes.Add(Examine(address, parent));
            if (function == 0 && (!isPresent || (nodes[^1].HeaderType & HeaderMultiFunction) == 0))
                return;
        }
    }

    private PciNode Examine(PciAddress address, PciNode? parent)
    {
        var node = new PciNode(address, (byte)bus.ReadConfig(address, HeaderType, 1), parent)
        {
            Capabilities = PciCapabilityList.Read(bus, address),
        };
        PciBarProbe.Measure(bus, node);
        if (node.IsBridge)
            ScanBehind(node);
        return node;
    }

    private void ScanBehind(PciNode bridge)
    {
        // A hierarchy that needs more than 256 buses is cut off here: the bridge keeps bus 0 behind it, which forwards
        // nothing.
        if (_lastBusUsed == LastBus)
            return;
        bridge.SecondaryBus = (byte)++_lastBusUsed;
        bus.WriteConfig(bridge.Address, BridgePrimaryBus, 1, bridge.Address.Bus);
        bus.WriteConfig(bridge.Address, BridgeSecondaryBus, 1, bridge.SecondaryBus);
        bus.WriteConfig(bridge.Address, BridgeSubordinateBus, 1, LastBus);
        bridge.Children.AddRange(ScanBus(bridge.SecondaryBus, bridge, DevicesBehind(bridge)));
        bridge.SubordinateBus = (byte)_lastBusUsed;
        bus.WriteConfig(bridge.Address, BridgeSubordinateBus, 1, bridge.SubordinateBus);
    }

    // A PCI Express link has one device at its end; asking for others can find it again.
    private int DevicesBehind(PciNode bridge)
    {
        int express = bridge.FindCapability(ExpressCapability);
        if (express == 0)
            return DevicesPerBus;
        uint portType = (bus.ReadConfig(bridge.Address, express + 2, 2) >> 4) & 0xF;
        return portType is ExpressRootPort or ExpressDownstreamPort ? 1 : DevicesPerBus;
    }
}
