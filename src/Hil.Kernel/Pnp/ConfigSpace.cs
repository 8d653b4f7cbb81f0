namespace Hil.Kernel;

/// <summary>Configuration space as drivers see it: bytes, moved with the widest aligned accesses. There are registers
/// that a device takes as a whole only.</summary>
internal static unsafe class ConfigSpace
{
    public const uint Bytes = 0x1000; // PCI Express extended space included.

    /// <summary>Reads up to the end of configuration space at most.</summary>
    /// <param name="bus">Null for a slot that nothing is in: it reads as all ones.</param>
    public static void Read(IBus? bus, PciAddress address, uint offset, void* destination, uint length)
    {
        var next = (byte*)destination;
        for (uint end = offset + length; offset < end;)
        {
            int width = WidthAt(offset, end - offset);
            uint value = bus?.ReadConfig(address, (int)offset, width) ?? uint.MaxValue;
            for (int i = 0; i < width; i++)
                *next++ = (byte)(value >> (8 * i));
            offset += (uint)width;
        }
    }

    /// <summary>Writes up to the end of configuration space at most.</summary>
    public static void Write(IBus bus, PciAddress address, uint offset, void* source, uint length)
    {
        var next = (byte*)source;
        for (uint end = offset + length; offset < end;)
        {
            int width = WidthAt(offset, end - offset);
            uint value = 0;
            for (int i = 0; i < width; i++)
                value |= (uint)*next++ << (8 * i);
            bus.WriteConfig(address, (int)offset, width, value);
            offset += (uint)width;
        }
    }

    private static int WidthAt(uint offset, uint left) =>
        (offset & 3) == 0 && left >= 4 ? 4 : (offset & 1) == 0 && left >= 2 ? 2 : 1;
}
