namespace Hil.Kernel;

// Completion walks the stack locations upwards. Location n holds the completion routine that the driver of location n
// + 1 set, so the walk looks at a location, moves to the one above and calls the routine with that one's device.
// Whether the driver below had pended the IRP is carried upwards in PendingReturned; where no completion routine is
// called, the mark is copied up on the driver's behalf. A routine that answers STATUS_MORE_PROCESSING_REQUIRED has
// taken the IRP back, perhaps freed it: nothing of it is touched any more.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Completes an IRP: calls the completion routines above, then does the I/O manager's part.</summary>
    /// <param name="priorityBoost">Priority increment for the thread that waits for the IRP.</param>
    /// <remarks>WDK: IoCompleteRequest, of which this is the exported form. A second completion is bug check
    /// MULTIPLE_IRP_COMPLETE_REQUESTS; STATUS_PENDING or a cancel routine in the IRP are
    /// DRIVER_VERIFIER_IOMANAGER_VIOLATION 6 and 7.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IofCompleteRequest(IRP* irp, sbyte priorityBoost)
    {
        NtKernel kernel = NtKernel.Current;
        RequireCompletable(irp);
        kernel.Events.Add(
            KernelEventKind.IrpComplete, (ulong)irp, (uint)irp->IoStatus.Status.Value, irp->IoStatus.Information);
        if (ReachesTop(kernel, irp))
            FinishIrp(irp, priorityBoost);
    }

    /// <inheritdoc cref="IofCompleteRequest"/>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoCompleteRequest(IRP* irp, sbyte priorityBoost) => IofCompleteRequest(irp, priorityBoost);

    // False when a completion routine has taken the IRP back.
    private static bool ReachesTop(NtKernel kernel, IRP* irp)
    {
        while (irp->CurrentLocation <= irp->StackCount)
        {
            RequireStackPointer(irp);
            IO_STACK_LOCATION* left = irp->Tail.Overlay.CurrentStackLocation++;
            irp->CurrentLocation++;
            irp->PendingReturned = (left->Control & SL_PENDING_RETURNED) != 0;
            bool isInvoked = WantsCompletion(irp, left->Control);
            ClearLocation(left);
            if (!isInvoked)
                PropagatePending(irp);
            else if (CallCompletionRoutine(kernel, irp, left) == STATUS_MORE_PROCESSING_REQUIRED)
                return false;
        }

        // Nobody's location: an IRP that its owner completes without having sent it, or has completed, goes past it.
        irp->CurrentLocation++;
        irp->Tail.Overlay.CurrentStackLocation++;
        return true;
    }

    private static bool WantsCompletion(IRP* irp, byte control)
    {
        byte wanted = irp->IoStatus.Status.IsSuccess ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR;
        return (control & wanted) != 0 || (irp->Cancel && (control & SL_INVOKE_ON_CANCEL) != 0);
    }

    private static NTSTATUS CallCompletionRoutine(NtKernel kernel, IRP* irp, IO_STACK_LOCATION* left)
    {
        // The sender of an IRP has no location of its own, hence no device.
        DEVICE_OBJECT* device = irp->CurrentLocation > irp->StackCount
            ? null
            : IoGetCurrentIrpStackLocation(irp)->DeviceObject;
        RequireHostStack();
        ulong outer = kernel.Io.EnterIrp(irp);
        ulong status = kernel.Processor.Call(left->CompletionRoutine, device, irp, left->Context);
        kernel.Io.LeaveIrp(outer);
        return new NTSTATUS((uint)status);
    }

    private static void PropagatePending(IRP* irp)
    {
        if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount)
            IoMarkIrpPending(irp);
    }

    // What is over must not be seen by the next user of the location: a completion routine that looks for its
    // parameters finds them in its own location, not here. Routine, context and device stay for the call that
    // follows.
    private static void ClearLocation(IO_STACK_LOCATION* location)
    {
        location->MinorFunction = 0;
        location->Flags = 0;
        location->Control = 0;
        location->Parameters = default;
        location->FileObject = null;
    }

    private static void RequireCompletable(IRP* irp)
    {
        if (irp->Type != IO_TYPE_IRP || irp->CurrentLocation > irp->StackCount + 1 || irp->CurrentLocation < 1)
            FailIrp(
                BugCheckCodes.MULTIPLE_IRP_COMPLETE_REQUESTS, (ulong)irp, 0,
                "the driver completed an IRP that is completed already, or what is no IRP");
        if (!irp->CancelRoutine.IsNull)
            FailCompletion(
                7, irp->CancelRoutine.Address, (ulong)irp,
                "the driver completed an IRP whose cancel routine is still set");
        if (irp->IoStatus.Status == STATUS_PENDING || irp->IoStatus.Status.Value == -1)
            FailCompletion(
                6, (uint)irp->IoStatus.Status.Value, (ulong)irp,
                $"the driver completed an IRP with status {irp->IoStatus.Status}");
    }

    private static void FailCompletion(ulong violation, ulong p2, ulong p3, string reason) =>
        NtKernel.Current.BugCheck(BugCheckCodes.DRIVER_VERIFIER_IOMANAGER_VIOLATION, violation, p2, p3, 0, reason);
}
