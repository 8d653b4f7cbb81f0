using System.Collections.Immutable;

namespace Hil.Machine.Pci;

/// <summary>A function while its bus is being set up: what the scan found, what sizing measured, where things were
/// placed.</summary>
internal sealed class PciNode(PciAddress address, byte headerType, PciNode? parent)
{
    public PciAddress Address { get; } = address;

    public byte HeaderType { get; } = headerType;

    /// <summary>The bridge above, null on the root bus.</summary>
    public PciNode? Parent { get; } = parent;

    public bool IsBridge => (HeaderType & PciRegisters.HeaderLayoutMask) == PciRegisters.HeaderBridge;

    public ImmutableArray<PciCapability> Capabilities { get; init; } = [];

    public List<PciBarSlot> Bars { get; } = [];

    public ulong ExpansionRomBytes { get; set; }

    // For bridges:
    public byte SecondaryBus { get; set; }

    public byte SubordinateBus { get; set; }

    public List<PciNode> Children { get; } = [];

    /// <summary>What the bridge forwards, one window for each <see cref="PciSpace"/>.</summary>
    public PciWindow[] Windows { get; } = [new(), new(), new()];

    /// <summary>Offset of a capability, or 0.</summary>
    public int FindCapability(byte id)
    {
        foreach (PciCapability capability in Capabilities)
        {
            if (capability.Id == id)
                return capability.Offset;
        }
        return 0;
    }
}
