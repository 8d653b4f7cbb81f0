/* Self-checking: the resources, properties and bus interface that a PCI function driver gets. */

#include <initguid.h>
#include "edu_device.h"
#include "check.h"
#include <wdmguid.h>

/* Only for 32-bit drivers in some editions of ntddk.h. */
NTHALAPI NTSTATUS NTAPI HalAssignSlotResources(PUNICODE_STRING registryPath, PUNICODE_STRING driverClassName,
                                               PDRIVER_OBJECT driver, PDEVICE_OBJECT device, INTERFACE_TYPE busType,
                                               ULONG busNumber, ULONG slotNumber, PCM_RESOURCE_LIST *resources);

static ULONG StartLine; /* of the first check that failed while the device was started */

static const CM_PARTIAL_RESOURCE_DESCRIPTOR *Find(PCM_RESOURCE_LIST list, UCHAR type)
{
    PCM_PARTIAL_RESOURCE_LIST partial = &list->List[0].PartialResourceList;
    ULONG i;

    for (i = 0; i < partial->Count; i++)
        if (partial->PartialDescriptors[i].Type == type)
            return &partial->PartialDescriptors[i];
    return NULL;
}

static ULONG MemoryDescribesBar0(PCM_RESOURCE_LIST list)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *memory = Find(list, CmResourceTypeMemory);

    CHECK(memory != NULL);
    CHECK(memory->u.Memory.Length == EDU_REGISTERS_LENGTH);
    CHECK(memory->u.Memory.Start.QuadPart != 0);
    CHECK(memory->u.Memory.Start.QuadPart % EDU_REGISTERS_LENGTH == 0);
    CHECK(memory->ShareDisposition == CmResourceShareDeviceExclusive);
    return 0;
}

static ULONG InterruptIsAsGranted(PCM_RESOURCE_LIST translated)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *interrupt = Find(translated, CmResourceTypeInterrupt);

    CHECK(interrupt != NULL);
    CHECK(interrupt->u.Interrupt.Level > DISPATCH_LEVEL);
    CHECK(interrupt->u.Interrupt.Level < CLOCK_LEVEL);
    CHECK(interrupt->u.Interrupt.Affinity != 0);
    if (interrupt->Flags & CM_RESOURCE_INTERRUPT_MESSAGE)
        CHECK(interrupt->Flags & CM_RESOURCE_INTERRUPT_LATCHED);
    else
        CHECK(interrupt->ShareDisposition == CmResourceShareShared);
    return 0;
}

static ULONG ListsAreWellFormed(PCM_RESOURCE_LIST raw, PCM_RESOURCE_LIST translated)
{
    CHECK(raw != NULL && translated != NULL && raw != translated);
    CHECK(raw->Count == 1 && translated->Count == 1);
    CHECK(translated->List[0].InterfaceType == PCIBus);
    CHECK(translated->List[0].PartialResourceList.Count == raw->List[0].PartialResourceList.Count);
    CHECK(translated->List[0].PartialResourceList.PartialDescriptors[0].Type == CmResourceTypeMemory);
    return 0;
}

static ULONG CheckStart(PEDU_DEVICE edu)
{
    CHECK_CALL(ListsAreWellFormed(edu->Raw, edu->Translated));
    CHECK_CALL(MemoryDescribesBar0(edu->Raw));
    CHECK_CALL(MemoryDescribesBar0(edu->Translated));
    CHECK_CALL(InterruptIsAsGranted(edu->Translated));
    return 0;
}

static ULONG StartGaveGoodResources(PDEVICE_OBJECT device)
{
    return StartLine;
}

static ULONG RegistersAnswer(PDEVICE_OBJECT device)
{
    PEDU_DEVICE edu = device->DeviceExtension;

    CHECK(EduRead(edu, 0) == 0x010000ed);
    EduWrite(edu, 4, 0x12345678);
    CHECK(EduRead(edu, 4) == ~0x12345678u);
    return 0;
}

static ULONG MappingTwiceReachesTheSameDevice(PDEVICE_OBJECT device)
{
    PEDU_DEVICE edu = device->DeviceExtension;
    PULONG second = MmMapIoSpace(edu->RegistersAddress, 16, MmNonCached);

    CHECK(second != NULL);
    WRITE_REGISTER_ULONG(second + 1, 0x0f0f0f0f);
    CHECK(EduRead(edu, 4) == 0xf0f0f0f0);
    MmUnmapIoSpace(second, 16);
    return 0;
}

