/* See edu_device.h. */

#include "edu_device.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE EduAddDevice;
static DRIVER_UNLOAD EduUnload;
static DRIVER_DISPATCH EduCreateClose;
static DRIVER_DISPATCH EduDeviceControl;
static DRIVER_DISPATCH EduPnp;
static DRIVER_DISPATCH EduPower;
static DRIVER_DISPATCH EduPassDown;
static KSERVICE_ROUTINE EduService;

static NTSTATUS EduComplete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static BOOLEAN EduService(PKINTERRUPT Interrupt, PVOID ServiceContext)
{
    return EduHooks.Interrupt(ServiceContext);
}

static NTSTATUS EduConnect(PEDU_DEVICE edu, PCM_PARTIAL_RESOURCE_DESCRIPTOR interrupt)
{
    edu->InterruptIrql = (KIRQL)interrupt->u.Interrupt.Level;
    return IoConnectInterrupt(&edu->Interrupt, EduService, edu, NULL, interrupt->u.Interrupt.Vector,
                              edu->InterruptIrql, edu->InterruptIrql,
                              interrupt->Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive,
                              interrupt->ShareDisposition == CmResourceShareShared, interrupt->u.Interrupt.Affinity,
                              FALSE);
}

static NTSTATUS EduSetUp(PEDU_DEVICE edu, PCM_PARTIAL_RESOURCE_LIST resources)
{
    NTSTATUS status = STATUS_DEVICE_CONFIGURATION_ERROR;
    ULONG i;

    for (i = 0; i < resources->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR resource = &resources->PartialDescriptors[i];
        if (resource->Type == CmResourceTypeMemory) {
            edu->RegistersAddress = resource->u.Memory.Start;
            edu->RegistersLength = resource->u.Memory.Length;
            edu->Registers = MmMapIoSpace(resource->u.Memory.Start, resource->u.Memory.Length, MmNonCached);
        } else if (resource->Type == CmResourceTypeInterrupt && edu->Registers != NULL) {
            status = EduConnect(edu, resource); /* the interrupt follows the BARs */
        }
    }
    return status;
}

static VOID EduTearDown(PEDU_DEVICE edu)
{
    if (EduHooks.Stop != NULL)
        EduHooks.Stop(edu);
    if (edu->Interrupt != NULL)
        IoDisconnectInterrupt(edu->Interrupt);
    if (edu->Registers != NULL)
        MmUnmapIoSpace(edu->Registers, edu->RegistersLength);
    edu->Interrupt = NULL;
    edu->Registers = NULL;
}

static NTSTATUS EduForwarded(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    if (irp->PendingReturned)
        KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* The long way to IoForwardIrpSynchronously. */
static NTSTATUS EduForwardAndWait(PEDU_DEVICE edu, PIRP irp)
{
    KEVENT done;
    NTSTATUS status;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, EduForwarded, &done, TRUE, TRUE, TRUE);
    status = IoCallDriver(edu->Lower, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = irp->IoStatus.Status;
    }
    return status;
}

static NTSTATUS EduStart(PEDU_DEVICE edu, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = EduForwardAndWait(edu, irp);

    edu->Raw = stack->Parameters.StartDevice.AllocatedResources;
    edu->Translated = stack->Parameters.StartDevice.AllocatedResourcesTranslated;
    if (NT_SUCCESS(status))
        status = EduSetUp(edu, &edu->Translated->List[0].PartialResourceList);
    if (NT_SUCCESS(status) && EduHooks.Start != NULL)
        status = EduHooks.Start(edu);
    if (!NT_SUCCESS(status))
        EduTearDown(edu);
    return EduComplete(irp, status);
}

static NTSTATUS EduRemove(PEDU_DEVICE edu, PIRP irp)
{
    NTSTATUS status;

    EduTearDown(edu);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    status = IoCallDriver(edu->Lower, irp);
    IoDeleteSymbolicLink(&EduHooks.Link);
    IoDetachDevice(edu->Lower);
    IoDeleteDevice(edu->Self);
    return status;
}

static NTSTATUS EduPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;

    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return EduStart(edu, Irp);
    case IRP_MN_REMOVE_DEVICE:
        return EduRemove(edu, Irp);
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        EduTearDown(edu);
        /* falls through */
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    }
    return EduPassDown(DeviceObject, Irp);
}

static NTSTATUS EduPassDown(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(edu->Lower, Irp);
}

static NTSTATUS EduPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;

    if (EduHooks.Power != NULL)
        return EduHooks.Power(edu, Irp);
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(edu->Lower, Irp);
}

static NTSTATUS EduCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Irp->IoStatus.Information = 0;
    return EduComplete(Irp, STATUS_SUCCESS);
}

static NTSTATUS EduDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    ULONG code = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;
    NTSTATUS status;

    Irp->IoStatus.Information = 0;
    status = EduHooks.Control(DeviceObject->DeviceExtension, Irp, TEST_IOCTL_NUMBER(code));
    return status == STATUS_PENDING ? status : EduComplete(Irp, status);
}

static NTSTATUS EduAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    PDEVICE_OBJECT self;
    PEDU_DEVICE edu;
    NTSTATUS status;

    status = IoCreateDevice(DriverObject, sizeof(EDU_DEVICE), &EduHooks.Device, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &self);
    if (!NT_SUCCESS(status))
        return status;
    edu = self->DeviceExtension;
    edu->Self = self;
    edu->Physical = PhysicalDeviceObject;
    edu->Lower = IoAttachDeviceToDeviceStack(self, PhysicalDeviceObject);
    if (edu->Lower == NULL) {
        IoDeleteDevice(self);
        return STATUS_NO_SUCH_DEVICE;
    }
    IoCreateSymbolicLink(&EduHooks.Link, &EduHooks.Device);
    self->Flags |= edu->Lower->Flags & (DO_POWER_PAGABLE | DO_POWER_INRUSH);
    self->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID EduUnload(PDRIVER_OBJECT DriverObject)
{
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DriverObject->DriverExtension->AddDevice = EduAddDevice;
    DriverObject->DriverUnload = EduUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = EduCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = EduCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = EduCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = EduDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = EduPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = EduPower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = EduPassDown;
    return STATUS_SUCCESS;
}
