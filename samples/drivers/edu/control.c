/* Control requests: what EduStartIo begins and EduDpc looks after. */

#include "edu.h"

NTSTATUS EduCheckControl(PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG input = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG output = stack->Parameters.DeviceIoControl.OutputBufferLength;

    switch (code) {
    case IOCTL_EDU_GET_INFO:
        return output < sizeof(EDU_INFO) ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
    case IOCTL_EDU_FACTORIAL:
    case IOCTL_EDU_RAISE:
        if (input != sizeof(ULONG))
            return STATUS_INVALID_BUFFER_SIZE;
        if (output < sizeof(ULONG))
            return STATUS_BUFFER_TOO_SMALL;
        return code == IOCTL_EDU_FACTORIAL && *EduUlongs(irp) > EDU_FACTORIAL_MAX ? STATUS_INVALID_PARAMETER
                                                                                 : STATUS_SUCCESS;
    case IOCTL_EDU_SET_TIMEOUT:
        if (input != sizeof(ULONG))
            return STATUS_INVALID_BUFFER_SIZE;
        return *EduUlongs(irp) < 10 || *EduUlongs(irp) > 600000 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS EduGetInfo(PEDU_DEVICE edu, PIRP irp, PULONG_PTR information)
{
    const ULONG probe = 0x5aa5f00f;
    EDU_INFO *info = irp->AssociatedIrp.SystemBuffer;

    EduWrite(edu, EDU_LIVENESS, probe);
    info->Identification = EduRead(edu, EDU_IDENTIFICATION);
    info->Alive = EduRead(edu, EDU_LIVENESS) == ~probe;
    info->Messages = edu->Messages;
    *information = sizeof(*info);
    return STATUS_SUCCESS;
}

static NTSTATUS EduStartFactorial(PEDU_DEVICE edu, ULONG n)
{
    if (EduRead(edu, EDU_STATUS) & EDU_STATUS_COMPUTING)
        return STATUS_DEVICE_BUSY; /* with a request that was given up: the device would ignore this one */

    EduExpectInterrupt(edu);
    EduWrite(edu, EDU_STATUS, EDU_STATUS_INTERRUPT_WHEN_COMPUTED);
    EduWrite(edu, EDU_FACTORIAL, n);
    return STATUS_PENDING;
}

static NTSTATUS EduStartRaise(PEDU_DEVICE edu, ULONG value)
{
    EduExpectInterrupt(edu);
    EduWrite(edu, EDU_INTERRUPT_RAISE, value);
    return STATUS_PENDING;
}

static NTSTATUS EduSetTimeout(PEDU_DEVICE edu, ULONG milliseconds)
{
    edu->TimeoutMs = milliseconds;
    if (edu->TimerArmed && KeCancelTimer(&edu->Timer))
        edu->TimerArmed = FALSE; /* otherwise EduTimeout is about to run, and to find nothing in flight */
    return STATUS_SUCCESS;
}

/* Carries a control request out, or begins to. Lock held. */
static NTSTATUS EduControl(PEDU_DEVICE edu, PIRP irp, PULONG_PTR information)
{
    switch (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_EDU_GET_INFO:
        return EduGetInfo(edu, irp, information);
    case IOCTL_EDU_FACTORIAL:
        return EduStartFactorial(edu, *EduUlongs(irp));
    case IOCTL_EDU_RAISE:
        return EduStartRaise(edu, *EduUlongs(irp));
    case IOCTL_EDU_SET_TIMEOUT:
        return EduSetTimeout(edu, *EduUlongs(irp));
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

/* Looks whether the control request that the hardware works on is done. Lock held. */
NTSTATUS EduControlProgress(PEDU_DEVICE edu, PIRP irp, PULONG_PTR information)
{
    PULONG value = EduUlongs(irp);
    ULONG seen = (ULONG)edu->Seen;

    if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode == IOCTL_EDU_RAISE) {
        if (*value == 0 || (seen & *value) != *value)
            return STATUS_PENDING;
        *value = seen;
    } else {
        if (!(seen & EDU_INTERRUPT_FACTORIAL) || (EduRead(edu, EDU_STATUS) & EDU_STATUS_COMPUTING))
            return STATUS_PENDING;
        *value = EduRead(edu, EDU_FACTORIAL);
    }
    *information = sizeof(*value);
    return STATUS_SUCCESS;
}

VOID EduBeginControl(PEDU_DEVICE edu, PIRP irp)
{
    ULONG_PTR information = 0;
    NTSTATUS status;

    KeAcquireSpinLockAtDpcLevel(&edu->Lock);
    status = EduAdmit(edu, irp);
    if (status == STATUS_SUCCESS) {
        status = EduControl(edu, irp, &information);
        if (status != STATUS_PENDING && !EduTake(edu))
            status = STATUS_PENDING;
    }
    KeReleaseSpinLockFromDpcLevel(&edu->Lock);

    if (status != STATUS_PENDING)
        EduFinish(edu, irp, status, information);
}
