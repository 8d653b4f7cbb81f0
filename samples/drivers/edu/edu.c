/*
 * edu: a WDM function driver for QEMU's educational PCI device (1234:11e8), meant to be copied from.
 *
 * Path of a request. Every read, write and control request goes through IoStartPacket, so the device works on one at a
 * time: dispatch routine -> device queue -> EduStartIo -> hardware -> EduInterrupt -> EduDpc -> EduFinish, which starts
 * the next one.
 *
 * Who ends a request. Until EduStartIo has it, a request is cancelled by EduCancelQueued, which takes it out of the
 * device queue. From then on it is EduDevice.Current, and EduDpc, EduTimeout, EduCancelStarted and surprise removal
 * compete for it. EduDevice.Lock guards Current: whoever clears it (EduTake) ends the request, nobody else touches it.
 * A request whose cancel routine has been called belongs to that routine, which is why EduTake asks IoSetCancelRoutine.
 *
 * DMA. edu's engine cannot be stopped and goes on to own the memory it was given until it is done. So a transfer has no
 * cancel routine while the engine runs; a cancel or timeout is honoured at the end of the piece (100 ms at most).
 *
 * Stop and query remove. EduHold lets the device finish what it is doing. The next request that reaches EduStartIo is
 * parked there, with a cancel routine, as a plug in the device queue, until EduResume.
 */

#include <initguid.h>
#include "edu.h"

#define EDU_TAG ' udE'

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE EduAddDevice;
static DRIVER_UNLOAD EduUnload;
static DRIVER_DISPATCH EduPower;
static DRIVER_DISPATCH EduSystemControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, EduAddDevice)
#pragma alloc_text(PAGE, EduUnload)
#endif

/* edu has no power states: the bus driver does what there is to do. */
static NTSTATUS EduPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, Irp);

    PoStartNextPowerIrp(Irp); /* needed before Windows Vista, harmless since */
    if (!NT_SUCCESS(status))
        return EduComplete(Irp, status, 0);

    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(edu->Lower, Irp);
    IoReleaseRemoveLock(&edu->RemoveLock, Irp);
    return status;
}

static NTSTATUS EduSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return EduComplete(Irp, status, 0);
    status = EduPassDown(edu, Irp);
    IoReleaseRemoveLock(&edu->RemoveLock, Irp);
    return status;
}

static VOID EduInitialize(PEDU_DEVICE edu, PDEVICE_OBJECT self, PDEVICE_OBJECT physical)
{
    edu->Self = self;
    edu->Physical = physical;
    edu->Held = TRUE; /* until the device is started */
    edu->TimeoutMs = EDU_DEFAULT_TIMEOUT_MS;
    KeInitializeSpinLock(&edu->Lock);
    KeInitializeEvent(&edu->Idle, NotificationEvent, FALSE);
    KeInitializeTimer(&edu->Timer);
    KeInitializeDpc(&edu->TimerDpc, EduTimeout, edu);
    IoInitializeRemoveLock(&edu->RemoveLock, EDU_TAG, 0, 0);
    IoInitializeDpcRequest(self, EduDpc);

    /* StartIo is not called from within itself, and gets its requests without a cancel routine. */
    IoSetStartIoAttributes(self, TRUE, TRUE);
}

static NTSTATUS EduAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    PDEVICE_OBJECT self;
    PEDU_DEVICE edu;
    NTSTATUS status;

    PAGED_CODE();
    status = IoCreateDevice(DriverObject, sizeof(EDU_DEVICE), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &self);
    if (!NT_SUCCESS(status))
        return status;

    edu = self->DeviceExtension; /* IoCreateDevice has zeroed it */
    EduInitialize(edu, self, PhysicalDeviceObject);
    status = IoRegisterDeviceInterface(PhysicalDeviceObject, &GUID_DEVINTERFACE_EDU, NULL, &edu->InterfaceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(self);
        return status;
    }
    edu->Lower = IoAttachDeviceToDeviceStack(self, PhysicalDeviceObject);
    if (edu->Lower == NULL) {
        RtlFreeUnicodeString(&edu->InterfaceName);
        IoDeleteDevice(self);
        return STATUS_NO_SUCH_DEVICE;
    }
    self->Flags |= DO_DIRECT_IO | (edu->Lower->Flags & (DO_POWER_PAGABLE | DO_POWER_INRUSH));
    self->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID EduUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);

    DriverObject->DriverExtension->AddDevice = EduAddDevice;
    DriverObject->DriverUnload = EduUnload;
    DriverObject->DriverStartIo = EduStartIo;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = EduCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = EduCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = EduCleanup;
    DriverObject->MajorFunction[IRP_MJ_READ] = EduReadWrite;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = EduReadWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = EduDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = EduPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = EduPower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = EduSystemControl;
    return STATUS_SUCCESS;
}
