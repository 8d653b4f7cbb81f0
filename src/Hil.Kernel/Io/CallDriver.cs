using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Sends an IRP to a driver: advances to its stack location and calls its dispatch routine.</summary>
    /// <returns>What the dispatch routine returned.</returns>
    /// <remarks>WDK: IoCallDriver, of which this is the exported form. An IRP without a location left is bug check
    /// NO_MORE_IRP_STACK_LOCATIONS.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IofCallDriver(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        NtKernel kernel = NtKernel.Current;
        RequireSendable(deviceObject, irp);
        kernel.Processor.NoteManagedProgress();
        if (--irp->CurrentLocation <= 0)
            FailIrp(
                BugCheckCodes.NO_MORE_IRP_STACK_LOCATIONS, (ulong)irp, 0,
                $"the IRP has {irp->StackCount} stack locations, too few for the drivers below");
        IO_STACK_LOCATION* location = --irp->Tail.Overlay.CurrentStackLocation;
        RequireStackPointer(irp);
        location->DeviceObject = deviceObject;
        DriverRoutine dispatch = DispatchRoutine(deviceObject, irp, location->MajorFunction);

        kernel.Events.Add(
            KernelEventKind.IrpDispatch, (ulong)irp, (ulong)deviceObject,
            location->MajorFunction | ((uint)location->MinorFunction << 8));
        RequireHostStack();
        ulong outer = kernel.Io.EnterIrp(irp);
        KernelThread thread = kernel.Scheduler.CurrentThread;
        uint regions = thread.CombinedApcDisable;
        var status = new NTSTATUS((uint)kernel.Processor.Call(dispatch, deviceObject, irp));
        kernel.Io.LeaveIrp(outer);
        if (thread.CombinedApcDisable != regions)
            thread.RegionChangedBy = dispatch.Address;
        return status;
    }

    /// <inheritdoc cref="IofCallDriver"/>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoCallDriver(DEVICE_OBJECT* deviceObject, IRP* irp) => IofCallDriver(deviceObject, irp);

    /// <summary>Sends an IRP with a copy of the caller's stack location to the next lower driver and waits for
    /// it.</summary>
    /// <returns>FALSE if the IRP has no location left; the IRP is not sent then.</returns>
    /// <remarks>WDK: IoForwardIrpSynchronously.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN IoForwardIrpSynchronously(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        if (irp->CurrentLocation <= 1)
            return false;
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSynchronousCallDriver(deviceObject, irp);
        return true;
    }

    /// <inheritdoc cref="IoForwardIrpSynchronously"/>
    /// <remarks>WDK: IoForwardIrpSynchronously, which was called IoForwardAndCatchIrp once.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN IoForwardAndCatchIrp(DEVICE_OBJECT* deviceObject, IRP* irp) =>
        IoForwardIrpSynchronously(deviceObject, irp);

    /// <summary>Sends an IRP, whose next stack location the caller has set up, and waits until it has come
    /// back.</summary>
    /// <returns>The IRP's status.</returns>
    /// <remarks>WDK: IoSynchronousCallDriver. The IRP is the caller's again afterwards.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoSynchronousCallDriver(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        IoSystem io = NtKernel.Current.Io;
        var returned = (KEVENT*)io.Scratch.Rent();
        KeInitializeEvent(returned, EVENT_TYPE.NotificationEvent, false);
        IoSetCompletionRoutine(irp, io.SignalOnCompletion, returned, true, true, true);
        NTSTATUS status = IofCallDriver(deviceObject, irp);
        if (status == STATUS_PENDING)
        {
            WaitFor(&returned->Header);
            status = irp->IoStatus.Status;
        }
        io.Scratch.Return(returned);
        return status;
    }

    /// <summary>The completion routine behind IoSynchronousCallDriver: hands the IRP back to the one that
    /// waits.</summary>
    internal static NTSTATUS SignalOnCompletion(IRP* irp, KEVENT* returned)
    {
        if (irp->PendingReturned)
            KeSetEvent(returned, IO_NO_INCREMENT, false);
        return STATUS_MORE_PROCESSING_REQUIRED;
    }

    /// <summary>The dispatch routine of every major function that a driver does not set.</summary>
    internal static NTSTATUS CompleteAsInvalidRequest(IRP* irp)
    {
        irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
        irp->IoStatus.Information = 0;
        IofCompleteRequest(irp, IO_NO_INCREMENT);
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    private static DriverRoutine DispatchRoutine(DEVICE_OBJECT* deviceObject, IRP* irp, byte majorFunction)
    {
        if (majorFunction > IRP_MJ_MAXIMUM_FUNCTION)
            FailIrp(
                BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, 3, (ulong)irp,
                $"the IRP was sent with major function 0x{majorFunction:x}, which does not exist");
        return PointerCheck.Follow<DRIVER_OBJECT>(deviceObject->DriverObject, "DeviceObject->DriverObject")
            ->MajorFunction[majorFunction];
    }

    private static void RequireSendable(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        if (irp->Type != IO_TYPE_IRP)
            FailIrp(
                BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, 3, (ulong)irp,
                "the driver sent what is no IRP (any more)");
        if (deviceObject->Type != IO_TYPE_DEVICE)
            FailIrp(
                BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, 4, (ulong)deviceObject,
                "the driver sent an IRP to what is no device object (any more)");
    }

    // Drivers that call each other without end run out of kernel stack; managed ones would take the host's with them.
    private static void RequireHostStack()
    {
        const ulong DoubleFault = 8;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            NtKernel.Current.BugCheck(
                BugCheckCodes.UNEXPECTED_KERNEL_MODE_TRAP, DoubleFault, 0, 0, 0,
                "the drivers call each other so deep that the stack is used up");
    }
}
