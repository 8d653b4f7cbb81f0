namespace Hil.Kernel.Platform;

/// <summary>How the kernel and managed drivers reach devices. Addresses are physical; values little-endian; widths 1,
/// 2, 4, 8 bytes.</summary>
/// <remarks>Interrupts that an access raises are noticed at the next preemption point, not inside the access.</remarks>
public interface IBus
{
    ulong ReadMemory(ulong physical, int width);

    void WriteMemory(ulong physical, int width, ulong value);

    /// <summary>Reads ports; width 1, 2 or 4.</summary>
    uint ReadPort(ushort port, int width);

    void WritePort(ushort port, int width, uint value);

    /// <summary>Reads configuration space through ECAM; width 1, 2 or 4, naturally aligned; all ones when
    /// nothing is there.</summary>
    uint ReadConfig(PciAddress address, int offset, int width);

    void WriteConfig(PciAddress address, int offset, int width, uint value);

    /// <summary>Reads consecutive addresses with accesses of the given width (1, 2, 4, 8).</summary>
    void ReadMemory(ulong physical, Span<byte> destination, int width);

    void WriteMemory(ulong physical, ReadOnlySpan<byte> source, int width);

    /// <summary>Reads one port again and again (`rep ins`).</summary>
    void ReadPort(ushort port, Span<byte> destination, int width);

    void WritePort(ushort port, ReadOnlySpan<byte> source, int width);

    /// <summary>A write that need not have reached the device when the call returns; later reads and flushes
    /// come after it.</summary>
    void PostMemory(ulong physical, int width, ulong value);

    /// <summary>Returns when every posted write has reached the device.</summary>
    void Flush();

    /// <summary>Polls until (value and mask) equals expected, or the number of reads is used up.</summary>
    bool Poll(ulong physical, int width, ulong mask, ulong expected, int readsMax);
}
