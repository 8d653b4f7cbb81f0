/*
 * The way of a request: into the device queue, out of it to EduStartIo, and to its end. See edu.c for who may end one.
 */

#include "edu.h"

static DRIVER_CANCEL EduCancelQueued;
static DRIVER_CANCEL EduCancelStarted;

/* ---- Current ---- */

/* Ends a request that came out of the device queue, and starts the next one. At DISPATCH_LEVEL, without Lock. */
VOID EduFinish(PEDU_DEVICE edu, PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    IoStartNextPacket(edu->Self, TRUE);
    EduComplete(irp, status, information);
    IoReleaseRemoveLock(&edu->RemoveLock, irp);
}

/* With Lock held. */
VOID EduForget(PEDU_DEVICE edu)
{
    edu->Current = NULL;
    edu->Phase = EduIdle;
    if (edu->Held)
        KeSetEvent(&edu->Idle, IO_NO_INCREMENT, FALSE);
}

/* Makes the caller the one who ends Current, or returns FALSE: a cancel routine has been called and will. Lock held. */
BOOLEAN EduTake(PEDU_DEVICE edu)
{
    BOOLEAN cancelable = edu->Phase == EduParked || !EduIsTransfer(edu->Current);

    if (cancelable && IoSetCancelRoutine(edu->Current, NULL) == NULL)
        return FALSE;
    EduForget(edu);
    return TRUE;
}

/* Makes a request Current. STATUS_SUCCESS: go on with it; STATUS_PENDING: it is parked; else end it so. Lock held. */
NTSTATUS EduAdmit(PEDU_DEVICE edu, PIRP irp)
{
    if (edu->Gone)
        return STATUS_DEVICE_DOES_NOT_EXIST;

    IoSetCancelRoutine(irp, EduCancelStarted);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL) != NULL)
        return STATUS_CANCELLED;

    edu->Current = irp;
    edu->Phase = edu->Held ? EduParked : EduOnDevice;
    return edu->Held ? STATUS_PENDING : STATUS_SUCCESS;
}

/* Called with the cancel spin lock held. IoSetStartIoAttributes sees to it that a request here is in the queue. */
static VOID EduCancelQueued(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;

    KeRemoveEntryDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
    IoReleaseCancelSpinLock(Irp->CancelIrql);

    EduComplete(Irp, STATUS_CANCELLED, 0);
    IoReleaseRemoveLock(&edu->RemoveLock, Irp);
}

/* Called with the cancel spin lock held, for the request that is Current or is just becoming so under Lock. */
static VOID EduCancelStarted(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;
    KIRQL irql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);

    KeAcquireSpinLock(&edu->Lock, &irql);
    EduForget(edu);
    KeReleaseSpinLockFromDpcLevel(&edu->Lock);
    EduFinish(edu, Irp, STATUS_CANCELLED, 0); /* IoStartNextPacket wants DISPATCH_LEVEL */
    KeLowerIrql(irql);
}

/* ---- Dispatch routines ---- */

/* The remove lock is held by each request from here to its completion. */
static NTSTATUS EduQueue(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    IoMarkIrpPending(Irp);
    IoStartPacket(DeviceObject, Irp, NULL, EduCancelQueued);
    return STATUS_PENDING;
}

/* Completes a request that took the remove lock, without queueing it. */
static NTSTATUS EduReject(PEDU_DEVICE edu, PIRP irp, NTSTATUS status)
{
    EduComplete(irp, status, 0);
    IoReleaseRemoveLock(&edu->RemoveLock, irp);
    return status;
}

NTSTATUS EduReadWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return EduComplete(Irp, status, 0);
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.ByteOffset.QuadPart < 0)
        return EduReject(edu, Irp, STATUS_INVALID_PARAMETER);
    if (EduTransferLength(Irp) == 0)
        return EduReject(edu, Irp, STATUS_SUCCESS); /* there is no MDL then */
    return EduQueue(DeviceObject, Irp);
}

NTSTATUS EduDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&edu->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return EduComplete(Irp, status, 0);
    status = EduCheckControl(Irp);
    return NT_SUCCESS(status) ? EduQueue(DeviceObject, Irp) : EduReject(edu, Irp, status);
}

NTSTATUS EduCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return EduComplete(Irp, STATUS_SUCCESS, 0);
}

static BOOLEAN EduIsOfFile(PIRP irp, PFILE_OBJECT file)
{
    return IoGetCurrentIrpStackLocation(irp)->FileObject == file;
}

/*
 * Moves what a file has in the device queue to a list. IoStartPacket and IoStartNextPacket hold the cancel spin lock
 * while they touch the queue, so under it the queue may be emptied and refilled. Emptying it marks it idle; the first
 * insertion then only marks it busy again, as it is while there is a current request.
 */
