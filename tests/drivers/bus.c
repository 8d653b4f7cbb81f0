/*
 * Self-checking: a bus driver on edu, whose children come, go, fail and are ejected. They have no function drivers.
 */

#include <ntddk.h>
#include <initguid.h>
#include "check.h"
#include "edu_device.h"

#define TAG 'suBH'
#define PORTS 0x5000
#define CHILD_PORTS 16

DEFINE_GUID(GUID_HIL_CHILD, 0x3c8e0f52, 0x6a51, 0x4d0b, 0x9d, 0x3e, 0x51, 0x0a, 0x4c, 0x77, 0x20, 0x01);

typedef struct CHILD {
    LIST_ENTRY Link; /* in Children while it is plugged in */
    PDEVICE_OBJECT Self;
    ULONG Id;
    ULONG Ports; /* where they were granted */
    BOOLEAN IsPlugged;
    PNP_DEVICE_STATE State;
    UNICODE_STRING Interface;
    volatile ULONG Starts, Queries, Surprises, Removes, Ejects;
} CHILD, *PCHILD;

static PEDU_DEVICE Bus;
static LIST_ENTRY Children;
static FAST_MUTEX ChildrenLock;
static DRIVER_DISPATCH *EduPnpRoutine, *EduPowerRoutine, *EduControlRoutine;

static NTSTATUS Complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static ULONG_PTR CopyText(PCWSTR text, ULONG chars)
{
    PWSTR copy = ExAllocatePoolWithTag(PagedPool, chars * sizeof(WCHAR), TAG);

    if (copy != NULL)
        RtlCopyMemory(copy, text, chars * sizeof(WCHAR));
    return (ULONG_PTR)copy;
}

static NTSTATUS QueryId(PCHILD child, PIRP irp, BUS_QUERY_ID_TYPE type)
{
    static const WCHAR device[] = L"HILBUS\\Child";
    static const WCHAR hardware[] = L"HILBUS\\Child\0"; /* a list: one more terminator */
    WCHAR instance[] = { L'0' + (WCHAR)child->Id, 0 };

    switch (type) {
    case BusQueryDeviceID:
        irp->IoStatus.Information = CopyText(device, RTL_NUMBER_OF(device));
        return STATUS_SUCCESS;
    case BusQueryHardwareIDs:
        irp->IoStatus.Information = CopyText(hardware, RTL_NUMBER_OF(hardware));
        return STATUS_SUCCESS;
    case BusQueryInstanceID:
        irp->IoStatus.Information = CopyText(instance, RTL_NUMBER_OF(instance));
        return STATUS_SUCCESS;
    default:
        return irp->IoStatus.Status;
    }
}

/* 16 ports anywhere in a window of 48: there is room for three. */
static NTSTATUS QueryRequirements(PIRP irp)
{
    IO_RESOURCE_REQUIREMENTS_LIST *list = ExAllocatePoolWithTag(PagedPool, sizeof(*list), TAG);
    IO_RESOURCE_DESCRIPTOR *ports;

    if (list == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(list, sizeof(*list));
    list->ListSize = sizeof(*list);
    list->InterfaceType = PNPBus;
    list->AlternativeLists = 1;
    list->List[0].Version = list->List[0].Revision = 1;
    list->List[0].Count = 1;
    ports = &list->List[0].Descriptors[0];
    ports->Type = CmResourceTypePort;
    ports->ShareDisposition = CmResourceShareDeviceExclusive;
    ports->Flags = CM_RESOURCE_PORT_IO;
    ports->u.Port.Length = CHILD_PORTS;
    ports->u.Port.Alignment = CHILD_PORTS;
    ports->u.Port.MinimumAddress.QuadPart = PORTS + 1;
    ports->u.Port.MaximumAddress.QuadPart = PORTS + 4 * CHILD_PORTS - 1;
    irp->IoStatus.Information = (ULONG_PTR)list;
    return STATUS_SUCCESS;
}

static NTSTATUS StartChild(PCHILD child, PCM_RESOURCE_LIST translated)
{
    child->Ports = translated == NULL ? 0
        : translated->List[0].PartialResourceList.PartialDescriptors[0].u.Port.Start.LowPart;
    child->Starts++;
    if (child->Interface.Buffer == NULL)
        IoRegisterDeviceInterface(child->Self, &GUID_HIL_CHILD, NULL, &child->Interface);
    return IoSetDeviceInterfaceState(&child->Interface, TRUE);
}

/* The device object goes when its device is no longer reported. */
static NTSTATUS RemoveChild(PCHILD child, PIRP irp)
{
    BOOLEAN isPlugged = child->IsPlugged;

    child->Removes++;
    Complete(irp, STATUS_SUCCESS);
    if (!isPlugged) {
        RtlFreeUnicodeString(&child->Interface);
        IoDeleteDevice(child->Self);
    }
    return STATUS_SUCCESS;
}

static VOID Unplug(PCHILD child)
{
    ExAcquireFastMutex(&ChildrenLock);
    child->IsPlugged = FALSE;
    RemoveEntryList(&child->Link);
    ExReleaseFastMutex(&ChildrenLock);
}

static NTSTATUS ChildPnp(PCHILD child, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = irp->IoStatus.Status;
    PDEVICE_CAPABILITIES capabilities;

    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        status = StartChild(child, stack->Parameters.StartDevice.AllocatedResourcesTranslated);
        break;
    case IRP_MN_QUERY_ID:
        status = QueryId(child, irp, stack->Parameters.QueryId.IdType);
        break;
    case IRP_MN_QUERY_CAPABILITIES:
        capabilities = stack->Parameters.DeviceCapabilities.Capabilities;
        capabilities->RawDeviceOK = TRUE;
        capabilities->Removable = TRUE;
        capabilities->EjectSupported = child->Id != 9;
        capabilities->Address = child->Id;
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
        status = QueryRequirements(irp);
        break;
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        irp->IoStatus.Information |= child->State;
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_REMOVE_DEVICE:
        child->Queries++;
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_EJECT:
        child->Ejects++;
        Unplug(child);
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        child->Surprises++;
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_REMOVE_DEVICE:
        return RemoveChild(child, irp);
    }
    return Complete(irp, status);
}

