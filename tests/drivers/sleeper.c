/*
 * The power policy owner of its device: it turns system power IRPs into device power IRPs, saves a register before D3
 * and restores it after D0. A request that comes while the device is down waits for D0. Requests: 1 reads the liveness
 * register, or waits to; 2 writes it; 3 has the next query vetoed; 4 says what has been seen.
 */

#include "edu_device.h"

#define EDU_LIVENESS 0x04

#define READ_LIVENESS 1
#define WRITE_LIVENESS 2
#define VETO_NEXT 3
#define WHAT_WAS_SEEN 4

typedef struct SLEEPER_SEEN {
    UCHAR Queries;   /* system */
    UCHAR Sleeps;    /* set S3, after a query */
    UCHAR Resumes;   /* set S0 after S3, as the context says */
    UCHAR Reaffirms; /* set S0 after the query that was vetoed */
    UCHAR DeviceDown;
    UCHAR DeviceUp;
    UCHAR Callbacks; /* of PoRequestPowerIrp, with success */
    UCHAR Wrong;
} SLEEPER_SEEN;

static SLEEPER_SEEN Seen;
static BOOLEAN IsVetoed;
static volatile BOOLEAN IsDown;
static ULONG Saved;
static PIRP Parked; /* under the cancel spin lock */

static IO_COMPLETION_ROUTINE SleeperSystemPassed;
static IO_COMPLETION_ROUTINE SleeperDeviceIsUp;
static REQUEST_POWER_COMPLETE SleeperDeviceDone;
static DRIVER_CANCEL SleeperCancel;

static NTSTATUS SleeperEnd(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS SleeperPass(PEDU_DEVICE edu, PIRP irp)
{
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(edu->Lower, irp);
}

static VOID SleeperGiveLiveness(PEDU_DEVICE edu, PIRP irp)
{
    *(PULONG)irp->AssociatedIrp.SystemBuffer = EduRead(edu, EDU_LIVENESS);
    irp->IoStatus.Information = sizeof(ULONG);
}

static VOID SleeperUnpark(PEDU_DEVICE edu)
{
    PIRP irp;
    KIRQL irql;

    IoAcquireCancelSpinLock(&irql);
    irp = Parked;
    if (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL)
        irp = NULL; /* SleeperCancel ends it */
    Parked = NULL;
    IoReleaseCancelSpinLock(irql);
    if (irp != NULL) {
        SleeperGiveLiveness(edu, irp);
        SleeperEnd(irp, STATUS_SUCCESS);
    }
}

static VOID SleeperCancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Parked = NULL;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Irp->IoStatus.Information = 0;
    SleeperEnd(Irp, STATUS_CANCELLED);
}

/* The device is in the state that goes with the system's: now the system's IRP is over, too. */
static VOID SleeperDeviceDone(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState, PVOID Context,
                              PIO_STATUS_BLOCK IoStatus)
{
    if (MinorFunction == IRP_MN_SET_POWER && NT_SUCCESS(IoStatus->Status))
        Seen.Callbacks++;
    SleeperEnd(Context, STATUS_SUCCESS);
}

