/*
 * Self-checking: what drivers ask of the I/O manager and the memory manager beside their requests' way.
 */

#include <ntifs.h>
#include "check.h"

/* Not in every edition of the headers. */
typedef struct SESSION_NOTIFICATION {
    ULONG Size;
    ULONG Flags;
    PVOID IoObject;
    ULONG EventMask;
    PVOID Context;
} SESSION_NOTIFICATION;

NTHALAPI NTSTATUS NTAPI HalAssignSlotResources(PUNICODE_STRING registryPath, PUNICODE_STRING driverClassName,
                                               PDRIVER_OBJECT driver, PDEVICE_OBJECT device, INTERFACE_TYPE busType,
                                               ULONG busNumber, ULONG slotNumber, PCM_RESOURCE_LIST *resources);

typedef struct MAPPING {
    ACCESS_MASK Read, Write, Execute, All;
} MAPPING;


static PIRP CurrentIrp;

static ULONG RequestsHavePriorities(PDEVICE_OBJECT device)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    CHECK(irp != NULL && IoGetIoPriorityHint(irp) == IoPriorityNormal);
    CHECK(IoSetIoPriorityHint(irp, IoPriorityVeryLow) == STATUS_SUCCESS && IoGetIoPriorityHint(irp) == 0);
    CHECK(IoSetIoPriorityHint(irp, IoPriorityCritical) == STATUS_SUCCESS);
    CHECK(IoGetIoPriorityHint(irp) == IoPriorityCritical);
    CHECK(IoSetIoPriorityHint(irp, MaxIoPriorityTypes) == STATUS_INVALID_PARAMETER);
    CHECK(IoGetPagingIoPriority(irp) == IoPagingPriorityInvalid);
    irp->Flags |= IRP_PAGING_IO;
    CHECK(IoGetPagingIoPriority(irp) == IoPagingPriorityNormal);
    IoFreeIrp(irp);
    return 0;
}

/* What the completion routine of a request of IoBuildAsynchronousFsdRequest does (WDK: that routine's example). */
static ULONG BuffersOfRequestsArePool(PDEVICE_OBJECT device)
{
    LARGE_INTEGER offset = { .QuadPart = 0 };
    PDEVICE_OBJECT buffered;
    UCHAR data[] = { 1, 2, 3 };
    PIRP irp;

    CHECK(IoCreateDevice(device->DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &buffered) == STATUS_SUCCESS);
    buffered->Flags |= DO_BUFFERED_IO;
    irp = IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, buffered, data, sizeof(data), &offset, NULL);
    CHECK(irp != NULL && (irp->Flags & (IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER)) != 0);
    CHECK(RtlCompareMemory(irp->AssociatedIrp.SystemBuffer, data, sizeof(data)) == sizeof(data));
    ExFreePool(irp->AssociatedIrp.SystemBuffer);
    IoFreeIrp(irp);
    IoDeleteDevice(buffered);
    return 0;
}

static ULONG RequestorsAccess(PDEVICE_OBJECT device)
{
    ACCESS_MASK access = GENERIC_READ;

    CHECK(!IoIs32bitProcess(CurrentIrp));
    CHECK(IoValidateDeviceIoControlAccess(CurrentIrp, FILE_READ_ACCESS) == STATUS_SUCCESS);
    CHECK(IoValidateDeviceIoControlAccess(CurrentIrp, FILE_READ_ACCESS | FILE_WRITE_ACCESS) == STATUS_SUCCESS);
    CHECK(IoValidateDeviceIoControlAccess(CurrentIrp, 8) == STATUS_INVALID_PARAMETER);
    CHECK(IoCheckDesiredAccess(&access, FILE_GENERIC_READ) == STATUS_SUCCESS && access == FILE_GENERIC_READ);
    access |= GENERIC_WRITE;
    CHECK(IoCheckDesiredAccess(&access, FILE_GENERIC_READ) == STATUS_ACCESS_DENIED);
    CHECK(access == (FILE_GENERIC_READ | FILE_GENERIC_WRITE));
    CHECK(IoCheckDesiredAccess(&access, FILE_ALL_ACCESS) == STATUS_SUCCESS);
    return 0;
}

