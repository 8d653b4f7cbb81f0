/*
 * Self-checking: a provider of WMI data that leaves the requests to wmilib.sys, and its consumer. It has a data block
 * with two instances, of which it lets one number be set and a method be called, a block that is only read, and an
 * event.
 */

#include "wmi.h"
#include <wmilib.h>

enum { BLOCK_COUNTERS, BLOCK_READ_ONLY, BLOCK_EVENT, BLOCKS };

static const GUID Counters = WMI_CLASS(0x11);
static const GUID ReadOnly = WMI_CLASS(0x12);
static const GUID Event = WMI_CLASS(0x13);

static WMIGUIDREGINFO Blocks[BLOCKS] = {
    { &Counters, 2, 0 },
    { &ReadOnly, 1, 0 },
    { &Event, 1, WMIREG_FLAG_EVENT_ONLY_GUID },
};

static ULONG Values[2] = { 10, 20 };
static UNICODE_STRING Registry = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\Hil");

static NTSTATUS NTAPI QueryRegInfo(PDEVICE_OBJECT device, PULONG flags, PUNICODE_STRING name, PUNICODE_STRING *registry,
                                   PUNICODE_STRING mof, PDEVICE_OBJECT *pdo)
{
    static const WCHAR baseName[] = L"Hil Library ";

    name->Buffer = ExAllocatePoolWithTag(PagedPool, sizeof(baseName), 'lHil'); /* WMI frees it */
    if (name->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(name->Buffer, baseName, sizeof(baseName));
    name->Length = sizeof(baseName) - sizeof(WCHAR);
    name->MaximumLength = sizeof(baseName);
    *flags = WMIREG_FLAG_INSTANCE_BASENAME;
    *registry = &Registry;
    RtlInitUnicodeString(mof, L"HilResource");
    return STATUS_SUCCESS;
}

/* Three bytes more in the second instance: they say where an instance begins. */
static NTSTATUS NTAPI QueryBlock(PDEVICE_OBJECT device, PIRP irp, ULONG block, ULONG instance, ULONG count,
                                 PULONG lengths, ULONG available, PUCHAR buffer)
{
    ULONG needed = count == 2 ? 8 + sizeof(ULONG) + 3 : sizeof(ULONG) + 3 * instance;
    ULONG i;

    if (available < needed)
        return WmiCompleteRequest(device, irp, STATUS_BUFFER_TOO_SMALL, needed, IO_NO_INCREMENT);
    for (i = 0; i < count; i++) {
        *(PULONG)(buffer + 8 * i) = Values[instance + i];
        lengths[i] = sizeof(ULONG) + 3 * (instance + i);
    }
    return WmiCompleteRequest(device, irp, STATUS_SUCCESS, needed, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI SetBlock(PDEVICE_OBJECT device, PIRP irp, ULONG block, ULONG instance, ULONG bytes, PUCHAR buffer)
{
    NTSTATUS status = block != BLOCK_COUNTERS ? STATUS_WMI_READ_ONLY
        : bytes != sizeof(ULONG) ? STATUS_INVALID_BUFFER_SIZE : STATUS_SUCCESS;

    if (NT_SUCCESS(status))
        Values[instance] = *(PULONG)buffer;
    return WmiCompleteRequest(device, irp, status, 0, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI Execute(PDEVICE_OBJECT device, PIRP irp, ULONG block, ULONG instance, ULONG method, ULONG inBytes,
                              ULONG outBytes, PUCHAR buffer)
{
    if (method != METHOD_ADD)
        return WmiCompleteRequest(device, irp, STATUS_WMI_ITEMID_NOT_FOUND, 0, IO_NO_INCREMENT);
    if (outBytes < sizeof(ULONG64))
        return WmiCompleteRequest(device, irp, STATUS_BUFFER_TOO_SMALL, sizeof(ULONG64), IO_NO_INCREMENT);
    *(PULONG64)buffer = (inBytes == sizeof(ULONG) ? *(PULONG)buffer : 0) + Values[instance];
    return WmiCompleteRequest(device, irp, STATUS_SUCCESS, sizeof(ULONG64), IO_NO_INCREMENT);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp, ULONG block, WMIENABLEDISABLECONTROL function,
                              BOOLEAN enable)
{
    if (block == BLOCK_EVENT && function == WmiEventControl)
        Enabled += enable ? 1 : -1;
    return WmiCompleteRequest(device, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

static WMILIB_CONTEXT Context = { BLOCKS, Blocks, QueryRegInfo, QueryBlock, SetBlock, NULL, Execute, Control };
static SYSCTL_IRP_DISPOSITION Disposition;

static NTSTATUS NTAPI SystemControl(PDEVICE_OBJECT device, PIRP irp)
{
    NTSTATUS status = WmiSystemControl(&Context, device, irp, &Disposition);

    if (Disposition == IrpNotWmi || Disposition == IrpForward)
        irp->IoStatus.Status = status;
    if (Disposition != IrpProcessed)
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI KeepRequest(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* A request as WMI would send it; what the driver says of it is in Information. */
static NTSTATUS Send(PDEVICE_OBJECT device, UCHAR minor, PDEVICE_OBJECT provider, PVOID path, PVOID buffer, ULONG bytes,
                     PULONG_PTR information)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    PIO_STACK_LOCATION stack;
    NTSTATUS status;

    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    stack->MinorFunction = minor;
    stack->Parameters.WMI.ProviderId = (ULONG_PTR)provider;
    stack->Parameters.WMI.DataPath = path;
    stack->Parameters.WMI.BufferSize = bytes;
    stack->Parameters.WMI.Buffer = buffer;
    IoSetCompletionRoutine(irp, KeepRequest, NULL, TRUE, TRUE, TRUE);
    status = IoCallDriver(device, irp);
    *information = irp->IoStatus.Information;
    IoFreeIrp(irp);
    return status;
}

static ULONG RequestsOfOthersAreLeftToTheDriver(PDEVICE_OBJECT device)
{
    ULONG_PTR information;

    CHECK(Send(device, 0x20, device, NULL, NULL, 0, &information) == STATUS_INVALID_DEVICE_REQUEST);
    CHECK(Disposition == IrpNotWmi);
    CHECK(Send(device, IRP_MN_REGINFO, NULL, NULL, Room, PAGE_SIZE, &information) == STATUS_INVALID_DEVICE_REQUEST);
    CHECK(Disposition == IrpForward);
    CHECK(Send(device, IRP_MN_QUERY_ALL_DATA, device, (PVOID)&Registry, Room, PAGE_SIZE, &information)
        == STATUS_WMI_GUID_NOT_FOUND && Disposition == IrpNotCompleted && information == 0);
    return 0;
}

static ULONG BlocksAreDescribed(PDEVICE_OBJECT device)
{
    PWMIREGINFOW info = (PWMIREGINFOW)Room;
    ULONG_PTR information;
    ULONG needed;

    CHECK(Send(device, IRP_MN_REGINFO, device, NULL, Room, 32, &information) == STATUS_BUFFER_TOO_SMALL);
    CHECK(information == sizeof(ULONG) && Disposition == IrpNotCompleted);
    needed = *(PULONG)Room;
    CHECK(needed > FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) + BLOCKS * sizeof(WMIREGGUIDW));
    CHECK(Send(device, IRP_MN_REGINFO_EX, device, NULL, Room, needed, &information) == STATUS_SUCCESS);
    CHECK(information == needed && info->BufferSize == needed && info->GuidCount == BLOCKS);
    CHECK(info->WmiRegGuid[BLOCK_COUNTERS].InstanceCount == 2);
    CHECK(info->WmiRegGuid[BLOCK_EVENT].Flags == (WMIREG_FLAG_EVENT_ONLY_GUID | WMIREG_FLAG_INSTANCE_BASENAME));
    CHECK(*(PUSHORT)(Room + info->RegistryPath) == Registry.Length);
    CHECK(RtlCompareMemory(Room + info->RegistryPath + 2, Registry.Buffer, Registry.Length) == Registry.Length);
    CHECK(*(PUSHORT)(Room + info->MofResourceName) == 11 * sizeof(WCHAR));
    return 0;
}

static ULONG InstancesAreRead(PDEVICE_OBJECT device)
{
    UNICODE_STRING second = RTL_CONSTANT_STRING(L"Hil Library 1"), third = RTL_CONSTANT_STRING(L"Hil Library 2");
    PWNODE_ALL_DATA all = (PWNODE_ALL_DATA)Room;
    PWNODE_SINGLE_INSTANCE one = (PWNODE_SINGLE_INSTANCE)Room;
    OFFSETINSTANCEDATAANDLENGTH *instances = all->OffsetInstanceDataAndLength;
    ULONG bytes = PAGE_SIZE;
    PVOID block;

    CHECK(IoWMIOpenBlock((GUID *)&Counters, WMIGUID_QUERY, &block) == STATUS_SUCCESS);
    CHECK(IoWMIQueryAllData(block, &bytes, Room) == STATUS_SUCCESS && all->InstanceCount == 2);
    CHECK(!(all->WnodeHeader.Flags & WNODE_FLAG_FIXED_INSTANCE_SIZE) && all->WnodeHeader.TimeStamp.QuadPart != 0);
    CHECK(instances[0].LengthInstanceData == 4 && instances[1].LengthInstanceData == 7);
    CHECK(instances[0].OffsetInstanceData == all->DataBlockOffset);
    CHECK(instances[1].OffsetInstanceData == all->DataBlockOffset + 8);
    CHECK(*(PULONG)(Room + instances[1].OffsetInstanceData) == Values[1]);
    bytes = PAGE_SIZE;
    CHECK(IoWMIQuerySingleInstance(block, &second, &bytes, Room) == STATUS_SUCCESS && one->SizeDataBlock == 7);
    CHECK(*(PULONG)(Room + one->DataBlockOffset) == Values[1] && bytes == one->DataBlockOffset + 7);
    CHECK(IoWMIQuerySingleInstance(block, &third, &bytes, Room) == STATUS_WMI_INSTANCE_NOT_FOUND);
    ObDereferenceObject(block);
    return 0;
}

static ULONG TooSmallBuffersAreToldTheSize(PDEVICE_OBJECT device)
{
    PWNODE_TOO_SMALL node = (PWNODE_TOO_SMALL)Room;
    ULONG_PTR information;

    RtlZeroMemory(Room, PAGE_SIZE);
    node->WnodeHeader.Flags = WNODE_FLAG_ALL_DATA;
    CHECK(Send(device, IRP_MN_QUERY_ALL_DATA, device, (PVOID)&Counters, Room, 80, &information) == STATUS_SUCCESS);
    CHECK(Disposition == IrpProcessed && information == sizeof(WNODE_TOO_SMALL));
    CHECK((node->WnodeHeader.Flags & WNODE_FLAG_TOO_SMALL) && node->SizeNeeded == 80 + 15);
    return 0;
}

static ULONG InstancesAreSet(PDEVICE_OBJECT device)
{
    UNICODE_STRING first = RTL_CONSTANT_STRING(L"Hil Library 0");
    ULONG value = 30;
    PVOID block;

    CHECK(IoWMIOpenBlock((GUID *)&Counters, WMIGUID_SET, &block) == STATUS_SUCCESS);
    CHECK(IoWMISetSingleInstance(block, &first, 0, sizeof(value), &value) == STATUS_SUCCESS && Values[0] == 30);
    CHECK(IoWMISetSingleInstance(block, &first, 0, 2, &value) == STATUS_INVALID_BUFFER_SIZE);
    CHECK(IoWMISetSingleItem(block, &first, 1, 0, sizeof(value), &value) == STATUS_WMI_READ_ONLY); /* no routine */
    CHECK(Disposition == IrpNotCompleted);
    ObDereferenceObject(block);
    CHECK(IoWMIOpenBlock((GUID *)&ReadOnly, WMIGUID_SET, &block) == STATUS_SUCCESS);
    CHECK(IoWMISetSingleInstance(block, &first, 0, sizeof(value), &value) == STATUS_WMI_READ_ONLY);
    CHECK(Disposition == IrpProcessed);
    ObDereferenceObject(block);
    return 0;
}

static ULONG MethodsAreCalled(PDEVICE_OBJECT device)
{
    UNICODE_STRING second = RTL_CONSTANT_STRING(L"Hil Library 1");
    ULONG numbers[2] = { 1, 9 }, bytes = sizeof(numbers);
    PVOID block;

    CHECK(IoWMIOpenBlock((GUID *)&Counters, WMIGUID_EXECUTE, &block) == STATUS_SUCCESS);
    CHECK(IoWMIExecuteMethod(block, &second, METHOD_ADD, sizeof(ULONG), &bytes, (PUCHAR)numbers) == STATUS_SUCCESS);
    CHECK(bytes == sizeof(ULONG64) && numbers[0] == 1 + Values[1] && numbers[1] == 0);
    CHECK(IoWMIExecuteMethod(block, &second, 1, sizeof(ULONG), &bytes, (PUCHAR)numbers)
        == STATUS_WMI_ITEMID_NOT_FOUND);
    ObDereferenceObject(block);
    return 0;
}

static ULONG EventsReachTheirListeners(PDEVICE_OBJECT device)
{
    PULONG data = ExAllocatePoolWithTag(NonPagedPool, sizeof(ULONG), 'lHil'); /* WMI frees it */
    PVOID block;
    KIRQL irql;

    CHECK(data != NULL);
    *data = 41;
    CHECK(WmiFireEvent(device, &Event, 0, 0, NULL) == STATUS_SUCCESS); /* nobody listens */
    CHECK(WmiListen(&Event, &block) == STATUS_SUCCESS && Enabled == 1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    CHECK_INTO(ToldValue, WmiFireEvent(device, &Event, 0, sizeof(ULONG), data) == STATUS_SUCCESS);
    KeLowerIrql(irql);
    CHECK(WmiWait() == STATUS_SUCCESS && ToldValue == 42);
    CHECK(WmiFireEvent(device, &Event, 0, 0, NULL) == STATUS_SUCCESS);
    CHECK(WmiWait() == STATUS_SUCCESS && ToldValue == 1);
    ObDereferenceObject(block);
    CHECK(Enabled == 0);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(RequestsOfOthersAreLeftToTheDriver),
    CHECK_CASE_OF(BlocksAreDescribed),
    CHECK_CASE_OF(InstancesAreRead),
    CHECK_CASE_OF(TooSmallBuffersAreToldTheSize),
    CHECK_CASE_OF(InstancesAreSet),
    CHECK_CASE_OF(MethodsAreCalled),
    CHECK_CASE_OF(EventsReachTheirListeners),
};

static NTSTATUS WmilibControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return WmiRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

static NTSTATUS WmilibInitialize(PDRIVER_OBJECT driver, PDEVICE_OBJECT device)
{
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = SystemControl;
    return STATUS_SUCCESS;
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilWmilib"), 0, WmilibControl, WmilibInitialize };
