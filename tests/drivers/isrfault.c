/*
 * Exceptions where interrupts are at work. The numbers up to 99 are checks: one that leaves KeSynchronizeExecution for
 * the caller's __except. From 100 on, an exception in a service routine or a DPC, which cuts into code that stands in a
 * __try of its own: that is no caller, and the machine stops.
 */

#include "edu_device.h"
#include "check.h"
#include "try.h"

#define FAULT_FIRST 100

typedef VOID FAULT_ROUTINE(VOID);

static PEDU_DEVICE Edu;
static FAULT_ROUTINE *volatile InService;
static volatile LONG Served;
static KDPC Dpc;

/* Volatile, so that the compiler neither sees through a wild access nor drops it. */
static volatile ULONG Zero;
static volatile ULONG Sink;
static volatile ULONG *volatile NullPointer;
static volatile ULONG *volatile WildPointer = (volatile ULONG *)0xdeadbeefdeadbeefULL;

static BOOLEAN FaultInterrupt(PEDU_DEVICE edu)
{
    FAULT_ROUTINE *routine = InService;

    if (!EduAcknowledge(edu))
        return FALSE;
    Served++;
    if (routine != NULL)
        routine();
    return TRUE;
}

static ULONG RaiseInterrupt(ULONG_PTR unused)
{
    LONG before = Served;

    EduWrite(Edu, EDU_INTERRUPT_RAISE, 1);
    while (Served == before)
        ;
    return 0;
}

/* ---- Over KeSynchronizeExecution ---- */

static BOOLEAN NTAPI DivideSynchronized(PVOID context)
{
    Sink = 100 / *(volatile ULONG *)context;
    return TRUE;
}

static ULONG Synchronize(ULONG_PTR divisor)
{
    return KeSynchronizeExecution(Edu->Interrupt, DivideSynchronized, (PVOID)divisor);
}

/* The kernel has no handler that would release the lock and lower IRQL: that is left to the driver's. */
static ULONG SynchronizedCodeRaises(PDEVICE_OBJECT device)
{
    ULONG code = TryCall(Synchronize, (ULONG_PTR)&Zero);
    KIRQL irql = KeGetCurrentIrql();
    ULONG one = 1;

    if (irql != PASSIVE_LEVEL)
        KeReleaseInterruptSpinLock(Edu->Interrupt, PASSIVE_LEVEL);
    CHECK(code == (ULONG)STATUS_INTEGER_DIVIDE_BY_ZERO);
    CHECK(irql == Edu->InterruptIrql);
    CHECK(TryCall(Synchronize, (ULONG_PTR)&one) == TRUE);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
    RaiseInterrupt(0);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(SynchronizedCodeRaises),
};

/* ---- Where no caller can handle them ---- */

static VOID DivideByZero(VOID)
{
    Sink = 100 / Zero;
}

static VOID ReadNull(VOID)
{
    Sink = *NullPointer;
}

static VOID ReadNonCanonical(VOID)
{
    Sink = *WildPointer;
}

static VOID NTAPI DivideDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    DivideByZero();
}

static VOID NTAPI RaiseStatusDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    ExRaiseStatus((NTSTATUS)0xC0001234);
}

static ULONG QueueDpc(ULONG_PTR routine)
{
    KeInitializeDpc(&Dpc, (PKDEFERRED_ROUTINE)routine, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    return 0;
}

static VOID Fault(ULONG number)
{
    static FAULT_ROUTINE *const inService[] = { DivideByZero, ReadNull, ReadNonCanonical };

    if (number < RTL_NUMBER_OF(inService)) {
        InService = inService[number];
        TryCall(RaiseInterrupt, 0);
    } else {
        TryCall(QueueDpc, (ULONG_PTR)(number == RTL_NUMBER_OF(inService) ? DivideDpc : RaiseStatusDpc));
    }
}

static NTSTATUS FaultStart(PEDU_DEVICE edu)
{
    Edu = edu;
    return STATUS_SUCCESS;
}

static NTSTATUS FaultControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    if (number >= FAULT_FIRST)
        Fault(number - FAULT_FIRST);
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), edu->Self, irp, number);
}

EDU_HOOKS EduHooks = { FaultInterrupt, FaultStart, FaultControl, LEGACY_NAMES(L"HilIsrFault"), NULL, NULL };
