using System.Numerics;

namespace Hil.Kernel;

// Firmware has placed the ranges of PCI devices before any driver runs: there is nothing to assign but what the
// registers say. How large a range is they tell when ones are written to them: the address bits below its size do not
// stick (PCI Local Bus 3.0, 6.2.5.1).

public static unsafe partial class Hal
{
    // Configuration space of a device (PCI_COMMON_HEADER).
    private const int PciCommand = 0x04;
    private const int PciHeaderType = 0x0E;
    private const int PciFirstBar = 0x10;
    private const int PciInterruptLine = 0x3C;
    private const int PciInterruptPin = 0x3D;
    private const uint PciHeaderLayout = 0x7F;

    /// <summary>Claims what the PCI device in a slot decodes for a legacy driver, and has it decode that.</summary>
    /// <param name="deviceObject">Holds the resources; for null the driver does.</param>
    /// <param name="allocatedResources">Gets a list in paged pool, which the caller frees: the ranges in the order of
    /// their registers, and the interrupt line.</param>
    /// <returns>STATUS_NOT_FOUND for a bus that is not there, STATUS_NO_SUCH_DEVICE for an empty slot and for a bridge,
    /// STATUS_CONFLICTING_ADDRESSES when another device holds one of the ranges.</returns>
    /// <remarks>WDK: HalAssignSlotResources (obsolete).</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS HalAssignSlotResources(
        UNICODE_STRING* registryPath, UNICODE_STRING* driverClassName, DRIVER_OBJECT* driverObject,
        DEVICE_OBJECT* deviceObject, INTERFACE_TYPE busType, uint busNumber, uint slotNumber,
        CM_RESOURCE_LIST** allocatedResources)
    {
        NtKernel kernel = NtKernel.Current;
        uint length = PCI_COMMON_HDR_LENGTH;
        *allocatedResources = null;
        if (busType != INTERFACE_TYPE.PCIBus
            || !TryFindSlot(PciConfiguration, busNumber, slotNumber, ref length, 0, out PciAddress address))
            return STATUS_NOT_FOUND;
        if ((ushort)kernel.Bus.ReadConfig(address, 0, sizeof(ushort)) == PCI_INVALID_VENDORID
            || (kernel.Bus.ReadConfig(address, PciHeaderType, 1) & PciHeaderLayout) != 0)
            return STATUS_NO_SUCH_DEVICE;
        uint command = kernel.Bus.ReadConfig(address, PciCommand, sizeof(ushort));
        CM_PARTIAL_RESOURCE_DESCRIPTOR[] resources = MeasureResources(kernel.Bus, address, command);
        nint owner = deviceObject != null ? (nint)deviceObject : (nint)driverObject;
        if (!kernel.Pnp.TryClaim(owner, resources))
            return STATUS_CONFLICTING_ADDRESSES;
        kernel.Bus.WriteConfig(
            address, PciCommand, sizeof(ushort),
            command | PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
        *allocatedResources = DeviceResources.CreateList(
            new BusInformation(BusInformation.Pci, INTERFACE_TYPE.PCIBus, address.Bus), resources);
        return STATUS_SUCCESS;
    }

    // The device decodes nothing while its registers hold what they are probed with.
    private static CM_PARTIAL_RESOURCE_DESCRIPTOR[] MeasureResources(IBus bus, PciAddress address, uint command)
    {
        List<CM_PARTIAL_RESOURCE_DESCRIPTOR> resources = [];
        bus.WriteConfig(
            address, PciCommand, sizeof(ushort), command & ~(uint)(PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE));
        for (int index = 0; index < PCI_TYPE0_ADDRESSES; index++)
        {
            if (MeasureBar(bus, address, index) is not { } bar)
                continue;
            if (bar.Address != 0)
                resources.Add(ResourceDescriptors.Assign(PciBusDriver.RequirementOf(bar), bar.Address));
            if (bar.Kind == PciBarKind.Memory64)
                index++;
        }
        bus.WriteConfig(address, PciCommand, sizeof(ushort), command);
        if (bus.ReadConfig(address, PciInterruptPin, 1) != 0)
        {
            uint line = bus.ReadConfig(address, PciInterruptLine, 1);
            resources.Add(ResourceDescriptors.AssignInterrupt(
                ResourceDescriptors.RequireLine(line), line, vector: 0, messages: 0).Raw);
        }
        return [.. resources];
    }

    private static PciBar? MeasureBar(IBus bus, PciAddress address, int index)
    {
        const uint Port = 1, Prefetchable = 8, TypeMask = 6, Type64 = 4;
        const uint PortBits = 0xFFFC; // Devices may leave out the upper half.
        const uint MemoryBits = ~0xFu;
        (uint placed, uint sticky) = Probe(bus, address, index);
        bool isPrefetchable = (sticky & Prefetchable) != 0;
        if ((sticky & Port) != 0)
            return new PciBar(index, PciBarKind.Io, false, placed & PortBits, SizeOf(sticky & PortBits));
        if ((sticky & MemoryBits) == 0)
            return null;
        if ((sticky & TypeMask) != Type64)
            return new PciBar(
                index, PciBarKind.Memory32, isPrefetchable, placed & MemoryBits, SizeOf(sticky & MemoryBits));
        (uint high, uint stickyHigh) = Probe(bus, address, index + 1);
        return new PciBar(
            index, PciBarKind.Memory64, isPrefetchable, ((ulong)high << 32) | (placed & MemoryBits),
            SizeOf(((ulong)stickyHigh << 32) | (sticky & MemoryBits)));
    }

    private static (uint Placed, uint Sticky) Probe(IBus bus, PciAddress address, int index)
    {
        int register = PciFirstBar + index * sizeof(uint);
        uint placed = bus.ReadConfig(address, register, sizeof(uint));
        bus.WriteConfig(address, register, sizeof(uint), uint.MaxValue);
        uint sticky = bus.ReadConfig(address, register, sizeof(uint));
        bus.WriteConfig(address, register, sizeof(uint), placed);
        return (placed, sticky);
    }

    private static ulong SizeOf(ulong addressBits) => 1UL << BitOperations.TrailingZeroCount(addressBits);
}
