/* Self-checking: driver code is interrupted where Windows would interrupt it, and nowhere else. */

#include "edu_device.h"
#include "check.h"

static PEDU_DEVICE Edu;
static volatile LONG InterruptSeen;
static volatile LONG DpcSeen;
static volatile LONG TimerSeen;
static volatile LONG InterruptIrql;
static KDPC IsrDpc;

static BOOLEAN PreemptInterrupt(PEDU_DEVICE edu)
{
    if (!EduAcknowledge(edu))
        return FALSE;
    InterruptIrql = KeGetCurrentIrql();
    InterlockedIncrement(&InterruptSeen);
    KeInsertQueueDpc(&IsrDpc, NULL, NULL);
    return TRUE;
}

static VOID PreemptDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    InterlockedIncrement((PLONG)context);
}

static VOID Raise(VOID)
{
    InterruptSeen = 0;
    DpcSeen = 0;
    EduWrite(Edu, EDU_INTERRUPT_RAISE, 1);
}

static ULONG LoopUntilTimerDpc(PDEVICE_OBJECT device)
{
    LARGE_INTEGER due = { .QuadPart = -10000 };
    KTIMER timer;
    KDPC dpc;

    TimerSeen = 0;
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, PreemptDpc, (PVOID)&TimerSeen);
    KeSetTimer(&timer, due, &dpc);
    while (TimerSeen == 0)
        ;
    CHECK(TimerSeen == 1);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
    return 0;
}

static ULONG LoopUntilInterrupt(PDEVICE_OBJECT device)
{
    Raise();
    while (InterruptSeen == 0)
        ;
    CHECK(InterruptSeen == 1);
    CHECK(InterruptIrql == Edu->InterruptIrql);
    return 0;
}

static ULONG LoopUntilInterruptDpc(PDEVICE_OBJECT device)
{
    Raise();
    while (DpcSeen == 0)
        ;
    CHECK(InterruptSeen == 1);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
    return 0;
}

/* An interrupt cuts into DISPATCH_LEVEL; its DPC waits until IRQL falls, and has run when KeLowerIrql returns. */
static ULONG DpcWaitsForLowerIrql(PDEVICE_OBJECT device)
{
    LONG before;
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Raise();
    while (InterruptSeen == 0)
        ;
    before = DpcSeen;
    KeLowerIrql(irql);
    CHECK(before == 0);
    CHECK(DpcSeen == 1);
    return 0;
}

static ULONG DpcQueuedAtPassiveRunsAtOnce(PDEVICE_OBJECT device)
{
    DpcSeen = 0;
    CHECK(KeInsertQueueDpc(&IsrDpc, NULL, NULL));
    CHECK(DpcSeen == 1);
    return 0;
}

static BOOLEAN InterruptStaysOut(PVOID context)
{
    ULONG i;

    Raise();
    for (i = 0; i < 100000; i++)
        *(volatile ULONG *)context += 1;
    return InterruptSeen == 0;
}

static ULONG SynchronizedCodeIsNotInterrupted(PDEVICE_OBJECT device)
{
    ULONG count = 0;
    BOOLEAN undisturbed = KeSynchronizeExecution(Edu->Interrupt, InterruptStaysOut, &count);

    while (DpcSeen == 0)
        ;
    CHECK(undisturbed);
    CHECK(count == 100000);
    CHECK(InterruptSeen == 1);
    return 0;
}

static ULONG InterruptSpinLockHoldsInterruptOff(PDEVICE_OBJECT device)
{
    ULONG count = 0;
    KIRQL irql = KeAcquireInterruptSpinLock(Edu->Interrupt);
    KIRQL held = KeGetCurrentIrql();
    BOOLEAN undisturbed = InterruptStaysOut(&count);

    KeReleaseInterruptSpinLock(Edu->Interrupt, irql);
    while (DpcSeen == 0)
        ;
    CHECK(irql == PASSIVE_LEVEL);
    CHECK(held == Edu->InterruptIrql);
    CHECK(undisturbed);
    return 0;
}

/* A sum in integer and in vector registers, with interrupts raised by the loop itself, must not notice any of them. */
static ULONG RegistersSurviveInterrupts(PDEVICE_OBJECT device)
{
    double sums[4] = { 0, 0, 0, 0 };
    ULONG64 total = 0;
    ULONG round;
    ULONG i;

    for (round = 0; round < 200; round++) {
        Raise();
        for (i = 0; i < 5000; i++) {
            total += i ^ round;
            sums[i & 3] += i;
        }
        while (DpcSeen == 0)
            ;
    }
    CHECK(sums[0] == 200.0 * 1250 * (0 + 4996) / 2);
    CHECK(sums[1] == 200.0 * 1250 * (1 + 4997) / 2);
    CHECK(sums[2] == 200.0 * 1250 * (2 + 4998) / 2);
    CHECK(sums[3] == 200.0 * 1250 * (3 + 4999) / 2);
    for (round = 0; round < 200; round++)
        for (i = 0; i < 5000; i++)
            total -= i ^ round;
    CHECK(total == 0);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(LoopUntilTimerDpc),
    CHECK_CASE_OF(LoopUntilInterrupt),
    CHECK_CASE_OF(LoopUntilInterruptDpc),
    CHECK_CASE_OF(DpcWaitsForLowerIrql),
    CHECK_CASE_OF(DpcQueuedAtPassiveRunsAtOnce),
    CHECK_CASE_OF(SynchronizedCodeIsNotInterrupted),
    CHECK_CASE_OF(InterruptSpinLockHoldsInterruptOff),
    CHECK_CASE_OF(RegistersSurviveInterrupts),
};

static NTSTATUS PreemptStart(PEDU_DEVICE edu)
{
    Edu = edu;
    KeInitializeDpc(&IsrDpc, PreemptDpc, (PVOID)&DpcSeen);
    return STATUS_SUCCESS;
}

static NTSTATUS PreemptControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), edu->Self, irp, number);
}

EDU_HOOKS EduHooks = { PreemptInterrupt, PreemptStart, PreemptControl, LEGACY_NAMES(L"HilPreempt"), NULL, NULL };
