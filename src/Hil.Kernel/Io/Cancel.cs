namespace Hil.Kernel;

// Cancellation is a race that one exchange decides: whoever takes the cancel routine out of the IRP (IoCancelIrp, or
// the driver with IoSetCancelRoutine) goes on with it. The cancel routine is called with the cancel spin lock held
// and must release it with Irp->CancelIrql.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Asks for an IRP to be cancelled: marks it and calls its cancel routine.</summary>
    /// <returns>FALSE if it has none; it is only marked then.</returns>
    /// <remarks>WDK: IoCancelIrp. A cancel routine in an IRP that is completed is bug check
    /// CANCEL_STATE_IN_COMPLETED_IRP.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN IoCancelIrp(IRP* irp)
    {
        NtKernel kernel = NtKernel.Current;
        if (irp->Type != IO_TYPE_IRP)
            FailIrp(
                BugCheckCodes.MULTIPLE_IRP_COMPLETE_REQUESTS, (ulong)irp, 0,
                "the driver cancelled what is no IRP (any more)");
        kernel.Events.Add(KernelEventKind.IrpCancel, (ulong)irp);
        KIRQL cancelIrql = default;
        IoAcquireCancelSpinLock(&cancelIrql);
        irp->Cancel = true;
        DriverRoutine cancelRoutine = IoSetCancelRoutine(irp, default);
        if (cancelRoutine.IsNull)
        {
            IoReleaseCancelSpinLock(cancelIrql);
            return false;
        }
        if (irp->CurrentLocation > irp->StackCount + 1)
            FailIrp(
                BugCheckCodes.CANCEL_STATE_IN_COMPLETED_IRP, (ulong)irp, cancelRoutine.Address,
                "the IRP is completed, and its cancel routine is still set");
        DEVICE_OBJECT* device = irp->CurrentLocation > irp->StackCount
            ? null
            : IoGetCurrentIrpStackLocation(irp)->DeviceObject;
        CallCancelRoutine(kernel, device, irp, cancelRoutine, cancelIrql);
        return true;
    }

    /// <summary>Acquires the lock that guards cancel routines.</summary>
    /// <remarks>WDK: IoAcquireCancelSpinLock.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoAcquireCancelSpinLock(KIRQL* irql) =>
        *irql = KeAcquireSpinLockRaiseToDpc(NtKernel.Current.Io.CancelLock);

    /// <summary>Releases the cancel spin lock; in a cancel routine <paramref name="irql"/> is
    /// Irp->CancelIrql.</summary>
    /// <remarks>WDK: IoReleaseCancelSpinLock.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void IoReleaseCancelSpinLock(KIRQL irql) => KeReleaseSpinLock(NtKernel.Current.Io.CancelLock, irql);

    // Entered with the cancel spin lock held; the routine releases it and so returns at cancelIrql.
    private static void CallCancelRoutine(
        NtKernel kernel, DEVICE_OBJECT* deviceObject, IRP* irp, DriverRoutine cancelRoutine, KIRQL cancelIrql)
    {
        irp->CancelIrql = cancelIrql;
        ulong outer = kernel.Io.EnterIrp(irp);
        kernel.Processor.CallChangingIrql(cancelRoutine, (ulong)deviceObject, (ulong)irp);
        kernel.Io.LeaveIrp(outer);
        if (!KeTestSpinLock(kernel.Io.CancelLock))
            FailIrp(
                BugCheckCodes.DRIVER_RETURNED_HOLDING_CANCEL_LOCK, (ulong)irp, cancelRoutine.Address,
                "a cancel routine returned without releasing the cancel spin lock");
        if (kernel.Processor.Irql != cancelIrql)
            FailIrp(
                BugCheckCodes.IRQL_UNEXPECTED_VALUE,
                ((ulong)kernel.Processor.Irql.Value << 16) | ((ulong)cancelIrql.Value << 8), cancelRoutine.Address,
                $"a cancel routine returned at {kernel.Processor.Irql} instead of Irp->CancelIrql, {cancelIrql}");
    }
}
