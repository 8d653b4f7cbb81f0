using static Hil.Machine.Pci.PciRegisters;

namespace Hil.Machine.Pci;

/// <summary>The window registers of a PCI-to-PCI bridge: base and limit, closed when the base is above the
/// limit.</summary>
internal static class PciBridgeWindows
{
    private const uint SixtyFourBit = 1;
    private const uint TypeMask = 0xF;

    /// <summary>Finds out which of the optional windows the bridge has; leaves all of them closed.</summary>
    public static void Probe(IBus bus, PciNode bridge)
    {
        bus.WriteConfig(bridge.Address, BridgeIoBase, 1, 0xF0);
        bridge.Windows[(int)PciSpace.Io].IsImplemented = (bus.ReadConfig(bridge.Address, BridgeIoBase, 1) & 0xF0) != 0;

        bus.WriteConfig(bridge.Address, BridgePrefetchBase, 2, 0xFFF0);
        uint prefetch = bus.ReadConfig(bridge.Address, BridgePrefetchBase, 2);
        bridge.Windows[(int)PciSpace.Prefetchable].IsImplemented =
            (prefetch & 0xFFF0) != 0 && (prefetch & TypeMask) == SixtyFourBit;
        Program(bus, bridge);
    }

    /// <summary>Writes the windows as they were placed.</summary>
    public static void Program(IBus bus, PciNode bridge)
    {
        ProgramIo(bus, bridge.Address, bridge.Windows[(int)PciSpace.Io]);
        ProgramMemory(bus, bridge.Address, bridge.Windows[(int)PciSpace.Memory]);
        ProgramPrefetchable(bus, bridge.Address, bridge.Windows[(int)PciSpace.Prefetchable]);
    }

    private static void ProgramIo(IBus bus, PciAddress bridge, PciWindow window)
    {
        bus.WriteConfig(bridge, BridgeIoBaseHigh, 2, 0);
        bus.WriteConfig(bridge, BridgeIoLimitHigh, 2, 0);
        bus.WriteConfig(bridge, BridgeIoBase, 1, window.IsOpen ? (uint)(window.Address >> 8) & 0xF0 : 0xF0);
        bus.WriteConfig(bridge, BridgeIoLimit, 1, window.IsOpen ? (uint)(window.Limit >> 8) & 0xF0 : 0);
    }

    private static void ProgramMemory(IBus bus, PciAddress bridge, PciWindow window)
    {
        bus.WriteConfig(bridge, BridgeMemoryBase, 2, window.IsOpen ? (uint)(window.Address >> 16) & 0xFFF0 : 0xFFF0);
        bus.WriteConfig(bridge, BridgeMemoryLimit, 2, window.IsOpen ? (uint)(window.Limit >> 16) & 0xFFF0 : 0);
    }

    private static void ProgramPrefetchable(IBus bus, PciAddress bridge, PciWindow window)
    {
        ulong first = window.IsOpen ? window.Address : 0xFFF0_0000;
        ulong limit = window.IsOpen ? window.Limit : 0;
        bus.WriteConfig(bridge, BridgePrefetchBase, 2, (uint)(first >> 16) & 0xFFF0);
        bus.WriteConfig(bridge, BridgePrefetchLimit, 2, (uint)(limit >> 16) & 0xFFF0);
        bus.WriteConfig(bridge, BridgePrefetchBaseHigh, 4, (uint)(first >> 32));
        bus.WriteConfig(bridge, BridgePrefetchLimitHigh, 4, (uint)(limit >> 32));
    }
}