static ULONG StackAndDevice(PDEVICE_OBJECT device)
{
    ULONG local[16];
    PHYSICAL_ADDRESS physical = MmGetPhysicalAddress(device);

    CHECK(IoWithinStackLimits((ULONG_PTR)local, sizeof(local)));
    CHECK(!IoWithinStackLimits((ULONG_PTR)local, 0x100000) && !IoWithinStackLimits((ULONG_PTR)device, 8));
    CHECK(IoGetDeviceToVerify(PsGetCurrentThread()) == NULL);
    CHECK(IoSetThreadHardErrorMode(FALSE) == TRUE && IoSetThreadHardErrorMode(TRUE) == FALSE);
    CHECK(!IoRaiseInformationalHardError(STATUS_DISK_FULL, NULL, NULL));
    CHECK(MmGetVirtualForPhysical(physical) == device);
    return 0;
}

static ULONG FilesHaveState(PDEVICE_OBJECT device)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(CurrentIrp)->FileObject;
    MAPPING *mapping = (MAPPING *)IoGetFileObjectGenericMapping();
    SHARE_ACCESS share;
    PULONG made, again;
    int signature;

    CHECK(mapping != NULL && mapping->Read == FILE_GENERIC_READ && mapping->Write == FILE_GENERIC_WRITE);
    CHECK(mapping->Execute == FILE_GENERIC_EXECUTE && mapping->All == FILE_ALL_ACCESS);
    CHECK(!IoIsFileOriginRemote(file) && IoSetFileOrigin(file, TRUE) == STATUS_SUCCESS);
    CHECK(IoIsFileOriginRemote(file) && IoSetFileOrigin(file, FALSE) == STATUS_SUCCESS);
    CHECK(IoGetTransactionParameterBlock(file) == NULL);

    CHECK(IoGetSfioStreamIdentifier(file, &signature) == NULL);
    CHECK(IoAllocateSfioStreamIdentifier(file, 32, &signature, (PVOID *)&made) == STATUS_SUCCESS && made[7] == 0);
    CHECK(IoGetSfioStreamIdentifier(file, &signature) == made);
    CHECK(IoAllocateSfioStreamIdentifier(file, 32, &signature, (PVOID *)&again) == STATUS_DUPLICATE_OBJECTID);
    CHECK(IoFreeSfioStreamIdentifier(file, &signature) == STATUS_SUCCESS);
    CHECK(IoFreeSfioStreamIdentifier(file, &signature) == STATUS_NOT_FOUND);
    /* Goes with the file. */
    CHECK(IoAllocateSfioStreamIdentifier(file, 32, &signature, (PVOID *)&made) == STATUS_SUCCESS);
    IoFreeSfioStreamIdentifier(file, &signature);

    IoSetShareAccess(FILE_READ_DATA, 0, file, &share);
    CHECK(IoCheckShareAccess(FILE_READ_DATA, FILE_SHARE_READ, file, &share, FALSE) == STATUS_SHARING_VIOLATION);
    CHECK(!IoIsFileObjectIgnoringSharing(file) && IoSetFileObjectIgnoreSharing(file) == STATUS_SUCCESS);
    CHECK(IoIsFileObjectIgnoringSharing(file));
    CHECK(IoCheckShareAccess(FILE_READ_DATA, FILE_SHARE_READ, file, &share, TRUE) == STATUS_SUCCESS);
    CHECK(share.OpenCount == 1);
    return 0;
}

