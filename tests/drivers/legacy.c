/* See legacy.h. */

#include "legacy.h"

/* The entry points are not static: the assembler drops the names of static functions that nothing relocates, and the
   reports under test are to show them. */
DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD LegacyUnload;
DRIVER_DISPATCH LegacyCreateClose;
DRIVER_DISPATCH LegacyDeviceControl;

static NTSTATUS LegacyComplete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

NTSTATUS LegacyCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    return LegacyComplete(Irp, STATUS_SUCCESS);
}

NTSTATUS LegacyDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    ULONG code = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;
    NTSTATUS status;

    Irp->IoStatus.Information = 0;
    status = LegacyDriver.Control(DeviceObject, Irp, TEST_IOCTL_NUMBER(code));
    return status == STATUS_PENDING ? status : LegacyComplete(Irp, status);
}

VOID LegacyUnload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LegacyDriver.Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);

    status = IoCreateDevice(DriverObject, LegacyDriver.ExtensionSize, &LegacyDriver.Device, FILE_DEVICE_UNKNOWN, 0,
                            FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&LegacyDriver.Link, &LegacyDriver.Device);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    DriverObject->DriverUnload = LegacyUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = LegacyCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = LegacyCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = LegacyCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = LegacyDeviceControl;
    return LegacyDriver.Initialize != NULL ? LegacyDriver.Initialize(DriverObject, device) : STATUS_SUCCESS;
}
