using System.Collections.Immutable;

namespace Hil.Machine.Pci;

/// <summary>One capability in extended configuration space (offset 0x100 and up).</summary>
public readonly record struct PciExtendedCapability(ushort Id, byte Version, int Offset);

/// <summary>Walks the two capability lists of a function. A device controls the links, so a walk takes every offset
/// once.</summary>
public static class PciCapabilityList
{
    // Capabilities are 4-byte aligned and lie above the 64-byte header; extended ones up to the end of the 4 KiB.
    private const int FirstOffset = 0x40;
    private const int StandardMax = (256 - FirstOffset) / 4;
    private const int ExtendedMax = (PciEcam.FunctionBytes - PciRegisters.ExtendedCapabilities) / 4;

    /// <summary>Reads the standard list; stops at the first link that leads nowhere or back.</summary>
    public static ImmutableArray<PciCapability> Read(IBus bus, PciAddress address)
    {
        if ((bus.ReadConfig(address, PciRegisters.Status, 2) & PciRegisters.StatusHasCapabilities) == 0)
            return [];
        ImmutableArray<PciCapability>.Builder found = ImmutableArray.CreateBuilder<PciCapability>();
        int offset = LinkAt(bus, address, PciRegisters.CapabilityPointer);
        while (offset >= FirstOffset && found.Count < StandardMax && !Contains(found, offset))
        {
            byte id = (byte)bus.ReadConfig(address, offset, 1);
            if (id == 0xFF)
                break;
            found.Add(new PciCapability(id, offset));
            offset = LinkAt(bus, address, offset + 1);
        }
        return found.DrainToImmutable();
    }

    /// <summary>Reads the extended list of a PCI Express function; empty for others.</summary>
    public static ImmutableArray<PciExtendedCapability> ReadExtended(IBus bus, PciAddress address)
    {
        ImmutableArray<PciExtendedCapability>.Builder found = ImmutableArray.CreateBuilder<PciExtendedCapability>();
        int offset = PciRegisters.ExtendedCapabilities;
        int last = 0;
        // Links point forward in every known device; demanding it is what ends a loop.
        while (offset >= PciRegisters.ExtendedCapabilities && offset > last && found.Count < ExtendedMax)
        {
            uint header = bus.ReadConfig(address, offset, 4);
            if (header is 0 or uint.MaxValue)
                break;
            found.Add(new PciExtendedCapability((ushort)header, (byte)((header >> 16) & 0xF), offset));
            last = offset;
            offset = (int)(header >> 20) & ~3;
        }
        return found.DrainToImmutable();
    }

    private static int LinkAt(IBus bus, PciAddress address, int offset) => (int)bus.ReadConfig(address, offset, 1) & ~3;

    private static bool Contains(ImmutableArray<PciCapability>.Builder found, int offset)
    {
        for (int i = 0; i < found.Count; i++)
        {
            if (found[i].Offset == offset)
                return true;
        }
        return false;
    }
}
