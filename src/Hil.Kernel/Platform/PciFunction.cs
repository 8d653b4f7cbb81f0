using System.Collections.Immutable;

namespace Hil.Kernel.Platform;

/// <summary>What a base address register decodes.</summary>
public enum PciBarKind : byte
{
    Memory32,
    Memory64,
    Io,
}

/// <summary>One base address register, sized and placed. 64-bit ones take two indices.</summary>
/// <param name="Index">0 to 5.</param>
/// <param name="Address">Where it decodes: physical address or port number; 0 when it could not be placed.</param>
/// <param name="Bytes">Size of the range; a power of two.</param>
public readonly record struct PciBar(int Index, PciBarKind Kind, bool Prefetchable, ulong Address, ulong Bytes);

/// <summary>One capability in a function's list.</summary>
public readonly record struct PciCapability(byte Id, int Offset);

/// <summary>A PCI function as found on the bus after its resources were placed.</summary>
public sealed record PciFunction
{
    public required PciAddress Address { get; init; }

    public required ushort VendorId { get; init; }

    public required ushort DeviceId { get; init; }

    public required ushort SubsystemVendorId { get; init; }

    public required ushort SubsystemId { get; init; }

    /// <summary>Class, subclass and programming interface, as 0xCCSSPP.</summary>
    public required uint ClassCode { get; init; }

    public required byte RevisionId { get; init; }

    public required byte HeaderType { get; init; }

    public required ImmutableArray<PciBar> Bars { get; init; }

    public required ImmutableArray<PciCapability> Capabilities { get; init; }

    /// <summary>INTA to INTD as 1 to 4, 0 when the function has no pin.</summary>
    public required byte InterruptPin { get; init; }

    /// <summary>Global system interrupt that the pin reaches, swizzled through bridges; meaningless
    /// without a pin.</summary>
    public required uint InterruptLine { get; init; }

    /// <summary>Offset of the capability with an id, or 0.</summary>
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