static ULONG ReadersAreKeptOutByWritersOnly(PDEVICE_OBJECT device)
{
    PFILE_OBJECT file = ExAllocatePoolWithTag(NonPagedPool, sizeof(FILE_OBJECT), 'iHil');
    BOOLEAN no = FALSE, yes = TRUE;
    SHARE_ACCESS share;

    CHECK(file != NULL);
    RtlZeroMemory(file, sizeof(*file));
    IoSetShareAccessEx(FILE_READ_DATA, 0, file, &share, &no);
    CHECK(share.OpenCount == 1 && share.SharedRead == 1);
    CHECK(IoCheckShareAccessEx(FILE_READ_DATA, FILE_SHARE_READ, file, &share, FALSE, &no) == STATUS_SUCCESS);
    IoSetShareAccessEx(FILE_READ_DATA, 0, file, &share, &yes);
    CHECK(share.SharedRead == 0);
    CHECK(IoCheckShareAccessEx(FILE_READ_DATA, FILE_SHARE_READ, file, &share, FALSE, NULL)
        == STATUS_SHARING_VIOLATION);
    ExFreePoolWithTag(file, 'iHil');
    return 0;
}

static ULONG FilesAreOpenedAtADeviceOfTheStack(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\HilIoMisc");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK status;
    IO_DRIVER_CREATE_CONTEXT context = { sizeof(context), NULL, device, NULL };
    PDEVICE_OBJECT stranger;
    HANDLE file;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    CHECK(IoCreateFileEx(&file, FILE_GENERIC_READ, &attributes, &status, NULL, 0, 7, FILE_OPEN, 0, NULL, 0,
                         CreateFileTypeNone, NULL, 0, &context) == STATUS_SUCCESS);
    CHECK(ZwClose(file) == STATUS_SUCCESS);
    CHECK(IoCreateDevice(device->DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &stranger) == STATUS_SUCCESS);
    CHECK(IoCreateFileSpecifyDeviceObjectHint(&file, FILE_GENERIC_READ, &attributes, &status, NULL, 0, 7, FILE_OPEN,
                                              0, NULL, 0, CreateFileTypeNone, NULL, 0, stranger)
        == STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
    IoDeleteDevice(stranger);
    context.Size = 4;
    CHECK(IoCreateFileEx(&file, FILE_GENERIC_READ, &attributes, &status, NULL, 0, 7, FILE_OPEN, 0, NULL, 0,
                         CreateFileTypeNone, NULL, 0, &context) == STATUS_INVALID_PARAMETER);
    return 0;
}

static NTSTATUS NTAPI SessionChanged(PVOID session, PVOID object, ULONG event, PVOID context, PVOID payload, ULONG size)
{
    return STATUS_SUCCESS;
}

static ULONG SessionsAndDisks(PDEVICE_OBJECT device)
{
    SESSION_NOTIFICATION asked = { sizeof(asked), 0, device, 0xff, NULL };
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Q:");
    UNICODE_STRING target = RTL_CONSTANT_STRING(L"\\Device\\HilIoMisc");
    UNICODE_STRING name;
    UCHAR boot[32];
    PVOID registration;

    CHECK(IoRegisterContainerNotification(0, (PVOID)SessionChanged, &asked, 8, &registration)
        == STATUS_INVALID_PARAMETER);
    CHECK(IoRegisterContainerNotification(0, (PVOID)SessionChanged, &asked, sizeof(asked), &registration)
        == STATUS_SUCCESS);
    IoUnregisterContainerNotification(registration);
    CHECK(IoGetContainerInformation(0, NULL, &asked, sizeof(asked)) == STATUS_INVALID_PARAMETER);
    CHECK(IoGetBootDiskInformation((PVOID)boot, 8) == STATUS_INVALID_PARAMETER);
    CHECK(IoGetBootDiskInformation((PVOID)boot, 24) == STATUS_TOO_LATE);
    CHECK(IoVolumeDeviceToDosName(device, &name) == STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(IoCreateSymbolicLink(&link, &target) == STATUS_SUCCESS);
    CHECK(RtlVolumeDeviceToDosName(device, &name) == STATUS_SUCCESS);
    CHECK(name.Length == 4 && name.Buffer[0] == 'Q' && name.Buffer[1] == ':');
    ExFreePool(name.Buffer);
    CHECK(IoDeleteSymbolicLink(&link) == STATUS_SUCCESS);
    CHECK(FsRtlIsTotalDeviceFailure(STATUS_DEVICE_NOT_CONNECTED) && !FsRtlIsTotalDeviceFailure(STATUS_CRC_ERROR));
    CHECK(!FsRtlIsTotalDeviceFailure(STATUS_SUCCESS));
    return 0;
}

static ULONG MemoryIsLookedUp(PDEVICE_OBJECT device)
{
    PHYSICAL_ADDRESS registers = { .QuadPart = 0xfee00000 };
    LARGE_INTEGER bytes = { .QuadPart = PAGE_SIZE };
    PUCHAR memory = ExAllocatePoolWithTag(NonPagedPool, 100, 'iHil');
    PVOID mapped;
    ULONG flags = 7;
    PMDL mdl;

    CHECK(memory != NULL && (mdl = MmCreateMdl(NULL, memory, 100)) != NULL);
    CHECK(MmGetMdlByteCount(mdl) == 100 && MmGetMdlVirtualAddress(mdl) == memory);
    MmBuildMdlForNonPagedPool(mdl);
    CHECK(mdl->MappedSystemVa == memory);
    ExFreePool(mdl);
    CHECK(MmIsNonPagedSystemAddressValid(memory));
    ExFreePoolWithTag(memory, 'iHil');
    CHECK(!MmIsNonPagedSystemAddressValid(memory));

    CHECK(!MmIsIoSpaceActive(registers, PAGE_SIZE));
    mapped = MmMapVideoDisplay(registers, 64, MmNonCached);
    CHECK(mapped != NULL && MmIsIoSpaceActive(registers, 4));
    MmUnmapVideoDisplay(mapped, 64);
    CHECK(!MmIsIoSpaceActive(registers, PAGE_SIZE));

    CHECK(!MmIsDriverVerifying(device->DriverObject) && !MmIsDriverVerifyingByAddress((PVOID)MemoryIsLookedUp));
    CHECK(MmIsVerifierEnabled(&flags) == STATUS_NOT_SUPPORTED && flags == 0);
    CHECK(!MmIsThisAnNtAsSystem() && MmAddVerifierThunks(&flags, 4) == STATUS_NOT_SUPPORTED);
    CHECK(MmAddPhysicalMemory(&registers, &bytes) == STATUS_NOT_SUPPORTED);
    bytes.QuadPart = 5;
    CHECK(MmAddPhysicalMemory(&registers, &bytes) == STATUS_INVALID_PARAMETER_2);
    return 0;
}

static ULONG UserMemoryIsSecured(PDEVICE_OBJECT device)
{
    LARGE_INTEGER size = { .QuadPart = PAGE_SIZE };
    HANDLE section, secured;
    PVOID view = NULL;
    SIZE_T viewSize = 0;

    CHECK(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL)
        == STATUS_SUCCESS);
    CHECK(ZwMapViewOfSection(section, ZwCurrentProcess(), &view, 0, 0, NULL, &viewSize, ViewUnmap, 0, PAGE_READONLY)
        == STATUS_SUCCESS);
    CHECK(MmSecureVirtualMemory(view, PAGE_SIZE, PAGE_READWRITE) == NULL);
    CHECK(MmSecureVirtualMemory(device, 8, PAGE_READONLY) == NULL);
    secured = MmSecureVirtualMemory(view, PAGE_SIZE, PAGE_READONLY);
    CHECK(secured != NULL);
    CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), view) == STATUS_INVALID_PAGE_PROTECTION);
    MmUnsecureVirtualMemory(secured);
    CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), view) == STATUS_SUCCESS);
    CHECK(ZwClose(section) == STATUS_SUCCESS);
    return 0;
}

