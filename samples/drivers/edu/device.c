/* StartIo, the interrupt and what follows from it, and the timer that watches over both. */

#include "edu.h"

static VOID EduSetTimer(PEDU_DEVICE edu)
{
    LARGE_INTEGER due;

    edu->TimerArmed = TRUE;
    edu->TimedSequence = edu->Sequence;
    due.QuadPart = -10000LL * edu->TimeoutMs;
    KeSetTimer(&edu->Timer, due, &edu->TimerDpc);
}

/* Before the hardware is told to do something whose end it will report by an interrupt. Lock held. */
VOID EduExpectInterrupt(PEDU_DEVICE edu)
{
    InterlockedExchange(&edu->Seen, 0);
    edu->Sequence++;
    if (!edu->TimerArmed)
        EduSetTimer(edu);
}

VOID EduStartIo(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEDU_DEVICE edu = DeviceObject->DeviceExtension;

    if (EduIsTransfer(Irp))
        EduBeginTransfer(edu, Irp);
    else
        EduBeginControl(edu, Irp);
}

static BOOLEAN EduInterrupt(PEDU_DEVICE edu)
{
    ULONG status = EduRead(edu, EDU_INTERRUPT_STATUS);

    if (status == 0)
        return FALSE; /* the interrupt of another device on the same line */
    if (status == ~0u && EduRead(edu, EDU_IDENTIFICATION) == ~0u)
        return FALSE; /* the device has been pulled out: all reads give ones */

    EduWrite(edu, EDU_INTERRUPT_ACKNOWLEDGE, status);
    InterlockedOr(&edu->Seen, (LONG)status);
    IoRequestDpc(edu->Self, NULL, edu);
    return TRUE;
}

BOOLEAN EduLineInterrupt(PKINTERRUPT Interrupt, PVOID ServiceContext)
{
    UNREFERENCED_PARAMETER(Interrupt);
    return EduInterrupt(ServiceContext);
}

BOOLEAN EduMessageInterrupt(PKINTERRUPT Interrupt, PVOID ServiceContext, ULONG MessageId)
{
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(MessageId);
    return EduInterrupt(ServiceContext);
}

/*
 * May run late, for an interrupt of a request that is over: that is why it looks at what the hardware and Seen say of
 * the request that is Current now, rather than at which interrupt it was queued for.
 */
VOID EduDpc(PKDPC Dpc, PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PEDU_DEVICE edu = Context;
    NTSTATUS status = STATUS_PENDING;
    ULONG_PTR information = 0;
    PIRP irp;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);

    KeAcquireSpinLockAtDpcLevel(&edu->Lock);
    irp = edu->Current;
    if (edu->Phase == EduOnDevice) {
        status = EduIsTransfer(irp) ? EduTransferProgress(edu, irp, &information)
                                    : EduControlProgress(edu, irp, &information);
        if (status != STATUS_PENDING && !EduTake(edu))
            status = STATUS_PENDING;
    }
    KeReleaseSpinLockFromDpcLevel(&edu->Lock);

    if (status != STATUS_PENDING)
        EduFinish(edu, irp, status, information);
}

/*
 * Setting and cancelling a timer for each request would cost more than the request. Instead the timer, once set, stays
 * set as long as it finds the device at work, and asks each time: has the device got anything done since the last time?
 */
VOID EduTimeout(PKDPC Dpc, PVOID Context, PVOID SystemArgument1, PVOID SystemArgument2)
{
    PEDU_DEVICE edu = Context;
    PIRP late = NULL;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);

    KeAcquireSpinLockAtDpcLevel(&edu->Lock);
    if (edu->Phase != EduOnDevice) {
        edu->TimerArmed = FALSE;
    } else if (edu->Sequence != edu->TimedSequence) {
        EduSetTimer(edu);
    } else if (EduIsTransfer(edu->Current) && (EduRead(edu, EDU_DMA_COMMAND) & EDU_DMA_RUN)) {
        edu->Transfer.Verdict = STATUS_IO_TIMEOUT;
        EduSetTimer(edu);
    } else {
        edu->TimerArmed = FALSE;
        late = edu->Current;
        if (EduIsTransfer(late))
            EduAbandonTransfer(edu, late);
        if (!EduTake(edu))
            late = NULL;
    }
    KeReleaseSpinLockFromDpcLevel(&edu->Lock);

    if (late != NULL)
        EduFinish(edu, late, STATUS_IO_TIMEOUT, 0);
}
