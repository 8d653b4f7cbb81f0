using System.Numerics;
using static Hil.Machine.Pci.PciRegisters;

namespace Hil.Machine.Pci;

/// <summary>Measures base address registers: writes ones and sees which address bits stick (PCI Local Bus 3.0,
/// 6.2.5.1).</summary>
internal static class PciBarProbe
{
    private const int EndpointBars = 6;
    private const int BridgeBars = 2;
    private const uint IoFlag = 1;
    private const uint MemoryTypeMask = 6;
    private const uint MemoryType32 = 0;
    private const uint MemoryType64 = 4;
    private const uint PrefetchableFlag = 8;
    private const uint MemoryFlags = 0xF;
    private const uint IoFlags = 3;
    private const uint RomFlags = 0x7FF;

    /// <summary>Measures all registers of a function; it decodes nothing meanwhile, and afterwards until they are
    /// placed.</summary>
    public static void Measure(IBus bus, PciNode node)
    {
        uint command = bus.ReadConfig(node.Address, Command, 2);
        bus.WriteConfig(node.Address, Command, 2, command & ~(CommandIo | CommandMemory));
        int count = (node.HeaderType & HeaderLayoutMask) switch
        {
            HeaderEndpoint => EndpointBars,
            HeaderBridge => BridgeBars,
            _ => 0,
        };
        for (int index = 0; index < count; index++)
        {
            if (MeasureBar(bus, node.Address, index, isLast: index == count - 1) is not { } slot)
                continue;
            node.Bars.Add(slot);
            if (slot.Kind == PciBarKind.Memory64)
                index++;
        }
        if (count != 0)
            node.ExpansionRomBytes = MeasureRom(bus, node.Address, node.IsBridge ? BridgeExpansionRom : ExpansionRom);
    }

    public static int OffsetOf(int index) => FirstBar + 4 * index;

    private static PciBarSlot? MeasureBar(IBus bus, PciAddress address, int index, bool isLast)
    {
        uint sticky = Probe(bus, address, OffsetOf(index));
        if (sticky is 0)
            return null;
        if ((sticky & IoFlag) != 0)
            // Devices may leave out the upper half of a port address.
            return Slot(index, PciBarKind.Io, false, sticky & ~IoFlags & 0xFFFF);

        bool prefetchable = (sticky & PrefetchableFlag) != 0;
        return (sticky & MemoryTypeMask) switch
        {
            MemoryType32 => Slot(index, PciBarKind.Memory32, prefetchable, sticky & ~MemoryFlags),
            MemoryType64 when !isLast => Slot(index, PciBarKind.Memory64, prefetchable,
                ((ulong)Probe(bus, address, OffsetOf(index + 1)) << 32) | (sticky & ~MemoryFlags)),
            _ => null, // Reserved types, and the lower half of a register whose upper half is not there.
        };
    }

    private static ulong MeasureRom(IBus bus, PciAddress address, int offset)
    {
        uint sticky = Probe(bus, address, offset) & ~RomFlags;
        bus.WriteConfig(address, offset, 4, 0);
        return sticky == 0 ? 0 : 1UL << BitOperations.TrailingZeroCount(sticky);
    }

    private static PciBarSlot? Slot(int index, PciBarKind kind, bool prefetchable, ulong addressBits) =>
        addressBits == 0
            ? null
            : new PciBarSlot(index, kind, prefetchable, 1UL << BitOperations.TrailingZeroCount(addressBits));

    // Leaves the register zero, which QEMU and devices take as "nowhere" until it is placed.
    private static uint Probe(IBus bus, PciAddress address, int offset)
    {
        bus.WriteConfig(address, offset, 4, uint.MaxValue);
        uint sticky = bus.ReadConfig(address, offset, 4);
        bus.WriteConfig(address, offset, 4, 0);
        return sticky;
    }
}
