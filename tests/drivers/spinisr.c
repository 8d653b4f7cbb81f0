/*
 * Self-checking: a driver that spins on a flag in memory which its own service routine sets, with nothing in the loop that
 * anybody could see from outside. How often the loop looked is printed, so a replay must repeat it to the last turn.
 */

#include "edu_device.h"
#include "check.h"

static PEDU_DEVICE Edu;
static volatile LONG Flag;
static ULONG StartIoLine;
static PIRP OwnIrp;

static BOOLEAN SpinInterrupt(PEDU_DEVICE edu)
{
    if (!EduAcknowledge(edu))
        return FALSE;
    Flag++;
    return TRUE;
}

static ULONG SpinOnce(VOID)
{
    ULONG64 looks = 0;

    Flag = 0;
    EduWrite(Edu, EDU_INTERRUPT_RAISE, 1);
    while (Flag == 0)
        looks++;
    CHECK(Flag == 1);
    DbgPrint("looked %I64u times\n", looks);
    return 0;
}

/* The factorial is computed on a thread of QEMU's, so its interrupt comes at any moment of the loop. */
static ULONG SpinForFactorial(ULONG n)
{
    ULONG64 looks = 0;

    Flag = 0;
    EduWrite(Edu, 0x20, 0x80); /* interrupt when it is computed */
    EduWrite(Edu, 0x08, n);
    while (Flag == 0)
        looks++;
    EduWrite(Edu, 0x20, 0);
    CHECK(Flag == 1);
    DbgPrint("looked %I64u times\n", looks);
    return 0;
}

static ULONG FlagEndsALoopAtPassiveLevel(PDEVICE_OBJECT device)
{
    ULONG i;

    for (i = 0; i < 10; i++)
        CHECK_CALL(SpinOnce());
    return 0;
}

static ULONG FlagOfALateInterruptEndsALoop(PDEVICE_OBJECT device)
{
    ULONG i;

    for (i = 0; i < 10; i++)
        CHECK_CALL(SpinForFactorial(i + 3));
    return 0;
}

static VOID SpinStartIo(PDEVICE_OBJECT device, PIRP irp)
{
    CHECK_INTO(StartIoLine, KeGetCurrentIrql() == DISPATCH_LEVEL);
    if (StartIoLine == 0)
        StartIoLine = SpinOnce();
    if (StartIoLine == 0)
        StartIoLine = SpinForFactorial(9);
    IoStartNextPacket(device, FALSE);
}

static ULONG FlagEndsALoopInStartIo(PDEVICE_OBJECT device)
{
    OwnIrp = IoAllocateIrp(device->StackSize, FALSE);
    CHECK(OwnIrp != NULL);
    StartIoLine = 0;
    IoStartPacket(device, OwnIrp, NULL, NULL);
    IoFreeIrp(OwnIrp);
    return StartIoLine;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(FlagEndsALoopAtPassiveLevel),
    CHECK_CASE_OF(FlagOfALateInterruptEndsALoop),
    CHECK_CASE_OF(FlagEndsALoopInStartIo),
};

static NTSTATUS SpinStart(PEDU_DEVICE edu)
{
    Edu = edu;
    edu->Self->DriverObject->DriverStartIo = SpinStartIo;
    return STATUS_SUCCESS;
}

static NTSTATUS SpinControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), edu->Self, irp, number);
}

EDU_HOOKS EduHooks = { SpinInterrupt, SpinStart, SpinControl, LEGACY_NAMES(L"HilSpinIsr"), NULL, NULL };
