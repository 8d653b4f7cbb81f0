/*
 * A line that nobody clears. TEST_IOCTL(1): the service routine claims the interrupt and leaves it standing.
 * TEST_IOCTL(2): it says "not mine". TEST_IOCTL(3): it behaves; the request tells how often it was called until now.
 * TEST_IOCTL(4) takes three seconds, in which no request ends.
 */

#include "edu_device.h"

static volatile LONG Behaviour = 3;
static volatile LONG Calls;

static BOOLEAN StormInterrupt(PEDU_DEVICE edu)
{
    InterlockedIncrement(&Calls);
    return Behaviour == 3 ? EduAcknowledge(edu) : Behaviour == 1;
}

static NTSTATUS StormControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    LARGE_INTEGER threeSeconds = { .QuadPart = -30000000 };

    if (number == 4)
        return KeDelayExecutionThread(KernelMode, FALSE, &threeSeconds);
    if (number < 1 || number > 3)
        return STATUS_INVALID_DEVICE_REQUEST;

    Behaviour = (LONG)number;
    EduWrite(edu, EDU_INTERRUPT_RAISE, 1);
    if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength >= sizeof(ULONG)) {
        *(PULONG)irp->AssociatedIrp.SystemBuffer = (ULONG)Calls;
        irp->IoStatus.Information = sizeof(ULONG);
    }
    return STATUS_SUCCESS;
}

EDU_HOOKS EduHooks = { StormInterrupt, NULL, StormControl, LEGACY_NAMES(L"HilStorm"), NULL, NULL };
