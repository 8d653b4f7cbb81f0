// The C# twin of edu.c: the same driver, routine by routine, in the host process. The concepts (who may end a request,
// why a transfer has no cancel routine while the engine runs, how requests are held while the device is stopped) stand
// at the top of edu.c; comments here only say what C# makes different.

namespace Hil.Samples.Edu;

/// <summary>A managed function driver for QEMU's educational PCI device (1234:11e8).</summary>
public sealed unsafe partial class EduDriver : ManagedDriver
{
    private const uint Tag = 0x20756445; // "Edu "
    private const uint DefaultTimeoutMs = 5000;

    private static readonly Guid s_interface = new("7d3f0a52-91c4-4b1e-a60d-35e8524c179b");

    // Each conversion of a method to a routine costs an address: done once, here.
    private DriverRoutine _cancelQueued;
    private DriverRoutine _cancelStarted;
    private DriverRoutine _gotMapRegisters;

    /// <inheritdoc/>
    protected override NTSTATUS DriverEntry(DRIVER_OBJECT* driverObject, UNICODE_STRING* registryPath)
    {
        _cancelQueued = Cancel(CancelQueued);
        _cancelStarted = Cancel(CancelStarted);
        _gotMapRegisters = AdapterControl(GotMapRegisters);

        driverObject->DriverExtension->AddDevice = AddDevice(AddDevice);
        driverObject->DriverUnload = Unload(Unload);
        driverObject->DriverStartIo = StartIo(StartIo);
        driverObject->MajorFunction[IRP_MJ_CREATE] = Dispatch(CreateClose);
        driverObject->MajorFunction[IRP_MJ_CLOSE] = Dispatch(CreateClose);
        driverObject->MajorFunction[IRP_MJ_CLEANUP] = Dispatch(Cleanup);
        driverObject->MajorFunction[IRP_MJ_READ] = Dispatch(ReadWrite);
        driverObject->MajorFunction[IRP_MJ_WRITE] = Dispatch(ReadWrite);
        driverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch(DeviceControl);
        driverObject->MajorFunction[IRP_MJ_PNP] = Dispatch(DispatchPnp);
        driverObject->MajorFunction[IRP_MJ_POWER] = Dispatch(DispatchPower);
        driverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = Dispatch(DispatchSystemControl);
        return STATUS_SUCCESS;
    }

    private NTSTATUS AddDevice(DRIVER_OBJECT* driverObject, DEVICE_OBJECT* physicalDeviceObject)
    {
        DEVICE_OBJECT* self;
        NTSTATUS status = IoCreateDevice(
            driverObject, (uint)sizeof(EduDevice), null, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, false, &self);
        if (!NT_SUCCESS(status))
            return status;

        var edu = (EduDevice*)self->DeviceExtension; // IoCreateDevice has zeroed it
        Initialize(edu, self, physicalDeviceObject);
        Guid guid = s_interface;
        status = IoRegisterDeviceInterface(physicalDeviceObject, &guid, null, &edu->InterfaceName);
        if (!NT_SUCCESS(status))
        {
            IoDeleteDevice(self);
            return status;
        }
        edu->Lower = IoAttachDeviceToDeviceStack(self, physicalDeviceObject);
        if (edu->Lower == null)
        {
            RtlFreeUnicodeString(&edu->InterfaceName);
            IoDeleteDevice(self);
            return STATUS_NO_SUCH_DEVICE;
        }
        self->Flags |= DO_DIRECT_IO | (edu->Lower->Flags & (DO_POWER_PAGABLE | DO_POWER_INRUSH));
        self->Flags &= ~DO_DEVICE_INITIALIZING;
        return STATUS_SUCCESS;
    }

    private void Initialize(EduDevice* edu, DEVICE_OBJECT* self, DEVICE_OBJECT* physical)
    {
        edu->Self = self;
        edu->Physical = physical;
        edu->IsHeld = true; // until the device is started
        edu->TimeoutMs = DefaultTimeoutMs;
        KeInitializeSpinLock(&edu->Lock);
        KeInitializeEvent(&edu->Idle, EVENT_TYPE.NotificationEvent, false);
        KeInitializeTimer(&edu->Timer);
        KeInitializeDpc(&edu->TimerDpc, Deferred(Timeout), edu);
        IoInitializeRemoveLock(&edu->RemoveLock, Tag, 0, 0);
        IoInitializeDpcRequest(self, DpcForIsr(Dpc));
        IoSetStartIoAttributes(self, true, true);
    }

    private static void Unload(DRIVER_OBJECT* driverObject)
    {
    }

    private static NTSTATUS DispatchPower(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        EduDevice* edu = DeviceOf(deviceObject);
        NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, irp);
        PoStartNextPowerIrp(irp);
        if (!NT_SUCCESS(status))
            return Complete(irp, status, 0);

        IoSkipCurrentIrpStackLocation(irp);
        status = PoCallDriver(edu->Lower, irp);
        IoReleaseRemoveLock(&edu->RemoveLock, irp);
        return status;
    }

    private static NTSTATUS DispatchSystemControl(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        EduDevice* edu = DeviceOf(deviceObject);
        NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, irp);
        if (!NT_SUCCESS(status))
            return Complete(irp, status, 0);
        status = PassDown(edu, irp);
        IoReleaseRemoveLock(&edu->RemoveLock, irp);
        return status;
    }

    private static EduDevice* DeviceOf(DEVICE_OBJECT* deviceObject) => (EduDevice*)deviceObject->DeviceExtension;

    private static uint Read(EduDevice* edu, uint offset) => READ_REGISTER_ULONG((uint*)(edu->Registers + offset));

    private static void Write(EduDevice* edu, uint offset, uint value) =>
        WRITE_REGISTER_ULONG((uint*)(edu->Registers + offset), value);

    private static bool IsTransfer(IRP* irp) =>
        IoGetCurrentIrpStackLocation(irp)->MajorFunction != IRP_MJ_DEVICE_CONTROL;

    private static NTSTATUS Complete(IRP* irp, NTSTATUS status, nuint information)
    {
        irp->IoStatus.Status = status;
        irp->IoStatus.Information = information;
        IofCompleteRequest(irp, IO_NO_INCREMENT);
        return status;
    }

    private static NTSTATUS PassDown(EduDevice* edu, IRP* irp)
    {
        IoSkipCurrentIrpStackLocation(irp);
        return IofCallDriver(edu->Lower, irp);
    }
}