static NTSTATUS SleeperSystemPassed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PEDU_DEVICE edu = Context;
    POWER_STATE state;

    state.DeviceState = IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State.SystemState == PowerSystemWorking
        ? PowerDeviceD0
        : PowerDeviceD3;
    if (PoRequestPowerIrp(edu->Physical, IRP_MN_SET_POWER, state, SleeperDeviceDone, Irp, NULL) != STATUS_PENDING) {
        Seen.Wrong++;
        return STATUS_CONTINUE_COMPLETION;
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS SleeperSetSystem(PEDU_DEVICE edu, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG before = stack->Parameters.Power.SystemPowerStateContext.TargetSystemState;

    if (stack->Parameters.Power.State.SystemState == PowerSystemSleeping3 && before == PowerSystemSleeping3
        && stack->Parameters.Power.ShutdownType == PowerActionSleep)
        Seen.Sleeps++;
    else if (stack->Parameters.Power.State.SystemState == PowerSystemWorking && before == PowerSystemSleeping3)
        IsDown ? Seen.Resumes++ : Seen.Reaffirms++;
    else
        Seen.Wrong++;
    IoMarkIrpPending(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, SleeperSystemPassed, edu, TRUE, TRUE, TRUE);
    PoCallDriver(edu->Lower, irp);
    return STATUS_PENDING;
}

static NTSTATUS SleeperDeviceIsUp(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PEDU_DEVICE edu = Context;

    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    if (IsDown) {
        EduWrite(edu, EDU_LIVENESS, ~Saved); /* the register holds the inverse of what is written */
        Seen.DeviceUp++;
        IsDown = FALSE;
        SleeperUnpark(edu);
    }
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS SleeperSetDevice(PEDU_DEVICE edu, PIRP irp)
{
    POWER_STATE state = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State;

    if (state.DeviceState == PowerDeviceD3) {
        Saved = EduRead(edu, EDU_LIVENESS);
        IsDown = TRUE;
        Seen.DeviceDown++;
        PoSetPowerState(edu->Self, DevicePowerState, state);
        return SleeperPass(edu, irp);
    }
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, SleeperDeviceIsUp, edu, TRUE, TRUE, TRUE);
    return PoCallDriver(edu->Lower, irp);
}

static NTSTATUS SleeperPower(PEDU_DEVICE edu, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    BOOLEAN isSystem = stack->Parameters.Power.Type == SystemPowerState;

    if (stack->MinorFunction == IRP_MN_SET_POWER)
        return isSystem ? SleeperSetSystem(edu, irp) : SleeperSetDevice(edu, irp);
    if (stack->MinorFunction == IRP_MN_QUERY_POWER && isSystem) {
        Seen.Queries++;
        if (IsVetoed) {
            IsVetoed = FALSE;
            return SleeperEnd(irp, STATUS_DEVICE_BUSY);
        }
        irp->IoStatus.Status = STATUS_SUCCESS;
    }
    return SleeperPass(edu, irp);
}

static NTSTATUS SleeperRead(PEDU_DEVICE edu, PIRP irp)
{
    KIRQL irql;

    if (!IsDown) {
        SleeperGiveLiveness(edu, irp);
        return STATUS_SUCCESS;
    }
    IoAcquireCancelSpinLock(&irql);
    if (Parked != NULL || irp->Cancel) {
        IoReleaseCancelSpinLock(irql);
        return irp->Cancel ? STATUS_CANCELLED : STATUS_DEVICE_BUSY;
    }
    Parked = irp;
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, SleeperCancel);
    IoReleaseCancelSpinLock(irql);
    return STATUS_PENDING;
}

static NTSTATUS SleeperControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    switch (number) {
    case READ_LIVENESS:
        if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
            return STATUS_BUFFER_TOO_SMALL;
        return SleeperRead(edu, irp);
    case WRITE_LIVENESS:
        if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(ULONG))
            return STATUS_INVALID_PARAMETER;
        EduWrite(edu, EDU_LIVENESS, *(PULONG)irp->AssociatedIrp.SystemBuffer);
        return STATUS_SUCCESS;
    case VETO_NEXT:
        IsVetoed = TRUE;
        return STATUS_SUCCESS;
    case WHAT_WAS_SEEN:
        if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(Seen))
            return STATUS_BUFFER_TOO_SMALL;
        RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, &Seen, sizeof(Seen));
        irp->IoStatus.Information = sizeof(Seen);
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static BOOLEAN SleeperInterrupt(PEDU_DEVICE edu)
{
    return EduAcknowledge(edu);
}

EDU_HOOKS EduHooks = { SleeperInterrupt, NULL, SleeperControl, LEGACY_NAMES(L"HilSleeper"), NULL, SleeperPower };