static NTSTATUS ReportChildren(PIRP irp)
{
    PDEVICE_RELATIONS relations;
    PLIST_ENTRY entry;
    ULONG count = 0;

    ExAcquireFastMutex(&ChildrenLock);
    for (entry = Children.Flink; entry != &Children; entry = entry->Flink)
        count++;
    relations = ExAllocatePoolWithTag(PagedPool, FIELD_OFFSET(DEVICE_RELATIONS, Objects) + (count + 1) * sizeof(PVOID),
                                      TAG);
    if (relations != NULL) {
        relations->Count = 0;
        for (entry = Children.Flink; entry != &Children; entry = entry->Flink) {
            PDEVICE_OBJECT self = CONTAINING_RECORD(entry, CHILD, Link)->Self;
            ObReferenceObject(self);
            relations->Objects[relations->Count++] = self;
        }
    }
    ExReleaseFastMutex(&ChildrenLock);
    irp->IoStatus.Information = (ULONG_PTR)relations;
    return relations == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static NTSTATUS BusPnp(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    if (Bus == NULL || device != Bus->Self)
        return Bus == NULL ? EduPnpRoutine(device, irp) : ChildPnp(device->DeviceExtension, irp);
    if (stack->MinorFunction == IRP_MN_QUERY_DEVICE_RELATIONS
        && stack->Parameters.QueryDeviceRelations.Type == BusRelations) {
        irp->IoStatus.Status = ReportChildren(irp);
        if (!NT_SUCCESS(irp->IoStatus.Status))
            return Complete(irp, irp->IoStatus.Status);
    }
    return EduPnpRoutine(device, irp);
}

static NTSTATUS BusPower(PDEVICE_OBJECT device, PIRP irp)
{
    if (Bus != NULL && device != Bus->Self) {
        PoStartNextPowerIrp(irp);
        return Complete(irp, STATUS_SUCCESS);
    }
    return EduPowerRoutine(device, irp);
}

static NTSTATUS BusControl(PDEVICE_OBJECT device, PIRP irp)
{
    if (Bus != NULL && device != Bus->Self)
        return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
    return EduControlRoutine(device, irp);
}

/* The child, with a reference of the caller's. */
static PCHILD Plug(ULONG id)
{
    PDEVICE_OBJECT self;
    PCHILD child;

    if (!NT_SUCCESS(IoCreateDevice(Bus->Self->DriverObject, sizeof(CHILD), NULL, FILE_DEVICE_UNKNOWN,
                                   FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &self)))
        return NULL;
    ObReferenceObject(self);
    child = self->DeviceExtension;
    child->Self = self;
    child->Id = id;
    child->IsPlugged = TRUE;
    ExAcquireFastMutex(&ChildrenLock);
    InsertTailList(&Children, &child->Link);
    ExReleaseFastMutex(&ChildrenLock);
    self->Flags |= DO_POWER_PAGABLE;
    self->Flags &= ~DO_DEVICE_INITIALIZING;
    IoInvalidateDeviceRelations(Bus->Physical, BusRelations);
    return child;
}

static VOID Pause(LONG milliseconds)
{
    LARGE_INTEGER time = { .QuadPart = -10000LL * milliseconds };

    KeDelayExecutionThread(KernelMode, FALSE, &time);
}

static BOOLEAN Becomes(volatile ULONG *count, ULONG expected)
{
    ULONG i;

    for (i = 0; i < 1000 && *count != expected; i++)
        Pause(1);
    return *count == expected;
}

static VOID UnplugAndWait(PCHILD child, ULONG removes)
{
    Unplug(child);
    IoInvalidateDeviceRelations(Bus->Physical, BusRelations);
    Becomes(&child->Removes, removes);
    ObDereferenceObject(child->Self);
}

static ULONG ChildrenGetRangesOfTheirOwn(PDEVICE_OBJECT device)
{
    PCHILD children[4];
    ULONG i;

    for (i = 0; i < 4; i++) {
        children[i] = Plug(i);
        CHECK(children[i] != NULL);
        CHECK(i == 3 ? Becomes(&children[i]->Removes, 1) : Becomes(&children[i]->Starts, 1));
    }
    CHECK(children[0]->Ports == PORTS + CHILD_PORTS && children[1]->Ports == PORTS + 2 * CHILD_PORTS);
    CHECK(children[2]->Ports == PORTS + 3 * CHILD_PORTS && children[3]->Starts == 0);
    UnplugAndWait(children[1], 1);
    children[1] = Plug(5);
    CHECK(children[1] != NULL && Becomes(&children[1]->Starts, 1));
    CHECK(children[1]->Ports == PORTS + 2 * CHILD_PORTS);
    CHECK(children[3]->Removes == 1); /* it could not be started, and is not tried again */
    for (i = 0; i < 4; i++)
        UnplugAndWait(children[i], i == 3 ? 2 : 1);
    return 0;
}

static ULONG EjectedChildIsOut(PDEVICE_OBJECT device)
{
    PCHILD child = Plug(6);

    CHECK(child != NULL && Becomes(&child->Starts, 1));
    IoRequestDeviceEject(child->Self);
    CHECK(Becomes(&child->Removes, 2)); /* with its device, and when it is no longer reported */
    CHECK(child->Queries == 1 && child->Ejects == 1 && child->Surprises == 0);
    ObDereferenceObject(child->Self);
    return 0;
}

static ULONG ChildWithoutEjectorIsTakenOutByHand(PDEVICE_OBJECT device)
{
    PCHILD child = Plug(9);

    CHECK(child != NULL && Becomes(&child->Starts, 1));
    IoRequestDeviceEject(child->Self);
    CHECK(Becomes(&child->Removes, 1));
    IoInvalidateDeviceRelations(Bus->Physical, BusRelations);
    Pause(20);
    CHECK(child->Ejects == 0 && child->Starts == 1 && child->Removes == 1);
    UnplugAndWait(child, 2);
    return 0;
}

static ULONG FailedChildIsNotBroughtAgain(PDEVICE_OBJECT device)
{
    PCHILD child = Plug(7);

    CHECK(child != NULL && Becomes(&child->Starts, 1));
    child->State = PNP_DEVICE_FAILED;
    IoInvalidateDeviceState(child->Self);
    CHECK(Becomes(&child->Removes, 1) && child->Surprises == 1);
    IoInvalidateDeviceRelations(Bus->Physical, BusRelations);
    Pause(20);
    CHECK(child->Starts == 1 && child->Removes == 1);
    UnplugAndWait(child, 2);
    return 0;
}

static ULONG PulledChildWaitsForItsFiles(PDEVICE_OBJECT device)
{
    PCHILD child = Plug(8);
    UNICODE_STRING name;
    PDEVICE_OBJECT top;
    PFILE_OBJECT file;

    CHECK(child != NULL && Becomes(&child->Starts, 1));
    name = child->Interface;
    CHECK(NT_SUCCESS(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &top)) && top == child->Self);
    Unplug(child);
    IoInvalidateDeviceRelations(Bus->Physical, BusRelations);
    IoInvalidateDeviceRelations(Bus->Physical, BusRelations);
    CHECK(Becomes(&child->Surprises, 1));
    Pause(20);
    CHECK(child->Removes == 0);
    ObDereferenceObject(file);
    CHECK(Becomes(&child->Removes, 1) && child->Surprises == 1);
    ObDereferenceObject(child->Self);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(ChildrenGetRangesOfTheirOwn),
    CHECK_CASE_OF(EjectedChildIsOut),
    CHECK_CASE_OF(ChildWithoutEjectorIsTakenOutByHand),
    CHECK_CASE_OF(FailedChildIsNotBroughtAgain),
    CHECK_CASE_OF(PulledChildWaitsForItsFiles),
};