static VOID EduRemoveOfFile(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT file, PLIST_ENTRY removed)
{
    PKDEVICE_QUEUE queue = &DeviceObject->DeviceQueue;
    KDEVICE_QUEUE_ENTRY busyMark;
    PKDEVICE_QUEUE_ENTRY entry;
    LIST_ENTRY kept;
    KIRQL irql;

    InitializeListHead(&kept);
    IoAcquireCancelSpinLock(&irql);
    if (DeviceObject->CurrentIrp != NULL) {
        while ((entry = KeRemoveDeviceQueue(queue)) != NULL) {
            PIRP irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry);
            if (EduIsOfFile(irp, file))
                IoSetCancelRoutine(irp, NULL);
            InsertTailList(EduIsOfFile(irp, file) ? removed : &kept, &irp->Tail.Overlay.ListEntry);
        }
        KeInsertDeviceQueue(queue, &busyMark);
        while (!IsListEmpty(&kept)) {
            PIRP irp = CONTAINING_RECORD(RemoveHeadList(&kept), IRP, Tail.Overlay.ListEntry);
            KeInsertDeviceQueue(queue, &irp->Tail.Overlay.DeviceQueueEntry);
        }
    }
    IoReleaseCancelSpinLock(irql);
}

/* Cancels the request of a file that the device works on, unless it is a transfer: that ends by itself, and soon. */
static VOID EduCancelCurrentOfFile(PEDU_DEVICE edu, PFILE_OBJECT file)
{
    PIRP irp;
    KIRQL irql;

    KeAcquireSpinLock(&edu->Lock, &irql);
    irp = edu->Current;
    if (irp != NULL && (!EduIsOfFile(irp, file) || (EduIsTransfer(irp) && edu->Phase != EduParked) || !EduTake(edu)))
        irp = NULL;
    KeReleaseSpinLockFromDpcLevel(&edu->Lock);
    if (irp != NULL)
        EduFinish(edu, irp, STATUS_CANCELLED, 0);
    KeLowerIrql(irql);
}

/* The last handle of a file has been closed: its requests are cancelled. IRP_MJ_CLOSE follows once they are gone. */
NTSTATUS EduCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    LIST_ENTRY removed;

    InitializeListHead(&removed);
    EduRemoveOfFile(DeviceObject, file, &removed);
    while (!IsListEmpty(&removed)) {
        PIRP irp = CONTAINING_RECORD(RemoveHeadList(&removed), IRP, Tail.Overlay.ListEntry);
        EduReject(edu, irp, STATUS_CANCELLED);
    }
    EduCancelCurrentOfFile(edu, file);
    return EduComplete(Irp, STATUS_SUCCESS, 0);
}

/* ---- Holding and ending requests for PnP, at PASSIVE_LEVEL ---- */

VOID EduHold(PEDU_DEVICE edu)
{
    BOOLEAN busy;
    KIRQL irql;

    KeAcquireSpinLock(&edu->Lock, &irql);
    edu->Held = TRUE;
    busy = edu->Phase == EduAwaitsMapping || edu->Phase == EduOnDevice;
    KeClearEvent(&edu->Idle);
    KeReleaseSpinLock(&edu->Lock, irql);

    if (busy)
        KeWaitForSingleObject(&edu->Idle, Executive, KernelMode, FALSE, NULL);
}

VOID EduResume(PEDU_DEVICE edu)
{
    PIRP parked = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&edu->Lock, &irql);
    edu->Held = FALSE;
    if (edu->Phase == EduParked) {
        parked = edu->Current;
        if (!EduTake(edu))
            parked = NULL;
    }
    KeReleaseSpinLockFromDpcLevel(&edu->Lock);
    if (parked != NULL)
        EduStartIo(edu->Self, parked);
    KeLowerIrql(irql);
}

/* Ends all requests, now and from now on. The device is gone, or held and so at rest. */
VOID EduFailAll(PEDU_DEVICE edu)
{
    PIRP irp = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&edu->Lock, &irql);
    edu->Gone = TRUE;
    if (edu->Phase == EduParked || edu->Phase == EduOnDevice) {
        irp = edu->Current;
        if (edu->Phase == EduOnDevice && EduIsTransfer(irp))
            EduAbandonTransfer(edu, irp);
        if (!EduTake(edu))
            irp = NULL;
    }
    KeReleaseSpinLockFromDpcLevel(&edu->Lock);
    if (irp != NULL)
        EduFinish(edu, irp, STATUS_DEVICE_DOES_NOT_EXIST, 0); /* the queued ones follow through EduStartIo */
    KeLowerIrql(irql);
}