/* What a driver does before it maps its registers for a program. */
static ULONG MdlOfRegistersNamesTheirPages(PDEVICE_OBJECT device)
{
    PEDU_DEVICE edu = device->DeviceExtension;
    PMDL mdl = IoAllocateMdl(edu->Registers, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    PULONG mapped;

    CHECK(mdl != NULL);
    MmBuildMdlForNonPagedPool(mdl);
    CHECK(MmGetMdlPfnArray(mdl)[0] == (PFN_NUMBER)(edu->RegistersAddress.QuadPart >> PAGE_SHIFT));
    CHECK(MmGetMdlPfnArray(mdl)[1] == MmGetMdlPfnArray(mdl)[0] + 1);
    mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    CHECK(mapped != NULL);
    CHECK(READ_REGISTER_ULONG(mapped) == 0x010000ed);
    IoFreeMdl(mdl);
    return 0;
}

/* And this is how it does so. */
static ULONG RegistersAreMappedForPrograms(PDEVICE_OBJECT device)
{
    PEDU_DEVICE edu = device->DeviceExtension;
    PMDL mdl = IoAllocateMdl((PUCHAR)edu->Registers + 4, 2 * PAGE_SIZE - 4, FALSE, FALSE, NULL);
    PULONG mapped, again;
    ULONG copy = 0;

    CHECK(mdl != NULL);
    MmBuildMdlForNonPagedPool(mdl);
    mapped = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmNonCached, NULL, FALSE, NormalPagePriority);
    CHECK(mapped != NULL && (ULONG_PTR)mapped < MmUserProbeAddress && BYTE_OFFSET(mapped) == 4);
    ProbeForWrite(mapped, sizeof(ULONG), sizeof(ULONG));
    WRITE_REGISTER_ULONG(mapped, 0x01234567);
    CHECK(READ_REGISTER_ULONG(mapped) == ~0x01234567u && EduRead(edu, 4) == ~0x01234567u);
    RtlCopyMemory(&copy, mapped, sizeof copy);
    CHECK(copy == ~0x01234567u);
    CHECK(MmGetPhysicalAddress(mapped).QuadPart == edu->RegistersAddress.QuadPart + 4);
    CHECK(MmIsAddressValid(mapped) && READ_REGISTER_ULONG((PULONG)edu->Registers) == 0x010000ed);

    again = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmNonCached, NULL, FALSE, NormalPagePriority);
    CHECK(again != mapped && READ_REGISTER_ULONG(again) == ~0x01234567u);
    MmUnmapLockedPages(mapped, mdl);
    CHECK(!MmIsAddressValid(mapped) && MmIsAddressValid(again));
    MmUnmapLockedPages(again, mdl);
    CHECK(!MmIsAddressValid(again));
    IoFreeMdl(mdl);
    return 0;
}

/* The device in its slot is PnP's; the host bridge in slot 0 is nobody's and decodes nothing. */
static ULONG SlotsGiveTheirResources(PDEVICE_OBJECT device)
{
    PEDU_DEVICE edu = device->DeviceExtension;
    PCI_SLOT_NUMBER empty = { .u.bits = { .DeviceNumber = 0x1f, .FunctionNumber = 6 } };
    PCM_RESOURCE_LIST list = NULL;
    ULONG bus, address, length, at;

    CHECK(HalAssignSlotResources(NULL, NULL, device->DriverObject, NULL, Isa, 0, 0, &list) == STATUS_NOT_FOUND);
    CHECK(HalAssignSlotResources(NULL, NULL, device->DriverObject, NULL, PCIBus, 0, empty.u.AsULONG, &list)
        == STATUS_NO_SUCH_DEVICE);
    CHECK(IoGetDeviceProperty(edu->Physical, DevicePropertyBusNumber, sizeof bus, &bus, &length) == STATUS_SUCCESS);
    CHECK(IoGetDeviceProperty(edu->Physical, DevicePropertyAddress, sizeof address, &address, &length)
        == STATUS_SUCCESS);
    at = address >> 16 | (address & 7) << 5;
    CHECK(HalAssignSlotResources(NULL, NULL, device->DriverObject, NULL, PCIBus, bus, at, &list)
        == STATUS_CONFLICTING_ADDRESSES && list == NULL);
    CHECK(EduRead(edu, 0) == 0x010000ed);

    CHECK(HalAssignSlotResources(NULL, NULL, device->DriverObject, NULL, PCIBus, 0, 0, &list) == STATUS_SUCCESS);
    CHECK(list == NULL);
    return 0;
}

