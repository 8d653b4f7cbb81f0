using Hil.Kernel;
using Hil.Loader;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests;

/// <summary>A C# driver whose control requests do not come back, but for one that waits; also for `hil run`.</summary>
public sealed unsafe class SpinningDriver : ManagedDriver
{
    private volatile bool _isReleased;

    public bool SpinsAtOnce { get; init; }

    /// <summary>Lets the loop end, so that no thread is left behind in the tests' process.</summary>
    public void Release() => _isReleased = true;

    protected override NTSTATUS DriverEntry(DRIVER_OBJECT* driverObject, UNICODE_STRING* registryPath)
    {
        if (SpinsAtOnce)
            SpinUntilReleased();
        DriverRoutine succeed = Dispatch((_, irp) => Complete(irp));
        driverObject->MajorFunction[WdmConstants.IRP_MJ_CREATE] = succeed;
        driverObject->MajorFunction[WdmConstants.IRP_MJ_CLOSE] = succeed;
        driverObject->MajorFunction[WdmConstants.IRP_MJ_CLEANUP] = succeed;
        driverObject->MajorFunction[WdmConstants.IRP_MJ_DEVICE_CONTROL] = Dispatch(Spin);
        UNICODE_STRING* name = DriverString.Create(Kernel, @"\Device\HilSpinning");
        UNICODE_STRING* link = DriverString.Create(Kernel, @"\DosDevices\HilSpinning");
        DEVICE_OBJECT* device;
        NTSTATUS status = Ntoskrnl.IoCreateDevice(
            driverObject, 0, name, WdmConstants.FILE_DEVICE_UNKNOWN, 0, false, &device);
        if (status.IsSuccess)
            status = Ntoskrnl.IoCreateSymbolicLink(link, name);
        DriverString.Free(Kernel, name);
        DriverString.Free(Kernel, link);
        return status;
    }

    private NTSTATUS Spin(DEVICE_OBJECT* device, IRP* irp)
    {
        const uint Wait = 0x222004;
        IO_STACK_LOCATION* location = WdmInlines.IoGetCurrentIrpStackLocation(irp);
        if (location->Parameters.DeviceIoControl.IoControlCode == Wait)
        {
            long interval = -15_000_000; // 1.5 s: longer than the watchdog waits.
            Ntoskrnl.KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, &interval);
            return Complete(irp);
        }
        SpinUntilReleased();
        return Complete(irp);
    }

    private void SpinUntilReleased()
    {
        while (!_isReleased)
        {
        }
    }

    private static NTSTATUS Complete(IRP* irp)
    {
        irp->IoStatus.Status = NtStatus.STATUS_SUCCESS;
        Ntoskrnl.IofCompleteRequest(irp, 0);
        return NtStatus.STATUS_SUCCESS;
    }
}