static VOID NotePreviousMode(PVOID context)
{
    *(PULONG)context = ExGetPreviousMode();
}

/* A request from above is an application's; a thread of the driver's has no caller but the kernel. */
static ULONG PreviousModeIsThatOfWhoAsks(PDEVICE_OBJECT device)
{
    ULONG mode = MaximumMode;
    HANDLE thread;

    CHECK(ExGetPreviousMode() == UserMode && CurrentIrp->RequestorMode == UserMode);
    CHECK(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, NotePreviousMode, &mode)
        == STATUS_SUCCESS);
    CHECK(ZwWaitForSingleObject(thread, FALSE, NULL) == STATUS_SUCCESS && ZwClose(thread) == STATUS_SUCCESS);
    CHECK(mode == KernelMode && ExGetPreviousMode() == UserMode);
    return 0;
}

static ULONG RequestsSayWhoWaits(PDEVICE_OBJECT device)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    FILE_OBJECT file;

    CHECK(irp != NULL && IoGetRequestorProcessId(irp) == 0 && IoGetRequestorProcess(irp) == NULL);
    CHECK(HandleToULong(PsGetCurrentProcessId()) == IoGetRequestorProcessId(CurrentIrp));
    IoSetNextIrpStackLocation(irp);
    CHECK(!IoIsOperationSynchronous(irp));
    RtlZeroMemory(&file, sizeof file);
    IoGetCurrentIrpStackLocation(irp)->FileObject = &file;
    CHECK(!IoIsOperationSynchronous(irp));
    file.Flags = FO_SYNCHRONOUS_IO;
    CHECK(IoIsOperationSynchronous(irp));
    irp->Flags |= IRP_PAGING_IO;
    CHECK(!IoIsOperationSynchronous(irp));
    irp->Flags |= IRP_SYNCHRONOUS_PAGING_IO;
    CHECK(IoIsOperationSynchronous(irp));
    irp->Flags = IRP_SYNCHRONOUS_API;
    file.Flags = 0;
    CHECK(IoIsOperationSynchronous(irp));
    irp->Flags = 0;
    IoFreeIrp(irp);
    return 0;
}