/* Bus drivers answer at once. */
static NTSTATUS QueryInterface(PEDU_DEVICE edu, BUS_INTERFACE_STANDARD *bus)
{
    IO_STATUS_BLOCK result;
    PIO_STACK_LOCATION stack;
    NTSTATUS status;
    KEVENT done;
    PIRP irp;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, edu->Lower, NULL, 0, NULL, &done, &result);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    stack = IoGetNextIrpStackLocation(irp);
    stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    stack->Parameters.QueryInterface.InterfaceType = &GUID_BUS_INTERFACE_STANDARD;
    stack->Parameters.QueryInterface.Size = sizeof(*bus);
    stack->Parameters.QueryInterface.Version = 1;
    stack->Parameters.QueryInterface.Interface = (PINTERFACE)bus;
    status = IoCallDriver(edu->Lower, irp);
    if (status == STATUS_PENDING)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    return result.Status;
}

static ULONG BusInterfaceReadsConfigSpace(PDEVICE_OBJECT device)
{
    PEDU_DEVICE edu = device->DeviceExtension;
    BUS_INTERFACE_STANDARD bus;
    ULONG id = 0;
    USHORT command = 0;

    RtlZeroMemory(&bus, sizeof(bus));
    CHECK(NT_SUCCESS(QueryInterface(edu, &bus)));
    CHECK(bus.GetBusData != NULL && bus.SetBusData != NULL && bus.InterfaceDereference != NULL);
    CHECK(bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, &id, 0, sizeof(id)) == sizeof(id));
    CHECK(id == 0x11e81234);
    CHECK(bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, &command, 4, sizeof(command)) == sizeof(command));
    CHECK(command & 2); /* memory space is enabled */
    CHECK(command & 4); /* and the device may be bus master */
    bus.InterfaceDereference(bus.Context);
    return 0;
}

static ULONG HardwareIdsNameTheDevice(PDEVICE_OBJECT device)
{
    static const WCHAR prefix[] = L"PCI\\VEN_1234&DEV_11E8";
    PEDU_DEVICE edu = device->DeviceExtension;
    WCHAR ids[256];
    ULONG length = 0;

    CHECK(NT_SUCCESS(IoGetDeviceProperty(edu->Physical, DevicePropertyHardwareID, sizeof(ids), ids, &length)));
    CHECK(length >= sizeof(prefix) && length <= sizeof(ids));
    CHECK(RtlCompareMemory(ids, prefix, sizeof(prefix) - sizeof(WCHAR)) == sizeof(prefix) - sizeof(WCHAR));
    CHECK(ids[length / sizeof(WCHAR) - 1] == 0 && ids[length / sizeof(WCHAR) - 2] == 0);
    return 0;
}

static ULONG PropertyThatDoesNotFitTellsItsLength(PDEVICE_OBJECT device)
{
    PEDU_DEVICE edu = device->DeviceExtension;
    ULONG length = 0;

    CHECK(IoGetDeviceProperty(edu->Physical, DevicePropertyHardwareID, 0, NULL, &length) == STATUS_BUFFER_TOO_SMALL);
    CHECK(length > 2 * sizeof(WCHAR));
    return 0;
}

static ULONG BusNumberAndAddressAreKnown(PDEVICE_OBJECT device)
{
    PEDU_DEVICE edu = device->DeviceExtension;
    ULONG bus = ~0u;
    ULONG address = ~0u;
    ULONG length = 0;

    CHECK(NT_SUCCESS(IoGetDeviceProperty(edu->Physical, DevicePropertyBusNumber, sizeof(bus), &bus, &length)));
    CHECK(bus < 256);
    CHECK(NT_SUCCESS(IoGetDeviceProperty(edu->Physical, DevicePropertyAddress, sizeof(address), &address, &length)));
    CHECK((address >> 16) < 32 && (address & 0xffff) < 8); /* device number and function */
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(StartGaveGoodResources),
    CHECK_CASE_OF(RegistersAnswer),
    CHECK_CASE_OF(MappingTwiceReachesTheSameDevice),
    CHECK_CASE_OF(MdlOfRegistersNamesTheirPages),
    CHECK_CASE_OF(RegistersAreMappedForPrograms),
    CHECK_CASE_OF(SlotsGiveTheirResources),
    CHECK_CASE_OF(BusInterfaceReadsConfigSpace),
    CHECK_CASE_OF(HardwareIdsNameTheDevice),
    CHECK_CASE_OF(PropertyThatDoesNotFitTellsItsLength),
    CHECK_CASE_OF(BusNumberAndAddressAreKnown),
};

static NTSTATUS ResourceStart(PEDU_DEVICE edu)
{
    StartLine = CheckStart(edu);
    return STATUS_SUCCESS;
}

static NTSTATUS ResourceControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), edu->Self, irp, number);
}

EDU_HOOKS EduHooks = { EduAcknowledge, ResourceStart, ResourceControl, LEGACY_NAMES(L"HilResource"), NULL, NULL };
