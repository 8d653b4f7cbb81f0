using System.Collections.Immutable;
using static Hil.Machine.Pci.PciRegisters;

namespace Hil.Machine.Pci;

/// <summary>Does for a machine without firmware what firmware does: numbers buses, sizes and places BARs, opens
/// bridges, routes interrupt pins.</summary>
/// <remarks>Afterwards bridges forward in both directions and functions decode what was placed. Bus mastering of a
/// device is left to whoever starts it (<see cref="EnableBusMaster"/>).</remarks>
public static class PciEnumerator
{
    /// <summary>Sets up the whole hierarchy of a Q35 machine and describes it.</summary>
    public static PciTopology Enumerate(IBus bus)
    {
        PciEcam.Enable(bus);
        List<PciNode> roots = new PciScanner(bus).ScanRoot();
        List<PciNode> all = Flatten(roots);
        foreach (PciNode node in all)
        {
            if (node.IsBridge)
                PciBridgeWindows.Probe(bus, node);
        }
        new PciPlacement(PciPlacement.Q35Windows()).Place(roots);
        foreach (PciNode node in all)
            Program(bus, node);

        var routing = new PciInterruptRouting(bus);
        var functions = ImmutableArray.CreateBuilder<PciFunction>(all.Count);
        var bridges = ImmutableArray.CreateBuilder<PciBridge>();
        var expansionRoms = new Dictionary<PciAddress, ulong>();
        foreach (PciNode node in all)
        {
            functions.Add(Describe(bus, node, routing));
            if (node.IsBridge && node.SecondaryBus != 0)
                bridges.Add(Describe(node));
            if (node.ExpansionRomBytes != 0)
                expansionRoms.Add(node.Address, node.ExpansionRomBytes);
        }
        return new PciTopology(functions.MoveToImmutable(), bridges.ToImmutable(), expansionRoms);
    }

    /// <summary>Lets a function do DMA and send message interrupts, as Windows does when it starts a device.</summary>
    public static void EnableBusMaster(IBus bus, PciAddress address) => SetCommand(bus, address, CommandBusMaster);

    private static List<PciNode> Flatten(List<PciNode> roots)
    {
        List<PciNode> all = [];
        foreach (PciNode node in roots)
        {
            all.Add(node);
            all.AddRange(Flatten(node.Children));
        }
        all.Sort(static (a, b) => a.Address.EcamOffset.CompareTo(b.Address.EcamOffset));
        return all;
    }

    private static void Program(IBus bus, PciNode node)
    {
        uint command = 0;
        foreach (PciBarSlot bar in node.Bars)
        {
            int offset = PciBarProbe.OffsetOf(bar.Index);
            bus.WriteConfig(node.Address, offset, 4, (uint)bar.Address);
            if (bar.Kind == PciBarKind.Memory64)
                bus.WriteConfig(node.Address, offset + 4, 4, (uint)(bar.Address >> 32));
            if (bar.Address != 0)
                command |= bar.Kind == PciBarKind.Io ? CommandIo : CommandMemory;
        }
        if (node.IsBridge)
        {
            PciBridgeWindows.Program(bus, node);
            // Downstream: forward what the windows hold. Upstream: DMA and messages of what is behind.
            command |= CommandIo | CommandMemory | CommandBusMaster;
        }
        SetCommand(bus, node.Address, command);
    }

    private static void SetCommand(IBus bus, PciAddress address, uint bits)
    {
        uint command = bus.ReadConfig(address, Command, 2);
        if ((command | bits) != command)
            bus.WriteConfig(address, Command, 2, command | bits);
    }

    private static PciFunction Describe(IBus bus, PciNode node, PciInterruptRouting routing)
    {
        byte pin = (byte)bus.ReadConfig(node.Address, InterruptPin, 1);
        bool hasPin = pin is >= 1 and <= 4;
        uint line = hasPin ? routing.LineOf(node, pin) : 0;
        if (hasPin)
            bus.WriteConfig(node.Address, InterruptLine, 1, line);
        (ushort subsystemVendor, ushort subsystem) = ReadSubsystem(bus, node);
        return new PciFunction
        {
            Address = node.Address,
            VendorId = (ushort)bus.ReadConfig(node.Address, VendorId, 2),
            DeviceId = (ushort)bus.ReadConfig(node.Address, DeviceId, 2),
            SubsystemVendorId = subsystemVendor,
            SubsystemId = subsystem,
            ClassCode = bus.ReadConfig(node.Address, RevisionId, 4) >> 8,
            RevisionId = (byte)bus.ReadConfig(node.Address, RevisionId, 1),
            HeaderType = node.HeaderType,
            Bars = [.. node.Bars.ConvertAll(static bar => bar.ToBar())],
            Capabilities = node.Capabilities,
            InterruptPin = hasPin ? pin : (byte)0,
            InterruptLine = line,
        };
    }

    // Bridges keep theirs in a capability.
    private static (ushort Vendor, ushort Device) ReadSubsystem(IBus bus, PciNode node)
    {
        const byte BridgeSubsystemCapability = 0x0D;
        int offset = SubsystemVendorId;
        if (node.IsBridge)
        {
            int capability = node.FindCapability(BridgeSubsystemCapability);
            if (capability == 0)
                return (0, 0);
            offset = capability + 4;
        }
        return ((ushort)bus.ReadConfig(node.Address, offset, 2), (ushort)bus.ReadConfig(node.Address, offset + 2, 2));
    }

    private static PciBridge Describe(PciNode node)
    {
        return new PciBridge(node.Address, node.SecondaryBus, node.SubordinateBus,
            Range(PciSpace.Io), Range(PciSpace.Memory), Range(PciSpace.Prefetchable));

        PciRange? Range(PciSpace space)
        {
            PciWindow window = node.Windows[(int)space];
            return window.IsOpen ? new PciRange(window.Address, window.Limit) : null;
        }
    }
}
