/*
 * Self-checking: one driver is provider and consumer of WMI data. Its device has three classes: two instances with a
 * base name, one instance that the driver names itself, and an event.
 */

#include "wmi.h"

#define ITEM_SECOND 2

static const GUID Counters = WMI_CLASS(0x01);
static const GUID Own = WMI_CLASS(0x02);
static const GUID Event = WMI_CLASS(0x03);
static const GUID Nobodys = WMI_CLASS(0x04);
static WCHAR BaseName[] = L"Hil Counter ";
static WCHAR OwnName[] = L"Named by the driver";

static ULONG Values[2][2] = { { 10, 11 }, { 20, 21 } };

static VOID PutName(PUCHAR at, PCWSTR name)
{
    USHORT bytes = (USHORT)(wcslen(name) * sizeof(WCHAR));

    *(PUSHORT)at = bytes;
    RtlCopyMemory(at + sizeof(USHORT), name, bytes);
}

static NTSTATUS RegInfo(PWMIREGINFOW info, ULONG room, PULONG_PTR used)
{
    ULONG bytes = FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) + 3 * sizeof(WMIREGGUIDW);
    ULONG baseName = bytes;

    bytes += sizeof(USHORT) + sizeof(BaseName) + 0x2000; /* more than WMI first has room for */
    if (room < bytes) {
        *(PULONG)info = bytes;
        *used = sizeof(ULONG);
        return STATUS_SUCCESS;
    }
    RtlZeroMemory(info, bytes);
    info->BufferSize = bytes;
    info->GuidCount = 3;
    info->WmiRegGuid[0].Guid = Counters;
    info->WmiRegGuid[0].Flags = WMIREG_FLAG_INSTANCE_BASENAME;
    info->WmiRegGuid[0].InstanceCount = 2;
    info->WmiRegGuid[0].BaseNameOffset = baseName;
    info->WmiRegGuid[1].Guid = Own;
    info->WmiRegGuid[2].Guid = Event;
    info->WmiRegGuid[2].Flags = WMIREG_FLAG_EVENT_ONLY_GUID | WMIREG_FLAG_INSTANCE_BASENAME;
    info->WmiRegGuid[2].InstanceCount = 1;
    info->WmiRegGuid[2].BaseNameOffset = baseName;
    PutName((PUCHAR)info + baseName, BaseName);
    *used = bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS AllData(PWNODE_ALL_DATA node, ULONG room, PULONG_PTR used)
{
    ULONG bytes = sizeof(WNODE_ALL_DATA) + sizeof(Values);

    if (room < bytes)
        return STATUS_BUFFER_TOO_SMALL;
    node->WnodeHeader.BufferSize = bytes;
    node->WnodeHeader.Flags |= WNODE_FLAG_FIXED_INSTANCE_SIZE;
    node->DataBlockOffset = sizeof(WNODE_ALL_DATA);
    node->InstanceCount = 2;
    node->FixedInstanceSize = sizeof(Values[0]);
    RtlCopyMemory((PUCHAR)node + node->DataBlockOffset, Values, sizeof(Values));
    *used = bytes;
    return STATUS_SUCCESS;
}

static BOOLEAN IsOwn(PWNODE_SINGLE_INSTANCE node)
{
    PUCHAR name = (PUCHAR)node + node->OffsetInstanceName;

    return *(PUSHORT)name == sizeof(OwnName) - sizeof(WCHAR)
        && RtlCompareMemory(name + sizeof(USHORT), OwnName, *(PUSHORT)name) == *(PUSHORT)name;
}

