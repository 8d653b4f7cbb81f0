namespace Hil.Machine.Pci;

/// <summary>A base address register as sizing found it, and where it was placed (0: not).</summary>
internal sealed class PciBarSlot(int index, PciBarKind kind, bool prefetchable, ulong bytes)
{
    public int Index { get; } = index;

    public PciBarKind Kind { get; } = kind;

    public bool Prefetchable { get; } = prefetchable;

    public ulong Bytes { get; } = bytes;

    public ulong Address { get; set; }

    public PciBar ToBar() => new(Index, Kind, Prefetchable, Address, Bytes);
}
