/*
 * Self-checking: a passive-level service routine, on a line or a message. It runs on a thread, may wait, is kept out by
 * KeSynchronizeExecution and not called while it is reported inactive. Request 100 asks for the spin lock that such an
 * interrupt has not got.
 */

#include "edu_device.h"
#include "check.h"

#define TAKES_LOCK 100

/* Not in every edition of the headers: IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS and its two routines. */
typedef struct ACTIVE_STATE {
    ULONG Version;
    PVOID ConnectionContext;
} ACTIVE_STATE;

typedef VOID NTAPI REPORT_ACTIVITY(ACTIVE_STATE *state);

static PEDU_DEVICE Edu;
static BOOLEAN IsMessage;
static KEVENT Began, MayEnd, Ended;
static BOOLEAN WaitsToEnd;
static PKTHREAD ServiceThread;
static KIRQL ServiceIrql;
static volatile LONG Served;
static volatile LONG Step;

static BOOLEAN PassiveInterrupt(PEDU_DEVICE edu)
{
    ServiceIrql = KeGetCurrentIrql();
    ServiceThread = KeGetCurrentThread();
    KeSetEvent(&Began, IO_NO_INCREMENT, FALSE);
    if (WaitsToEnd)
        KeWaitForSingleObject(&MayEnd, Executive, KernelMode, FALSE, NULL);
    if (!EduAcknowledge(edu))
        return FALSE;
    InterlockedIncrement(&Served);
    InterlockedIncrement(&Step);
    KeSetEvent(&Ended, IO_NO_INCREMENT, FALSE);
    return TRUE;
}

static VOID RaiseInterrupt(VOID)
{
    EduWrite(Edu, EDU_INTERRUPT_RAISE, 1);
}

static NTSTATUS Await(PKEVENT event, LONG milliseconds)
{
    LARGE_INTEGER timeout = { .QuadPart = -10000LL * milliseconds };

    return KeWaitForSingleObject(event, Executive, KernelMode, FALSE, &timeout);
}

static ULONG RunsOnAThread(PDEVICE_OBJECT device)
{
    ULONG i;

    WaitsToEnd = FALSE;
    for (i = 0; i < 20; i++) {
        LONG before = Served;
        RaiseInterrupt();
        CHECK(Await(&Ended, 10000) == STATUS_SUCCESS);
        CHECK(Served == before + 1);
        CHECK(ServiceIrql == PASSIVE_LEVEL && ServiceThread != KeGetCurrentThread());
    }
    KeClearEvent(&Began);
    return 0;
}

/* The line stands while the routine waits, and does not come again. */
static ULONG MayWait(PDEVICE_OBJECT device)
{
    LONG before = Served;

    WaitsToEnd = TRUE;
    RaiseInterrupt();
    CHECK(Await(&Began, 10000) == STATUS_SUCCESS);
    CHECK(Await(&Began, 5) == STATUS_TIMEOUT);
    CHECK(Served == before && EduRead(Edu, EDU_INTERRUPT_STATUS) != 0);
    KeSetEvent(&MayEnd, IO_NO_INCREMENT, FALSE);
    CHECK(Await(&Ended, 10000) == STATUS_SUCCESS);
    CHECK(Served == before + 1);
    return 0;
}

static BOOLEAN NTAPI NoteStep(PVOID context)
{
    *(PLONG)context = InterlockedIncrement(&Step);
    return KeGetCurrentIrql() == PASSIVE_LEVEL;
}

static VOID NTAPI LetEnd(PVOID context)
{
    KeSetEvent(&MayEnd, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Another thread lets the routine end while this one waits for it. */
static ULONG SynchronizesWithTheRoutine(PDEVICE_OBJECT device)
{
    HANDLE thread;
    LONG at = 0;

    WaitsToEnd = TRUE;
    Step = 0;
    RaiseInterrupt();
    CHECK(Await(&Began, 10000) == STATUS_SUCCESS);
    CHECK(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, LetEnd, NULL) == STATUS_SUCCESS);
    CHECK(KeSynchronizeExecution(Edu->Interrupt, NoteStep, &at));
    CHECK(at == 2);
    CHECK(ZwClose(thread) == STATUS_SUCCESS);
    CHECK(Await(&Ended, 10000) == STATUS_SUCCESS);
    return 0;
}

static BOOLEAN NTAPI RaiseInside(PVOID context)
{
    RaiseInterrupt();
    return Await(&Began, 20) == STATUS_TIMEOUT;
}

static ULONG KeepsTheRoutineOut(PDEVICE_OBJECT device)
{
    WaitsToEnd = FALSE;
    CHECK(KeSynchronizeExecution(Edu->Interrupt, RaiseInside, NULL));
    CHECK(Await(&Ended, 10000) == STATUS_SUCCESS);
    CHECK(Await(&Began, 10000) == STATUS_SUCCESS);
    return 0;
}

static VOID ReportActivity(PCWSTR routine)
{
    ACTIVE_STATE state = { CONNECT_FULLY_SPECIFIED, Edu->Interrupt };
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, routine);
    ((REPORT_ACTIVITY *)MmGetSystemRoutineAddress(&name))(&state);
}

