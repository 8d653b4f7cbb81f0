namespace Hil.Samples.Edu;

/// <content>The way of a request: into the device queue, out of it to StartIo, and to its end.</content>
public sealed unsafe partial class EduDriver
{
    // Ends a request that came out of the device queue, and starts the next one. At DISPATCH_LEVEL, without Lock.
    private static void Finish(EduDevice* edu, IRP* irp, NTSTATUS status, nuint information)
    {
        IoStartNextPacket(edu->Self, true);
        Complete(irp, status, information);
        IoReleaseRemoveLock(&edu->RemoveLock, irp);
    }

    private static void ForgetLocked(EduDevice* edu)
    {
        edu->Current = null;
        edu->Phase = EduPhase.Idle;
        if (edu->IsHeld)
            KeSetEvent(&edu->Idle, IO_NO_INCREMENT, false);
    }

    // Makes the caller the one who ends Current, or returns false: a cancel routine has been called and will.
    private static bool TryTakeLocked(EduDevice* edu)
    {
        bool isCancelable = edu->Phase == EduPhase.Parked || !IsTransfer(edu->Current);
        if (isCancelable && IoSetCancelRoutine(edu->Current, default).IsNull)
            return false;
        ForgetLocked(edu);
        return true;
    }

    // Makes a request Current. STATUS_SUCCESS: go on with it; STATUS_PENDING: it is parked; else end it so.
    private NTSTATUS AdmitLocked(EduDevice* edu, IRP* irp)
    {
        if (edu->IsGone)
            return STATUS_DEVICE_DOES_NOT_EXIST;

        IoSetCancelRoutine(irp, _cancelStarted);
        if (irp->Cancel && !IoSetCancelRoutine(irp, default).IsNull)
            return STATUS_CANCELLED;

        edu->Current = irp;
        edu->Phase = edu->IsHeld ? EduPhase.Parked : EduPhase.OnDevice;
        return edu->IsHeld ? STATUS_PENDING : STATUS_SUCCESS;
    }

    private static void CancelQueued(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        EduDevice* edu = DeviceOf(deviceObject);
        KeRemoveEntryDeviceQueue(&deviceObject->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
        IoReleaseCancelSpinLock(irp->CancelIrql);
        Reject(edu, irp, STATUS_CANCELLED);
    }

    private static void CancelStarted(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        EduDevice* edu = DeviceOf(deviceObject);
        IoReleaseCancelSpinLock(irp->CancelIrql);

        KIRQL irql = KeAcquireSpinLockRaiseToDpc(&edu->Lock);
        ForgetLocked(edu);
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);
        Finish(edu, irp, STATUS_CANCELLED, 0); // IoStartNextPacket wants DISPATCH_LEVEL
        KeLowerIrql(irql);
    }

    // The remove lock is held by each request from here to its completion.
    private NTSTATUS Queue(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        IoMarkIrpPending(irp);
        IoStartPacket(deviceObject, irp, null, _cancelQueued);
        return STATUS_PENDING;
    }

    // Completes a request that took the remove lock, without queueing it.
    private static NTSTATUS Reject(EduDevice* edu, IRP* irp, NTSTATUS status)
    {
        Complete(irp, status, 0);
        IoReleaseRemoveLock(&edu->RemoveLock, irp);
        return status;
    }