static NTSTATUS SingleInstance(PWNODE_SINGLE_INSTANCE node, const GUID *guid, ULONG room, PULONG_PTR used)
{
    BOOLEAN isOwn = RtlCompareMemory(guid, &Own, sizeof(GUID)) == sizeof(GUID);
    ULONG bytes = node->DataBlockOffset + (isOwn ? 0x4000 : sizeof(Values[0]));

    if (isOwn && !IsOwn(node))
        return STATUS_WMI_INSTANCE_NOT_FOUND;
    if (!isOwn && (node->InstanceIndex > 1 || !(node->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES)))
        return STATUS_WMI_INSTANCE_NOT_FOUND;
    if (room < bytes) {
        node->WnodeHeader.Flags |= WNODE_FLAG_TOO_SMALL;
        node->WnodeHeader.BufferSize = sizeof(WNODE_TOO_SMALL);
        ((PWNODE_TOO_SMALL)node)->SizeNeeded = bytes;
        *used = sizeof(WNODE_TOO_SMALL);
        return STATUS_SUCCESS;
    }
    node->WnodeHeader.BufferSize = bytes;
    node->SizeDataBlock = bytes - node->DataBlockOffset;
    RtlFillMemory((PUCHAR)node + node->DataBlockOffset, node->SizeDataBlock, 0x5a);
    if (!isOwn)
        RtlCopyMemory((PUCHAR)node + node->DataBlockOffset, Values[node->InstanceIndex], sizeof(Values[0]));
    *used = bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS Execute(PWNODE_METHOD_ITEM node, PULONG_PTR used)
{
    PULONG numbers = (PULONG)((PUCHAR)node + node->DataBlockOffset);

    if (node->MethodId != METHOD_ADD)
        return STATUS_WMI_ITEMID_NOT_FOUND;
    numbers[0] += numbers[1] + Values[node->InstanceIndex][0];
    node->SizeDataBlock = sizeof(ULONG);
    node->WnodeHeader.BufferSize = node->DataBlockOffset + sizeof(ULONG);
    *used = node->WnodeHeader.BufferSize;
    return STATUS_SUCCESS;
}

static NTSTATUS Answer(PIO_STACK_LOCATION stack, PULONG_PTR used)
{
    PVOID buffer = stack->Parameters.WMI.Buffer;
    ULONG room = stack->Parameters.WMI.BufferSize;
    PWNODE_SINGLE_INSTANCE instance = buffer;
    PWNODE_SINGLE_ITEM item = buffer;

    switch (stack->MinorFunction) {
    case IRP_MN_REGINFO:
        return RegInfo(buffer, room, used);
    case IRP_MN_QUERY_ALL_DATA:
        return AllData(buffer, room, used);
    case IRP_MN_QUERY_SINGLE_INSTANCE:
        return SingleInstance(buffer, stack->Parameters.WMI.DataPath, room, used);
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
        if (instance->SizeDataBlock != sizeof(Values[0]))
            return STATUS_INVALID_BUFFER_SIZE;
        RtlCopyMemory(Values[instance->InstanceIndex], (PUCHAR)buffer + instance->DataBlockOffset, sizeof(Values[0]));
        return STATUS_SUCCESS;
    case IRP_MN_CHANGE_SINGLE_ITEM:
        if (item->ItemId != ITEM_SECOND)
            return STATUS_WMI_ITEMID_NOT_FOUND;
        Values[item->InstanceIndex][1] = *(PULONG)((PUCHAR)buffer + item->DataBlockOffset);
        return STATUS_SUCCESS;
    case IRP_MN_EXECUTE_METHOD:
        return Execute(buffer, used);
    case IRP_MN_ENABLE_EVENTS:
        Enabled++;
        return STATUS_SUCCESS;
    case IRP_MN_DISABLE_EVENTS:
        Enabled--;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS NTAPI WmiSystemControlIrp(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = irp->IoStatus.Status;
    ULONG_PTR used = 0;

    if (stack->Parameters.WMI.ProviderId == (ULONG_PTR)device)
        status = Answer(stack, &used);
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = used;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static ULONG BlocksOfNobodyAreNotFound(PDEVICE_OBJECT device)
{
    PVOID block;
    ULONG bytes = 0;

    CHECK(IoWMIOpenBlock((GUID *)&Nobodys, WMIGUID_QUERY, &block) == STATUS_WMI_GUID_NOT_FOUND && block == NULL);
    CHECK(IoWMIRegistrationControl(device, WMIREG_ACTION_DEREGISTER) == STATUS_SUCCESS);
    CHECK(IoWMIOpenBlock((GUID *)&Counters, WMIGUID_QUERY, &block) == STATUS_WMI_GUID_NOT_FOUND);
    CHECK(IoWMIRegistrationControl(device, WMIREG_ACTION_REGISTER) == STATUS_SUCCESS);
    CHECK(IoWMIOpenBlock((GUID *)&Counters, WMIGUID_SET, &block) == STATUS_SUCCESS);
    CHECK(IoWMIQueryAllData(block, &bytes, NULL) == STATUS_ACCESS_DENIED);
    ObDereferenceObject(block);
    return 0;
}

static ULONG AllInstancesAreRead(PDEVICE_OBJECT device)
{
    PWNODE_ALL_DATA all = (PWNODE_ALL_DATA)Room, next;
    PVOID block, blocks[2];
    ULONG bytes = 16, needed;
    PUCHAR name;

    CHECK(IoWMIOpenBlock((GUID *)&Counters, WMIGUID_QUERY, &block) == STATUS_SUCCESS);
    CHECK(IoWMIQueryAllData(block, &bytes, Room) == STATUS_BUFFER_TOO_SMALL);
    needed = bytes;
    CHECK(needed > sizeof(WNODE_ALL_DATA) + sizeof(Values));
    CHECK(IoWMIQueryAllData(block, &bytes, Room) == STATUS_SUCCESS && bytes == needed);
    CHECK(all->WnodeHeader.BufferSize == bytes && all->WnodeHeader.Linkage == 0 && all->InstanceCount == 2);
    CHECK(RtlCompareMemory(&all->WnodeHeader.Guid, &Counters, sizeof(GUID)) == sizeof(GUID));
    CHECK(*(PULONG)(Room + all->DataBlockOffset + all->FixedInstanceSize) == Values[1][0]);
    name = Room + ((PULONG)(Room + all->OffsetInstanceNameOffsets))[1];
    CHECK(*(PUSHORT)name == sizeof(BaseName) && ((PWCHAR)(name + sizeof(USHORT)))[12] == '1');

    blocks[0] = blocks[1] = block;
    bytes = PAGE_SIZE;
    CHECK(IoWMIQueryAllDataMultiple(blocks, 2, &bytes, Room) == STATUS_SUCCESS && bytes > 2 * needed - 8);
    next = (PWNODE_ALL_DATA)(Room + all->WnodeHeader.Linkage);
    CHECK(all->WnodeHeader.Linkage >= needed && next->WnodeHeader.Linkage == 0 && next->InstanceCount == 2);
    ObDereferenceObject(block);
    return 0;
}

static ULONG InstancesAreReadAndSet(PDEVICE_OBJECT device)
{
    UNICODE_STRING first = RTL_CONSTANT_STRING(L"Hil Counter 0"), second = RTL_CONSTANT_STRING(L"hil counter 1");
    UNICODE_STRING absent = RTL_CONSTANT_STRING(L"Hil Counter 2");
    UNICODE_STRING names[2];
    PWNODE_SINGLE_INSTANCE one = (PWNODE_SINGLE_INSTANCE)Room;
    ULONG values[2] = { 30, 31 };
    ULONG value = 41, bytes = PAGE_SIZE;
    PVOID block, blocks[2];

    CHECK(IoWMIOpenBlock((GUID *)&Counters, WMIGUID_QUERY | WMIGUID_SET, &block) == STATUS_SUCCESS);
    CHECK(IoWMIQuerySingleInstance(block, &absent, &bytes, Room) == STATUS_WMI_INSTANCE_NOT_FOUND);
    CHECK(IoWMIQuerySingleInstance(block, &second, &bytes, Room) == STATUS_SUCCESS && one->SizeDataBlock == 8);
    CHECK(((PULONG)(Room + one->DataBlockOffset))[0] == 20);
    CHECK(IoWMISetSingleInstance(block, &second, 0, sizeof(values), values) == STATUS_SUCCESS);
    CHECK(Values[1][0] == 30 && Values[1][1] == 31 && Values[0][0] == 10);
    CHECK(IoWMISetSingleInstance(block, &second, 0, 4, values) == STATUS_INVALID_BUFFER_SIZE);
    CHECK(IoWMISetSingleItem(block, &first, ITEM_SECOND, 0, sizeof(value), &value) == STATUS_SUCCESS);
    CHECK(Values[0][1] == 41);
    CHECK(IoWMISetSingleItem(block, &first, 1, 0, sizeof(value), &value) == STATUS_WMI_ITEMID_NOT_FOUND);

    blocks[0] = blocks[1] = block;
    names[0] = first;
    names[1] = second;
    bytes = PAGE_SIZE;
    CHECK(IoWMIQuerySingleInstanceMultiple(blocks, names, 2, &bytes, Room) == STATUS_SUCCESS);
    one = (PWNODE_SINGLE_INSTANCE)(Room + one->WnodeHeader.Linkage);
    CHECK(one->InstanceIndex == 1 && ((PULONG)((PUCHAR)one + one->DataBlockOffset))[1] == 31);
    ObDereferenceObject(block);
    return 0;
}

static ULONG TheDriverNamesItsInstance(PDEVICE_OBJECT device)
{
    UNICODE_STRING own = RTL_CONSTANT_STRING(L"Named by the driver"), absent = RTL_CONSTANT_STRING(L"Another");
    PUCHAR room = ExAllocatePoolWithTag(NonPagedPool, 0x5000, 'wHil');
    PWNODE_SINGLE_INSTANCE one = (PWNODE_SINGLE_INSTANCE)room;
    ULONG bytes = 0x5000;
    PVOID block;

    CHECK(room != NULL && IoWMIOpenBlock((GUID *)&Own, WMIGUID_QUERY, &block) == STATUS_SUCCESS);
    CHECK(IoWMIQuerySingleInstance(block, &absent, &bytes, room) == STATUS_WMI_INSTANCE_NOT_FOUND);
    CHECK(IoWMIQuerySingleInstance(block, &own, &bytes, room) == STATUS_SUCCESS);
    CHECK(one->SizeDataBlock == 0x4000 && bytes == one->DataBlockOffset + 0x4000 && room[bytes - 1] == 0x5a);
    ObDereferenceObject(block);
    ExFreePoolWithTag(room, 'wHil');
    return 0;
}

static ULONG MethodsAreCalled(PDEVICE_OBJECT device)
{
    UNICODE_STRING first = RTL_CONSTANT_STRING(L"Hil Counter 0");
    ULONG numbers[2] = { 1, 2 }, bytes = sizeof(ULONG);
    PVOID block;

    CHECK(IoWMIOpenBlock((GUID *)&Counters, WMIGUID_EXECUTE, &block) == STATUS_SUCCESS);
    CHECK(IoWMIExecuteMethod(block, &first, METHOD_ADD, sizeof(numbers), &bytes, (PUCHAR)numbers) == STATUS_SUCCESS);
    CHECK(bytes == sizeof(ULONG) && numbers[0] == 13);
    bytes = 2;
    CHECK(IoWMIExecuteMethod(block, &first, METHOD_ADD, sizeof(numbers), &bytes, (PUCHAR)numbers)
        == STATUS_BUFFER_TOO_SMALL && bytes == sizeof(ULONG));
    CHECK(IoWMIExecuteMethod(block, &first, 1, sizeof(numbers), &bytes, (PUCHAR)numbers)
        == STATUS_WMI_ITEMID_NOT_FOUND);
    ObDereferenceObject(block);
    return 0;
}

static NTSTATUS Fire(PDEVICE_OBJECT device, ULONG value)
{
    PWNODE_SINGLE_INSTANCE node = ExAllocatePoolWithTag(NonPagedPool, sizeof(*node) + sizeof(ULONG), 'wHil');

    if (node == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(node, sizeof(*node));
    node->WnodeHeader.BufferSize = sizeof(*node) + sizeof(ULONG);
    node->WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(device);
    node->WnodeHeader.Guid = Event;
    node->WnodeHeader.Flags = WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_STATIC_INSTANCE_NAMES;
    node->DataBlockOffset = sizeof(*node);
    node->SizeDataBlock = sizeof(ULONG);
    *(PULONG)(node + 1) = value;
    return IoWMIWriteEvent(node);
}

static ULONG EventsReachTheirListeners(PDEVICE_OBJECT device)
{
    PVOID block;
    KIRQL irql;

    CHECK(Fire(device, 1) == STATUS_SUCCESS); /* nobody listens */
    CHECK(WmiListen(&Event, &block) == STATUS_SUCCESS && Enabled == 1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    CHECK_INTO(ToldValue, Fire(device, 41) == STATUS_SUCCESS);
    KeLowerIrql(irql);
    CHECK(WmiWait() == STATUS_SUCCESS && ToldValue == 42);
    ObDereferenceObject(block);
    CHECK(Enabled == 0 && Fire(device, 2) == STATUS_SUCCESS && KeReadStateEvent(&Told) == 0);
    return 0;
}

static ULONG InstancesAreFoundByDevice(PDEVICE_OBJECT device)
{
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Device\\HilWmi"), name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK status;
    HANDLE file;
    PVOID block, own;
    ULONG first, next;

    InitializeObjectAttributes(&attributes, &path, OBJ_KERNEL_HANDLE, NULL, NULL);
    CHECK(IoWMIOpenBlock((GUID *)&Counters, WMIGUID_QUERY, &block) == STATUS_SUCCESS);
    CHECK(IoWMIOpenBlock((GUID *)&Own, WMIGUID_QUERY, &own) == STATUS_SUCCESS);
    CHECK(IoWMIDeviceObjectToInstanceName(block, device, &name) == STATUS_SUCCESS);
    CHECK(name.Length == sizeof(BaseName) && name.Buffer[12] == '0');
    ExFreePool(name.Buffer);
    CHECK(IoWMIDeviceObjectToInstanceName(own, device, &name) == STATUS_WMI_INSTANCE_NOT_FOUND);
    CHECK(ZwOpenFile(&file, FILE_GENERIC_READ, &attributes, &status, 7, 0) == STATUS_SUCCESS);
    CHECK(IoWMIHandleToInstanceName(block, file, &name) == STATUS_SUCCESS && name.Buffer[12] == '0');
    ExFreePool(name.Buffer);
    CHECK(ZwClose(file) == STATUS_SUCCESS);
    CHECK(IoWMIHandleToInstanceName(block, file, &name) == STATUS_INVALID_HANDLE);
    CHECK(IoWMISuggestInstanceName(NULL, &path, FALSE, &name) == STATUS_SUCCESS && name.Length == path.Length);
    ExFreePool(name.Buffer);
    CHECK(IoWMISuggestInstanceName(NULL, NULL, FALSE, &name) == STATUS_INVALID_PARAMETER);
    CHECK(IoWMIAllocateInstanceIds((GUID *)&Counters, 3, &first) == STATUS_SUCCESS);
    CHECK(IoWMIAllocateInstanceIds((GUID *)&Counters, 1, &next) == STATUS_SUCCESS && next == first + 3);
    ObDereferenceObject(block);
    ObDereferenceObject(own);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(BlocksOfNobodyAreNotFound),
    CHECK_CASE_OF(AllInstancesAreRead),
    CHECK_CASE_OF(InstancesAreReadAndSet),
    CHECK_CASE_OF(TheDriverNamesItsInstance),
    CHECK_CASE_OF(MethodsAreCalled),
    CHECK_CASE_OF(EventsReachTheirListeners),
    CHECK_CASE_OF(InstancesAreFoundByDevice),
};

static NTSTATUS WmiControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return WmiRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

static NTSTATUS WmiInitialize(PDRIVER_OBJECT driver, PDEVICE_OBJECT device)
{
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = WmiSystemControlIrp;
    return STATUS_SUCCESS;
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilWmi"), 0, WmiControl, WmiInitialize };