static NTSTATUS BusRequest(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), edu->Self, irp, number);
}

/* Puts itself between the I/O manager and the plain function driver's routines. */
static NTSTATUS BusStart(PEDU_DEVICE edu)
{
    PDRIVER_DISPATCH *routines = edu->Self->DriverObject->MajorFunction;

    if (EduPnpRoutine == NULL) {
        EduPnpRoutine = routines[IRP_MJ_PNP];
        EduPowerRoutine = routines[IRP_MJ_POWER];
        EduControlRoutine = routines[IRP_MJ_DEVICE_CONTROL];
        routines[IRP_MJ_PNP] = BusPnp;
        routines[IRP_MJ_POWER] = BusPower;
        routines[IRP_MJ_DEVICE_CONTROL] = BusControl;
    }
    InitializeListHead(&Children);
    ExInitializeFastMutex(&ChildrenLock);
    Bus = edu;
    return STATUS_SUCCESS;
}

static BOOLEAN BusInterrupt(PEDU_DEVICE edu)
{
    return EduAcknowledge(edu);
}

static VOID BusStop(PEDU_DEVICE edu)
{
    Bus = NULL;
}

EDU_HOOKS EduHooks = { BusInterrupt, BusStart, BusRequest, LEGACY_NAMES(L"HilBus"), BusStop, NULL };
