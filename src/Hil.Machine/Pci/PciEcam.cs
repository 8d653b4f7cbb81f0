namespace Hil.Machine.Pci;

/// <summary>The window through which configuration space is memory: 4 KiB for each function, 256 buses (PCI Express
/// Base, 7.2.2). On Q35 firmware chooses its place; without firmware we do, through ports CF8 and CFC.</summary>
public static class PciEcam
{
    /// <summary>Physical address of the window: below the memory hole that BARs are placed in.</summary>
    public const ulong Base = 0xB000_0000;

    /// <summary>Size of one function's configuration space.</summary>
    public const int FunctionBytes = 4096;

    private const ushort AddressPort = 0xCF8;
    private const ushort DataPort = 0xCFC;

    // PCIEXBAR of the host bridge 00:00.0 (Intel 3 Series datasheet): base, length 00 = 256 MiB, enable in bit 0.
    private const uint ExpressBase = 0x8000_0060;
    private const uint ExpressBaseHigh = 0x8000_0064;
    private const uint Enabled = 1;

    /// <summary>Opens the window. Needed once after reset, before the first access to configuration space.</summary>
    public static void Enable(IBus bus)
    {
        WriteByPort(bus, ExpressBaseHigh, 0);
        WriteByPort(bus, ExpressBase, (uint)Base | Enabled);
    }

    /// <summary>Physical address of a register in configuration space.</summary>
    public static ulong AddressOf(PciAddress address, int offset, int width)
    {
        Invariant.Holds(width is 1 or 2 or 4 && offset >= 0 && offset < FunctionBytes && offset % width == 0,
            "configuration space is accessed in 1, 2 or 4 bytes, naturally aligned");
        return Base + address.EcamOffset + (ulong)offset;
    }

    private static void WriteByPort(IBus bus, uint register, uint value)
    {
        bus.WritePort(AddressPort, 4, register);
        bus.WritePort(DataPort, 4, value);
    }
}
