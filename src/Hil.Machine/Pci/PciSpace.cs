namespace Hil.Machine.Pci;

/// <summary>The three address spaces that a bridge forwards by windows of their own.</summary>
internal enum PciSpace
{
    Io,

    /// <summary>Memory below 4 GiB.</summary>
    Memory,

    /// <summary>Prefetchable memory, above 4 GiB.</summary>
    Prefetchable,
}