static ULONG QuotaIsNotedInRequests(PDEVICE_OBJECT device)
{
    PIRP charged = IoAllocateIrp(1, TRUE), free = IoAllocateIrp(1, FALSE);

    CHECK(charged != NULL && free != NULL);
    CHECK((charged->AllocationFlags & IRP_QUOTA_CHARGED) != 0 && (free->AllocationFlags & IRP_QUOTA_CHARGED) == 0);
    IoReuseIrp(charged, STATUS_SUCCESS);
    CHECK((charged->AllocationFlags & IRP_QUOTA_CHARGED) != 0);
    IoFreeIrp(charged);
    IoFreeIrp(free);
    return 0;
}

static struct {
    PKEVENT Read, Cleanup;
    ULONG CleanupFlags;
} Seen;

static NTSTATUS NTAPI SeeRequest(PDEVICE_OBJECT device, PIRP irp)
{
    if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_READ) {
        Seen.Read = irp->UserEvent;
    } else {
        Seen.Cleanup = irp->UserEvent;
        Seen.CleanupFlags = irp->Flags;
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

/* A request has the event that its requester gave; IoBuildSynchronousFsdRequest's always has one. */
static ULONG RequestsHaveTheEventOfWhoAsks(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\HilIoMisc");
    PDRIVER_OBJECT driver = device->DriverObject;
    PDRIVER_DISPATCH read = driver->MajorFunction[IRP_MJ_READ], cleanup = driver->MajorFunction[IRP_MJ_CLEANUP];
    LARGE_INTEGER offset = { .QuadPart = 0 };
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK status;
    HANDLE file, event;
    PVOID object;
    UCHAR byte;

    driver->MajorFunction[IRP_MJ_READ] = driver->MajorFunction[IRP_MJ_CLEANUP] = SeeRequest;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    CHECK(CurrentIrp->UserEvent == NULL);
    CHECK(ZwOpenFile(&file, FILE_GENERIC_READ, &attributes, &status, 7, FILE_SYNCHRONOUS_IO_NONALERT)
        == STATUS_SUCCESS);
    CHECK(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE) == STATUS_SUCCESS);
    CHECK(ObReferenceObjectByHandle(event, SYNCHRONIZE, *ExEventObjectType, KernelMode, &object, NULL)
        == STATUS_SUCCESS);
    Seen.Read = object;
    CHECK(ZwReadFile(file, NULL, NULL, NULL, &status, &byte, 1, &offset, NULL) == STATUS_SUCCESS);
    CHECK(Seen.Read == NULL);
    CHECK(ZwReadFile(file, event, NULL, NULL, &status, &byte, 1, &offset, NULL) == STATUS_SUCCESS);
    CHECK(Seen.Read == object && KeReadStateEvent(object) != 0);
    ObDereferenceObject(object);
    CHECK(ZwClose(event) == STATUS_SUCCESS && ZwClose(file) == STATUS_SUCCESS);
    CHECK(Seen.Cleanup != NULL && (Seen.CleanupFlags & IRP_SYNCHRONOUS_API) != 0);
    CHECK((Seen.CleanupFlags & IRP_CLOSE_OPERATION) != 0);
    driver->MajorFunction[IRP_MJ_READ] = read;
    driver->MajorFunction[IRP_MJ_CLEANUP] = cleanup;
    return 0;
}

