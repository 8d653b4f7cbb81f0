namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    // DEVICE_DESCRIPTION ends with DmaPort before version 3 (WDK: DEVICE_DESCRIPTION).
    private const int ShortDescriptionBytes = 40;

    /// <summary>Gives a bus master its DMA adapter; null for anything else, for an unknown version, and when memory is
    /// out.</summary>
    /// <param name="numberOfMapRegisters">The most registers that one transfer may ask for.</param>
    /// <remarks>WDK: IoGetDmaAdapter. The physical device object does not matter here: every device reaches all of RAM
    /// that its description says it can address.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static DMA_ADAPTER* IoGetDmaAdapter(
        DEVICE_OBJECT* physicalDeviceObject, [UncheckedPointer] DEVICE_DESCRIPTION* deviceDescription,
        uint* numberOfMapRegisters)
    {
        DEVICE_DESCRIPTION description = ReadDescription(deviceDescription);
        if (description.Version > DEVICE_DESCRIPTION_VERSION3 || !description.Master)
        {
            NtKernel.Current.Violation(description.Master
                ? $"IoGetDmaAdapter with a DEVICE_DESCRIPTION of version {description.Version}; 0 to 3 are known"
                : "IoGetDmaAdapter for a device that is no bus master: there is no system DMA controller");
            return null;
        }
        DmaAdapter? adapter = NtKernel.Current.Dma.Create(
            description.Version, HighestAddressOf(description), description.ScatterGather, description.MaximumLength);
        if (adapter == null)
            return null;
        *numberOfMapRegisters = adapter.RegistersMax;
        return adapter.Visible;
    }

    private static DEVICE_DESCRIPTION ReadDescription(DEVICE_DESCRIPTION* source)
    {
        DriverMemory.RequireReadable(source, ShortDescriptionBytes, nameof(IoGetDmaAdapter));
        DEVICE_DESCRIPTION description = default;
        int bytes = ShortDescriptionBytes;
        if (source->Version == DEVICE_DESCRIPTION_VERSION3)
        {
            bytes = sizeof(DEVICE_DESCRIPTION);
            DriverMemory.RequireReadable(source, (nuint)bytes, nameof(IoGetDmaAdapter));
        }
        Buffer.MemoryCopy(source, &description, bytes, bytes);
        return description;
    }

    // An address width counts in version 3 only. Before, a PCI device without any flag is taken to have 32 bits, an
    // ISA one 24.
    private static ulong HighestAddressOf(in DEVICE_DESCRIPTION description)
    {
        const int IsaBits = 24;
        const int PciBits = 32;
        int bits = description.InterfaceType is INTERFACE_TYPE.Isa or INTERFACE_TYPE.Eisa ? IsaBits : PciBits;
        if (description.Dma64BitAddresses)
            bits = 64;
        else if (description.Dma32BitAddresses)
            bits = PciBits;
        if (description.Version == DEVICE_DESCRIPTION_VERSION3 && description.DmaAddressWidth is > 0 and <= 64)
            bits = (int)description.DmaAddressWidth;
        return ulong.MaxValue >> (64 - bits);
    }
}
