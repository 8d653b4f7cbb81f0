using System.Collections.Immutable;

namespace Hil.Machine.Pci;

/// <summary>A PCI-to-PCI bridge or PCI Express port after enumeration.</summary>
/// <param name="Io">First and last port that it forwards; null when the window is closed. Likewise the others.</param>
public sealed record PciBridge(
    PciAddress Address,
    byte SecondaryBus,
    byte SubordinateBus,
    PciRange? Io,
    PciRange? Memory,
    PciRange? Prefetchable);

/// <summary>An inclusive range of ports or physical addresses.</summary>
public readonly record struct PciRange(ulong First, ulong Last);

/// <summary>Everything that enumeration found and placed.</summary>
/// <param name="Functions">All functions, bridges among them, in bus order.</param>
/// <param name="ExpansionRoms">Sizes of expansion ROMs, which are measured but not placed.</param>
public sealed record PciTopology(
    ImmutableArray<PciFunction> Functions,
    ImmutableArray<PciBridge> Bridges,
    IReadOnlyDictionary<PciAddress, ulong> ExpansionRoms)
{
    /// <summary>The bridge at an address, or null.</summary>
    public PciBridge? FindBridge(PciAddress address)
    {
        foreach (PciBridge bridge in Bridges)
        {
            if (bridge.Address == address)
                return bridge;
        }
        return null;
    }
}
