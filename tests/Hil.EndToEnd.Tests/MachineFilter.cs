using Hil.Kernel;
using Hil.Loader;
using Hil.Wdm;
using static Hil.Kernel.Ntoskrnl;
using static Hil.Wdm.NtStatus;
using static Hil.Wdm.WdmConstants;
using static Hil.Wdm.WdmInlines;

namespace Hil.EndToEnd.Tests;

/// <summary>An upper filter: sends everything on and looks at how control requests end.</summary>
internal sealed unsafe class MachineFilter : ManagedDriver
{
    private DriverRoutine _completed;

    /// <summary>Control requests that came back from below with success, and the bytes that they brought.</summary>
    public (int Requests, ulong Bytes) Seen { get; private set; }

    protected override NTSTATUS DriverEntry(DRIVER_OBJECT* driverObject, UNICODE_STRING* registryPath)
    {
        _completed = Completion(Completed);
        driverObject->DriverExtension->AddDevice = AddDevice(Attach);
        driverObject->DriverUnload = Unload(static _ => { });
        DriverRoutine pass = Dispatch(Pass);
        for (int function = 0; function <= IRP_MJ_MAXIMUM_FUNCTION; function++)
            driverObject->MajorFunction[function] = pass;
        driverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch(Watch);
        driverObject->MajorFunction[IRP_MJ_PNP] = Dispatch(PassPnp);
        return STATUS_SUCCESS;
    }

    private static NTSTATUS Attach(DRIVER_OBJECT* driverObject, DEVICE_OBJECT* physicalDeviceObject)
    {
        DEVICE_OBJECT* self;
        NTSTATUS status = IoCreateDevice(
            driverObject, (uint)sizeof(DEVICE_OBJECT*), null, FILE_DEVICE_UNKNOWN, 0, false, &self);
        if (!NT_SUCCESS(status))
            return status;
        DEVICE_OBJECT* lower = IoAttachDeviceToDeviceStack(self, physicalDeviceObject);
        *(DEVICE_OBJECT**)self->DeviceExtension = lower;
        self->Flags |= lower->Flags & (DO_DIRECT_IO | DO_BUFFERED_IO | DO_POWER_PAGABLE);
        self->Flags &= ~DO_DEVICE_INITIALIZING;
        return STATUS_SUCCESS;
    }

    private static DEVICE_OBJECT* LowerOf(DEVICE_OBJECT* self) => *(DEVICE_OBJECT**)self->DeviceExtension;

    private static NTSTATUS Pass(DEVICE_OBJECT* self, IRP* irp)
    {
        IoSkipCurrentIrpStackLocation(irp);
        return IofCallDriver(LowerOf(self), irp);
    }

    private NTSTATUS Watch(DEVICE_OBJECT* self, IRP* irp)
    {
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSetCompletionRoutine(irp, _completed, null, true, true, true);
        return IofCallDriver(LowerOf(self), irp);
    }

    private NTSTATUS Completed(DEVICE_OBJECT* self, IRP* irp, void* context)
    {
        if (irp->PendingReturned)
            IoMarkIrpPending(irp);
        if (NT_SUCCESS(irp->IoStatus.Status))
            Seen = (Seen.Requests + 1, Seen.Bytes + irp->IoStatus.Information);
        return STATUS_SUCCESS;
    }

    private static NTSTATUS PassPnp(DEVICE_OBJECT* self, IRP* irp)
    {
        DEVICE_OBJECT* lower = LowerOf(self);
        bool isRemoval = IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_REMOVE_DEVICE;
        NTSTATUS status = Pass(self, irp);
        if (isRemoval)
        {
            IoDetachDevice(lower);
            IoDeleteDevice(self);
        }
        return status;
    }
}
