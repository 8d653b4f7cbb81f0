namespace Hil.Kernel;

// How drivers from before PnP found their hardware: they read configuration space by bus and slot number and asked for
// translations. A PCI slot number is a PCI_SLOT_NUMBER: device in bits 0 to 4, function in bits 5 to 7.

public static unsafe partial class Hal
{
    private const uint PciConfiguration = 4; // BUS_DATA_TYPE
    private const uint NoDeviceBytes = sizeof(ushort); // Only the vendor ID is returned for a slot without device.

    /// <summary>Reads configuration space from its start.</summary>
    /// <returns>Bytes read; 2 with vendor ID 0xFFFF for an empty slot; 0 for another kind of bus, and for
    /// a bus that is not there.</returns>
    /// <remarks>WDK: HalGetBusData.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint HalGetBusData(uint busDataType, uint busNumber, uint slotNumber, void* buffer, uint length) =>
        HalGetBusDataByOffset(busDataType, busNumber, slotNumber, buffer, 0, length);

    /// <summary>Reads configuration space.</summary>
    /// <returns>As HalGetBusData.</returns>
    /// <remarks>WDK: HalGetBusDataByOffset.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint HalGetBusDataByOffset(
        uint busDataType, uint busNumber, uint slotNumber, void* buffer, uint offset, uint length)
    {
        const int BufferArgument = 3;
        if (!TryFindSlot(busDataType, busNumber, slotNumber, ref length, offset, out PciAddress address))
            return 0;
        PointerCheck.Argument((ulong)buffer, (int)length, BufferArgument);
        IBus bus = NtKernel.Current.Bus;
        bool isEmpty = (ushort)bus.ReadConfig(address, 0, sizeof(ushort)) == PCI_INVALID_VENDORID;
        ConfigSpace.Read(isEmpty ? null : bus, address, offset, buffer, length);
        return isEmpty ? Math.Min(length, NoDeviceBytes) : length;
    }

    /// <summary>Writes configuration space from its start.</summary>
    /// <returns>Bytes written.</returns>
    /// <remarks>WDK: HalSetBusData.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint HalSetBusData(uint busDataType, uint busNumber, uint slotNumber, void* buffer, uint length) =>
        HalSetBusDataByOffset(busDataType, busNumber, slotNumber, buffer, 0, length);

    /// <summary>Writes configuration space.</summary>
    /// <returns>Bytes written.</returns>
    /// <remarks>WDK: HalSetBusDataByOffset.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint HalSetBusDataByOffset(
        uint busDataType, uint busNumber, uint slotNumber, void* buffer, uint offset, uint length)
    {
        const int BufferArgument = 3;
        if (!TryFindSlot(busDataType, busNumber, slotNumber, ref length, offset, out PciAddress address))
            return 0;
        PointerCheck.Argument((ulong)buffer, (int)length, BufferArgument);
        ConfigSpace.Write(NtKernel.Current.Bus, address, offset, buffer, length);
        return length;
    }

    /// <summary>Translates a bus address: the same number on this machine.</summary>
    /// <param name="addressSpace">0 for memory, 1 for ports; stays as it is.</param>
    /// <returns>TRUE.</returns>
    /// <remarks>WDK: HalTranslateBusAddress.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN HalTranslateBusAddress(
        INTERFACE_TYPE interfaceType, uint busNumber, PHYSICAL_ADDRESS busAddress, uint* addressSpace,
        PHYSICAL_ADDRESS* translatedAddress)
    {
        *translatedAddress = busAddress;
        return true;
    }

    /// <inheritdoc cref="HalTranslateBusAddress"/>
    /// <remarks>WDK: IoTranslateBusAddress (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN IoTranslateBusAddress(
        INTERFACE_TYPE interfaceType, uint busNumber, PHYSICAL_ADDRESS busAddress, uint* addressSpace,
        PHYSICAL_ADDRESS* translatedAddress) =>
        HalTranslateBusAddress(interfaceType, busNumber, busAddress, addressSpace, translatedAddress);

    /// <summary>Gives the vector, DIRQL and affinity of an interrupt line for IoConnectInterrupt.</summary>
    /// <param name="busInterruptLevel">The line: a global system interrupt.</param>
    /// <returns>The vector; 0 when none is left. PCI lines are level-sensitive, others edge-triggered.</returns>
    /// <remarks>WDK: HalGetInterruptVector.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static uint HalGetInterruptVector(
        INTERFACE_TYPE interfaceType, uint busNumber, uint busInterruptLevel, uint busInterruptVector, KIRQL* irql,
        nuint* affinity)
    {
        bool isLevel = interfaceType == INTERFACE_TYPE.PCIBus;
        *affinity = 1;
        if (!NtKernel.Current.Interrupts.TryAllocateLine(busInterruptLevel, isLevel, out byte vector))
        {
            *irql = PASSIVE_LEVEL;
            return 0;
        }
        *irql = (byte)(vector >> 4);
        return vector;
    }

    private static bool TryFindSlot(
        uint busDataType, uint busNumber, uint slotNumber, ref uint length, uint offset, out PciAddress address)
    {
        address = new PciAddress((byte)busNumber, (byte)(slotNumber & 0x1F), (byte)((slotNumber >> 5) & 7));
        if (busDataType != PciConfiguration || busNumber > byte.MaxValue || offset >= ConfigSpace.Bytes)
            return false;
        length = Math.Min(length, ConfigSpace.Bytes - offset);
        return NtKernel.Current.PciBuses.Exists(address.Bus);
    }
}