/* A level stands until the routine is active again; a message has no taker and is lost. */
static ULONG IsNotCalledWhileInactive(PDEVICE_OBJECT device)
{
    LONG before = Served;

    WaitsToEnd = FALSE;
    ReportActivity(L"IoReportInterruptInactive");
    RaiseInterrupt();
    CHECK(Await(&Began, 5) == STATUS_TIMEOUT);
    ReportActivity(L"IoReportInterruptActive");
    if (IsMessage) {
        CHECK(Await(&Began, 5) == STATUS_TIMEOUT);
        CHECK(EduAcknowledge(Edu));
        RaiseInterrupt();
    }
    CHECK(Await(&Ended, 10000) == STATUS_SUCCESS);
    CHECK(Await(&Began, 10000) == STATUS_SUCCESS);
    CHECK(Served == before + 1);
    return 0;
}

static BOOLEAN NTAPI Service(PKINTERRUPT interrupt, PVOID context)
{
    return PassiveInterrupt(context);
}

static PCM_PARTIAL_RESOURCE_DESCRIPTOR InterruptResource(PCM_RESOURCE_LIST resources)
{
    PCM_PARTIAL_RESOURCE_LIST list = &resources->List[0].PartialResourceList;
    PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = list->PartialDescriptors;

    while (descriptor->Type != CmResourceTypeInterrupt)
        descriptor++;
    return descriptor;
}

static NTSTATUS Connect(PEDU_DEVICE edu, PKSPIN_LOCK lock, KIRQL synchronize)
{
    PCM_PARTIAL_RESOURCE_DESCRIPTOR resource = InterruptResource(edu->Translated);
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = { .Version = CONNECT_FULLY_SPECIFIED };

    parameters.FullySpecified.PhysicalDeviceObject = edu->Physical;
    parameters.FullySpecified.InterruptObject = &edu->Interrupt;
    parameters.FullySpecified.ServiceRoutine = Service;
    parameters.FullySpecified.ServiceContext = edu;
    parameters.FullySpecified.SpinLock = lock;
    parameters.FullySpecified.SynchronizeIrql = synchronize;
    parameters.FullySpecified.ShareVector = TRUE;
    parameters.FullySpecified.Vector = resource->u.Interrupt.Vector;
    parameters.FullySpecified.Irql = PASSIVE_LEVEL;
    parameters.FullySpecified.InterruptMode = IsMessage ? Latched : LevelSensitive;
    parameters.FullySpecified.ProcessorEnableMask = resource->u.Interrupt.Affinity;
    return IoConnectInterruptEx(&parameters);
}

/* In place of the interrupt that edu_device.c has connected. */
static NTSTATUS PassiveStart(PEDU_DEVICE edu)
{
    KSPIN_LOCK lock;

    Edu = edu;
    KeInitializeEvent(&Began, SynchronizationEvent, FALSE);
    KeInitializeEvent(&MayEnd, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Ended, SynchronizationEvent, FALSE);
    KeInitializeSpinLock(&lock);
    IsMessage = (InterruptResource(edu->Translated)->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
    IoDisconnectInterrupt(edu->Interrupt);
    edu->Interrupt = NULL;
    if (Connect(edu, &lock, PASSIVE_LEVEL) != STATUS_INVALID_PARAMETER)
        return STATUS_UNSUCCESSFUL;
    if (Connect(edu, NULL, edu->InterruptIrql) != STATUS_INVALID_PARAMETER)
        return STATUS_UNSUCCESSFUL;
    return Connect(edu, NULL, PASSIVE_LEVEL);
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(RunsOnAThread),
    CHECK_CASE_OF(MayWait),
    CHECK_CASE_OF(SynchronizesWithTheRoutine),
    CHECK_CASE_OF(KeepsTheRoutineOut),
    CHECK_CASE_OF(IsNotCalledWhileInactive),
};

static NTSTATUS PassiveControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    if (number == TAKES_LOCK)
        KeAcquireInterruptSpinLock(edu->Interrupt);
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), edu->Self, irp, number);
}

EDU_HOOKS EduHooks = { PassiveInterrupt, PassiveStart, PassiveControl, LEGACY_NAMES(L"HilPassive"), NULL, NULL };
