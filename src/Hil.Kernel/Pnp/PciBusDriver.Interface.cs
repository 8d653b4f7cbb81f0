namespace Hil.Kernel;

// WDK: BUS_INTERFACE_STANDARD. The interface's context is the physical device object. Drivers call the routines at up
// to DISPATCH_LEVEL, native ones through gate stubs; nothing in them blocks.
internal sealed unsafe partial class PciBusDriver
{
    private static readonly Guid s_busInterfaceStandard = new("496b8280-6f25-11d0-beaf-08002be2092f");

    private DriverRoutine _reference;
    private DriverRoutine _translateBusAddress;
    private DriverRoutine _getDmaAdapter;
    private DriverRoutine _setBusData;
    private DriverRoutine _getBusData;

    private void CreateInterfaceRoutines()
    {
        _reference = Kernel.Gate.Register(static _ => 0);
        _translateBusAddress = Kernel.Gate.Register(TranslateBusAddress);
        _getDmaAdapter = Kernel.Gate.Register(GetDmaAdapter);
        _setBusData = Kernel.Gate.Register(arguments => TransferBusData(arguments, isWrite: true));
        _getBusData = Kernel.Gate.Register(arguments => TransferBusData(arguments, isWrite: false));
    }

    private NTSTATUS AnswerInterface(
        DeviceNode node, IRP* irp, ref IO_STACK_LOCATION.ParametersUnion.QueryInterfaceParameters parameters)
    {
        Guid* type = PointerCheck.Follow<Guid>(parameters.InterfaceType, "Parameters.QueryInterface.InterfaceType");
        if (*type != s_busInterfaceStandard)
            return irp->IoStatus.Status;
        if (parameters.Size < sizeof(BUS_INTERFACE_STANDARD))
            return STATUS_INVALID_PARAMETER;
        var standard = PointerCheck.Follow<BUS_INTERFACE_STANDARD>(
            parameters.Interface, "Parameters.QueryInterface.Interface");
        *standard = new BUS_INTERFACE_STANDARD
        {
            Size = (ushort)sizeof(BUS_INTERFACE_STANDARD),
            Version = 1,
            Context = node.PhysicalDevice,
            InterfaceReference = _reference,
            InterfaceDereference = _reference,
            TranslateBusAddress = _translateBusAddress,
            GetDmaAdapter = _getDmaAdapter,
            SetBusData = _setBusData,
            GetBusData = _getBusData,
        };
        return STATUS_SUCCESS;
    }

    // ULONG GetBusData(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length)
    private ulong TransferBusData(ulong* arguments, bool isWrite)
    {
        DeviceNode? node = Kernel.Pnp.Find((DEVICE_OBJECT*)arguments[0]);
        if (node?.Function == null || (uint)arguments[1] != PCI_WHICHSPACE_CONFIG)
            return 0;
        return Transfer(node, (void*)arguments[2], (uint)arguments[3], (uint)arguments[4], isWrite);
    }

    // BOOLEAN TranslateBusAddress(PVOID Context, PHYSICAL_ADDRESS BusAddress, ULONG Length, PULONG AddressSpace,
    //     PPHYSICAL_ADDRESS TranslatedAddress). Bus addresses are physical addresses on this machine.
    private static ulong TranslateBusAddress(ulong* arguments)
    {
        PHYSICAL_ADDRESS* translated = PointerCheck.Follow<PHYSICAL_ADDRESS>((void*)arguments[4], "TranslatedAddress");
        *translated = new PHYSICAL_ADDRESS(arguments[1]);
        return 1;
    }

    // PDMA_ADAPTER GetDmaAdapter(PVOID Context, PDEVICE_DESCRIPTION DeviceDescriptor, PULONG NumberOfMapRegisters)
    private static ulong GetDmaAdapter(ulong* arguments)
    {
        var description = PointerCheck.Follow<DEVICE_DESCRIPTION>((void*)arguments[1], "DeviceDescriptor");
        uint* mapRegisters = PointerCheck.Follow<uint>((void*)arguments[2], "NumberOfMapRegisters");
        return (ulong)Ntoskrnl.IoGetDmaAdapter((DEVICE_OBJECT*)arguments[0], description, mapRegisters);
    }
}