    private NTSTATUS ReadWrite(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        EduDevice* edu = DeviceOf(deviceObject);
        NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, irp);
        if (!NT_SUCCESS(status))
            return Complete(irp, status, 0);
        if (IoGetCurrentIrpStackLocation(irp)->Parameters.Read.ByteOffset.QuadPart < 0)
            return Reject(edu, irp, STATUS_INVALID_PARAMETER);
        if (TransferLength(irp) == 0)
            return Reject(edu, irp, STATUS_SUCCESS); // there is no MDL then
        return Queue(deviceObject, irp);
    }

    private NTSTATUS DeviceControl(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        EduDevice* edu = DeviceOf(deviceObject);
        NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, irp);
        if (!NT_SUCCESS(status))
            return Complete(irp, status, 0);
        status = CheckControl(irp);
        return NT_SUCCESS(status) ? Queue(deviceObject, irp) : Reject(edu, irp, status);
    }

    private static NTSTATUS CreateClose(DEVICE_OBJECT* deviceObject, IRP* irp) => Complete(irp, STATUS_SUCCESS, 0);

    private static bool IsOfFile(IRP* irp, FILE_OBJECT* file) => IoGetCurrentIrpStackLocation(irp)->FileObject == file;

    private static NTSTATUS Cleanup(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        EduDevice* edu = DeviceOf(deviceObject);
        FILE_OBJECT* file = IoGetCurrentIrpStackLocation(irp)->FileObject;
        LIST_ENTRY removed;
        InitializeListHead(&removed);
        RemoveOfFile(deviceObject, file, &removed);
        while (!IsListEmpty(&removed))
            Reject(edu, IrpOfListEntry(RemoveHeadList(&removed)), STATUS_CANCELLED);
        CancelCurrentOfFile(edu, file);
        return Complete(irp, STATUS_SUCCESS, 0);
    }

    // Under the cancel spin lock the queue may be emptied and refilled. Emptying it marks it idle; the first insertion
    // then only marks it busy again, as it is while there is a current request.
    private static void RemoveOfFile(DEVICE_OBJECT* deviceObject, FILE_OBJECT* file, LIST_ENTRY* removed)
    {
        KDEVICE_QUEUE* queue = &deviceObject->DeviceQueue;
        LIST_ENTRY kept;
        InitializeListHead(&kept);
        KIRQL irql;
        IoAcquireCancelSpinLock(&irql);
        if (deviceObject->CurrentIrp != null)
        {
            KDEVICE_QUEUE_ENTRY* entry;
            while ((entry = KeRemoveDeviceQueue(queue)) != null)
                Sort(IrpOfQueueEntry(entry), file, removed, &kept);
            KDEVICE_QUEUE_ENTRY busyMark;
            KeInsertDeviceQueue(queue, &busyMark);
            while (!IsListEmpty(&kept))
                KeInsertDeviceQueue(queue, &IrpOfListEntry(RemoveHeadList(&kept))->Tail.Overlay.DeviceQueueEntry);
        }
        IoReleaseCancelSpinLock(irql);
    }

    private static void Sort(IRP* irp, FILE_OBJECT* file, LIST_ENTRY* removed, LIST_ENTRY* kept)
    {
        if (IsOfFile(irp, file))
            IoSetCancelRoutine(irp, default);
        InsertTailList(IsOfFile(irp, file) ? removed : kept, &irp->Tail.Overlay.ListEntry);
    }

    private static IRP* IrpOfQueueEntry(KDEVICE_QUEUE_ENTRY* entry)
    {
        IRP irp;
        return CONTAINING_RECORD<IRP>(entry, (int)((byte*)&irp.Tail.Overlay.DeviceQueueEntry - (byte*)&irp));
    }

    private static IRP* IrpOfListEntry(LIST_ENTRY* entry)
    {
        IRP irp;
        return CONTAINING_RECORD<IRP>(entry, (int)((byte*)&irp.Tail.Overlay.ListEntry - (byte*)&irp));
    }

    // Cancels the request of a file that the device works on, unless it is a transfer: that ends by itself, and soon.
    private static void CancelCurrentOfFile(EduDevice* edu, FILE_OBJECT* file)
    {
        KIRQL irql = KeAcquireSpinLockRaiseToDpc(&edu->Lock);
        IRP* irp = edu->Current;
        bool isOurs = irp != null && IsOfFile(irp, file)
            && (!IsTransfer(irp) || edu->Phase == EduPhase.Parked) && TryTakeLocked(edu);
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);
        if (isOurs)
            Finish(edu, irp, STATUS_CANCELLED, 0);
        KeLowerIrql(irql);
    }

    private static void Hold(EduDevice* edu)
    {
        KIRQL irql = KeAcquireSpinLockRaiseToDpc(&edu->Lock);
        edu->IsHeld = true;
        bool isBusy = edu->Phase is EduPhase.AwaitsMapping or EduPhase.OnDevice;
        KeClearEvent(&edu->Idle);
        KeReleaseSpinLock(&edu->Lock, irql);
        if (isBusy)
            KeWaitForSingleObject(&edu->Idle, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
    }

    private void Resume(EduDevice* edu)
    {
        KIRQL irql = KeAcquireSpinLockRaiseToDpc(&edu->Lock);
        edu->IsHeld = false;
        IRP* parked = edu->Phase == EduPhase.Parked ? edu->Current : null;
        if (parked != null && !TryTakeLocked(edu))
            parked = null;
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);
        if (parked != null)
            StartIo(edu->Self, parked);
        KeLowerIrql(irql);
    }

    // Ends all requests, now and from now on. The device is gone, or held and so at rest.
    private static void FailAll(EduDevice* edu)
    {
        KIRQL irql = KeAcquireSpinLockRaiseToDpc(&edu->Lock);
        edu->IsGone = true;
        IRP* irp = edu->Phase is EduPhase.Parked or EduPhase.OnDevice ? edu->Current : null;
        if (irp != null)
        {
            if (edu->Phase == EduPhase.OnDevice && IsTransfer(irp))
                AbandonTransferLocked(edu, irp);
            if (!TryTakeLocked(edu))
                irp = null;
        }
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);
        if (irp != null)
            Finish(edu, irp, STATUS_DEVICE_DOES_NOT_EXIST, 0); // the queued ones follow through StartIo
        KeLowerIrql(irql);
    }
}