/* A driver from before PnP finds its device by itself: edu, if the machine has one. */
static ULONG SlotsGiveTheirResources(PDEVICE_OBJECT device)
{
    const ULONG Edu = 0x11e81234, Bar0 = 0x10;
    PCM_PARTIAL_RESOURCE_LIST partial;
    PCM_RESOURCE_LIST list = NULL;
    ULONG slot, id = 0, bar = 0;
    PULONG registers;

    for (slot = 0; slot < 32 && id != Edu; slot++)
        HalGetBusDataByOffset(PCIConfiguration, 0, slot, &id, 0, sizeof id);
    if (id != Edu)
        return 0;
    slot--;
    CHECK(HalAssignSlotResources(NULL, NULL, device->DriverObject, device, PCIBus, 0, slot, &list) == STATUS_SUCCESS);
    CHECK(list->Count == 1 && list->List[0].InterfaceType == PCIBus && list->List[0].BusNumber == 0);
    partial = &list->List[0].PartialResourceList;
    CHECK(partial->Count == 2 && partial->PartialDescriptors[0].Type == CmResourceTypeMemory);
    CHECK(partial->PartialDescriptors[0].u.Memory.Length == 0x100000);
    CHECK(partial->PartialDescriptors[1].Type == CmResourceTypeInterrupt);
    CHECK(HalGetBusDataByOffset(PCIConfiguration, 0, slot, &bar, Bar0, sizeof bar) == sizeof bar);
    CHECK(bar != 0 && bar == partial->PartialDescriptors[0].u.Memory.Start.LowPart);
    registers = MmMapIoSpace(partial->PartialDescriptors[0].u.Memory.Start, PAGE_SIZE, MmNonCached);
    CHECK(registers != NULL && READ_REGISTER_ULONG(registers) == 0x010000ed);
    MmUnmapIoSpace(registers, PAGE_SIZE);
    ExFreePool(list);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(RequestsHavePriorities),
    CHECK_CASE_OF(BuffersOfRequestsArePool),
    CHECK_CASE_OF(RequestorsAccess),
    CHECK_CASE_OF(StackAndDevice),
    CHECK_CASE_OF(FilesHaveState),
    CHECK_CASE_OF(ReadersAreKeptOutByWritersOnly),
    CHECK_CASE_OF(FilesAreOpenedAtADeviceOfTheStack),
    CHECK_CASE_OF(SessionsAndDisks),
    CHECK_CASE_OF(MemoryIsLookedUp),
    CHECK_CASE_OF(UserMemoryIsSecured),
    CHECK_CASE_OF(PreviousModeIsThatOfWhoAsks),
    CHECK_CASE_OF(RequestsSayWhoWaits),
    CHECK_CASE_OF(QuotaIsNotedInRequests),
    CHECK_CASE_OF(RequestsHaveTheEventOfWhoAsks),
    CHECK_CASE_OF(SlotsGiveTheirResources),
};

static NTSTATUS MiscControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    CurrentIrp = irp;
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilIoMisc"), 0, MiscControl, NULL };
