/*
 * Self-checking: asynchronous procedure calls, the regions that keep them out, what they do to waits, and alerts.
 */

#include "check.h"

#define MILLISECONDS(Count) ((Count) * 10000LL)

typedef VOID APC_NORMAL(PVOID context, PVOID argument1, PVOID argument2);
typedef VOID APC_KERNEL(PKAPC apc, APC_NORMAL **normal, PVOID *context, PVOID *argument1, PVOID *argument2);
typedef VOID APC_RUNDOWN(PKAPC apc);

NTSYSAPI VOID NTAPI KeInitializeApc(PKAPC apc, PKTHREAD thread, int environment, APC_KERNEL *kernel,
    APC_RUNDOWN *rundown, APC_NORMAL *normal, KPROCESSOR_MODE mode, PVOID context);
NTSYSAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC apc, PVOID argument1, PVOID argument2, KPRIORITY increment);
NTSYSAPI BOOLEAN NTAPI KeAlertThread(PKTHREAD thread, KPROCESSOR_MODE mode);
NTSYSAPI BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE mode);
NTSYSAPI NTSTATUS NTAPI ZwAlertThread(HANDLE thread);
NTKERNELAPI NTSTATUS NTAPI ObOpenObjectByPointer(PVOID object, ULONG attributes, PACCESS_STATE state,
    ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode, PHANDLE handle);

/* Not in mingw-w64's import library. */
typedef BOOLEAN APC_REMOVE(PKAPC apc);
static APC_REMOVE *RemoveApc;

/* What was called, in order: k, n for the routines of the first APC, K, N for those of the second, r for run down. */
static CHAR Calls[16];
static ULONG CallCount;
static ULONG Line;
static PKTHREAD CalledIn;
static KAPC First, Second;
static KEVENT Ran;

static VOID Note(CHAR what)
{
    CHECK_INTO(Line, CallCount < sizeof(Calls));
    Calls[CallCount++ % sizeof(Calls)] = what;
    CalledIn = KeGetCurrentThread();
}

static BOOLEAN Were(PCSTR calls)
{
    ULONG length = (ULONG)strlen(calls);
    BOOLEAN same = CallCount == length && memcmp(Calls, calls, length) == 0 && Line == 0;

    if (!same)
        DbgPrint("%.*s, expected %s\n", (int)CallCount, Calls, calls);
    CallCount = 0;
    return same;
}

static VOID KernelRoutine(PKAPC apc, APC_NORMAL **normal, PVOID *context, PVOID *argument1, PVOID *argument2)
{
    CHECK_INTO(Line, KeGetCurrentIrql() == APC_LEVEL && KeAreAllApcsDisabled());
    CHECK_INTO(Line, *argument1 == (PVOID)0x111 && *argument2 == (PVOID)0x222);
    *argument2 = (PVOID)0x333;
    Note(apc == &First ? 'k' : 'K');
}

static VOID DroppingRoutine(PKAPC apc, APC_NORMAL **normal, PVOID *context, PVOID *argument1, PVOID *argument2)
{
    Note(apc == &First ? 'k' : 'K');
    *normal = NULL;
}

static VOID NormalRoutine(PVOID context, PVOID argument1, PVOID argument2)
{
    CHECK_INTO(Line, KeGetCurrentIrql() == PASSIVE_LEVEL);
    CHECK_INTO(Line, argument1 == (PVOID)0x111 && argument2 == (PVOID)0x333);
    Note(context == &First ? 'n' : 'N');
}

static VOID RundownRoutine(PKAPC apc)
{
    Note('r');
}

static BOOLEAN Insert(PKAPC apc)
{
    return KeInsertQueueApc(apc, (PVOID)0x111, (PVOID)0x222, IO_NO_INCREMENT);
}

static VOID PrepareFor(PKTHREAD thread)
{
    CallCount = Line = 0;
    KeInitializeEvent(&Ran, SynchronizationEvent, FALSE);
    KeInitializeApc(&First, thread, 0, KernelRoutine, NULL, NormalRoutine, KernelMode, &First);
    KeInitializeApc(&Second, thread, 0, KernelRoutine, NULL, NULL, KernelMode, NULL);
}

static NTSTATUS WaitFor(PVOID object, KPROCESSOR_MODE mode, BOOLEAN alertable, LONG milliseconds)
{
    LARGE_INTEGER timeout = { .QuadPart = -MILLISECONDS(milliseconds) };

    return KeWaitForSingleObject(object, Executive, mode, alertable, &timeout);
}

/* ---- In the running thread ---- */

static ULONG TheyRunAtOnceAtPassiveLevel(PDEVICE_OBJECT device)
{
    PrepareFor(KeGetCurrentThread());
    CHECK(First.Type == 18 && First.Size == sizeof(KAPC) && !First.Inserted);
    CHECK(Insert(&Second) && Were("K") && !Second.Inserted);
    CHECK(Insert(&First) && Were("kn") && !First.Inserted);
    CHECK(Insert(&First) && Were("kn") && CalledIn == KeGetCurrentThread());
    KeInitializeApc(&First, KeGetCurrentThread(), 0, DroppingRoutine, NULL, NormalRoutine, KernelMode, &First);
    CHECK(Insert(&First) && Were("k"));
    return 0;
}

static ULONG RegionsKeepThemOut(PDEVICE_OBJECT device)
{
    KIRQL irql;

    PrepareFor(KeGetCurrentThread());
    KeEnterCriticalRegion();
    CHECK(Insert(&First) && First.Inserted && Were(""));
    CHECK(!Insert(&First));
    CHECK(Insert(&Second) && Were("K"));
    KeLeaveCriticalRegion();
    CHECK(Were("kn"));

    KeEnterGuardedRegion();
    KeEnterCriticalRegion();
    CHECK(Insert(&First) && Insert(&Second) && Were(""));
    KeLeaveGuardedRegion();
    CHECK(Were("K"));
    KeLeaveCriticalRegion();
    CHECK(Were("kn"));

    KeRaiseIrql(APC_LEVEL, &irql);
    CHECK(Insert(&First) && Insert(&Second) && Were(""));
    KeLowerIrql(irql);
    KeReadStateEvent(&Ran); /* lowering IRQL may be done without the kernel: this is a call that is not */
    CHECK(Were("Kkn"));

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    CHECK(Insert(&First) && Insert(&Second) && Were(""));
    KeLowerIrql(irql);
    CHECK(Were("Kkn"));
    return 0;
}

static ULONG MutexesKeepNormalOnesOut(PDEVICE_OBJECT device)
{
    FAST_MUTEX fast;
    KMUTEX mutex;

    PrepareFor(KeGetCurrentThread());
    KeInitializeMutex(&mutex, 0);
    CHECK(WaitFor(&mutex, KernelMode, FALSE, 0) == STATUS_SUCCESS);
    CHECK(Insert(&First) && Insert(&Second) && Were("K"));
    KeReleaseMutex(&mutex, FALSE);
    CHECK(Were("kn"));

    ExInitializeFastMutex(&fast);
    ExAcquireFastMutex(&fast);
    CHECK(Insert(&First) && Insert(&Second) && Were(""));
    ExReleaseFastMutex(&fast);
    CHECK(Were("Kkn"));
    return 0;
}

static VOID InsertingNormalRoutine(PVOID context, PVOID argument1, PVOID argument2)
{
    static KAPC third;

    Note('<');
    KeInitializeApc(&third, KeGetCurrentThread(), 0, KernelRoutine, NULL, NormalRoutine, KernelMode, NULL);
    CHECK_INTO(Line, Insert(&third) && Insert(&Second));
    Note('>');
}

static ULONG NormalOnesAreNotCutIntoByNormalOnes(PDEVICE_OBJECT device)
{
    PrepareFor(KeGetCurrentThread());
    KeInitializeApc(&First, KeGetCurrentThread(), 0, KernelRoutine, NULL, InsertingNormalRoutine, KernelMode, NULL);
    CHECK(Insert(&First) && Were("k<K>KN"));
    return 0;
}

static ULONG TheyAreTakenOutOfTheQueue(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"KeRemoveQueueApc");

    PrepareFor(KeGetCurrentThread());
    RemoveApc = (APC_REMOVE *)MmGetSystemRoutineAddress(&name);
    CHECK(RemoveApc != NULL && !RemoveApc(&First));
    KeEnterCriticalRegion();
    CHECK(Insert(&First) && RemoveApc(&First) && !First.Inserted && !RemoveApc(&First));
    KeLeaveCriticalRegion();
    CHECK(Were(""));
    return 0;
}

static VOID InsertInDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    CHECK_INTO(Line, Insert(&First) && Insert(&Second) && CallCount == 0);
}

static ULONG DpcsQueueThemToTheThreadThatTheyCutInto(PDEVICE_OBJECT device)
{
    KDPC dpc;

    PrepareFor(KeGetCurrentThread());
    KeInitializeDpc(&dpc, InsertInDpc, NULL);
    CHECK(KeInsertQueueDpc(&dpc, NULL, NULL));
    CHECK(Were("Kkn"));
    return 0;
}

/* ---- In another thread ---- */

typedef struct WAITER {
    KEVENT Start, Done;
    PKTHREAD Thread;
    KPROCESSOR_MODE Mode;
    BOOLEAN Alertable;
    LONG Milliseconds;
    NTSTATUS Status;
    ULONG64 Waited;
} WAITER;

static VOID WaitInThread(PVOID context)
{
    WAITER *waiter = context;
    ULONG64 start = KeQueryInterruptTime();

    waiter->Status = WaitFor(&waiter->Done, waiter->Mode, waiter->Alertable, waiter->Milliseconds);
    waiter->Waited = KeQueryInterruptTime() - start;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Returns once the thread waits: it has a higher priority than this one. */
static ULONG StartWaiter(WAITER *waiter, KPROCESSOR_MODE mode, BOOLEAN alertable, LONG milliseconds)
{
    KPRIORITY priority = KeSetPriorityThread(KeGetCurrentThread(), LOW_PRIORITY + 1);
    HANDLE handle;

    KeInitializeEvent(&waiter->Done, NotificationEvent, FALSE);
    waiter->Mode = mode;
    waiter->Alertable = alertable;
    waiter->Milliseconds = milliseconds;
    waiter->Status = STATUS_UNSUCCESSFUL;
    CHECK(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, WaitInThread, waiter) == STATUS_SUCCESS);
    CHECK(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, (PVOID *)&waiter->Thread, NULL)
        == STATUS_SUCCESS);
    ZwClose(handle);
    KeSetPriorityThread(KeGetCurrentThread(), priority);
    PrepareFor(waiter->Thread);
    return 0;
}

static ULONG EndWaiter(WAITER *waiter)
{
    CHECK(WaitFor(waiter->Thread, KernelMode, FALSE, 10000) == STATUS_SUCCESS);
    CHECK(!Insert(&First) && !First.Inserted);
    ObDereferenceObject(waiter->Thread);
    return 0;
}

static ULONG AThreadWaitsOnAfterThem(PDEVICE_OBJECT device)
{
    WAITER waiter;

    CHECK_CALL(StartWaiter(&waiter, KernelMode, FALSE, 10000));
    CHECK(Insert(&First) && Insert(&Second));
    CHECK(WaitFor(waiter.Thread, KernelMode, FALSE, 20) == STATUS_TIMEOUT);
    CHECK(CallCount == 3 && (memcmp(Calls, "Kkn", 3) == 0 || memcmp(Calls, "knK", 3) == 0) && Line == 0);
    CHECK(CalledIn == waiter.Thread && waiter.Status == STATUS_UNSUCCESSFUL);
    KeSetEvent(&waiter.Done, IO_NO_INCREMENT, FALSE);
    CHECK_CALL(EndWaiter(&waiter));
    CHECK(waiter.Status == STATUS_SUCCESS);

    CHECK_CALL(StartWaiter(&waiter, KernelMode, TRUE, 500));
    CHECK(Insert(&Second));
    CHECK_CALL(EndWaiter(&waiter));
    CHECK(Were("K") && waiter.Status == STATUS_TIMEOUT && waiter.Waited >= (ULONG64)MILLISECONDS(500));
    return 0;
}

static VOID WaitingNormalRoutine(PVOID context, PVOID argument1, PVOID argument2)
{
    KEVENT never, other;
    PVOID objects[] = { &never, &other };
    LARGE_INTEGER timeout = { .QuadPart = -MILLISECONDS(5) };

    KeInitializeEvent(&never, NotificationEvent, FALSE);
    KeInitializeEvent(&other, NotificationEvent, FALSE);
    CHECK_INTO(Line, WaitFor(&never, KernelMode, FALSE, 5) == STATUS_TIMEOUT);
    CHECK_INTO(Line, KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, &timeout, NULL)
        == STATUS_TIMEOUT);
    Note('n');
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
}

static ULONG TheirRoutinesMayWait(PDEVICE_OBJECT device)
{
    WAITER waiter;

    CHECK_CALL(StartWaiter(&waiter, KernelMode, FALSE, 10000));
    KeInitializeApc(&First, waiter.Thread, 0, KernelRoutine, NULL, WaitingNormalRoutine, KernelMode, NULL);
    CHECK(Insert(&First));
    CHECK(WaitFor(&Ran, KernelMode, FALSE, 10000) == STATUS_SUCCESS && Were("kn"));
    KeSetEvent(&waiter.Done, IO_NO_INCREMENT, FALSE);
    CHECK_CALL(EndWaiter(&waiter));
    CHECK(waiter.Status == STATUS_SUCCESS);
    return 0;
}

static ULONG UserOnesEndAlertableWaitsInUserMode(PDEVICE_OBJECT device)
{
    WAITER waiter;

    CHECK_CALL(StartWaiter(&waiter, UserMode, TRUE, 10000));
    KeInitializeApc(&First, waiter.Thread, 0, KernelRoutine, RundownRoutine, NormalRoutine, UserMode, &First);
    CHECK(Insert(&First));
    CHECK_CALL(EndWaiter(&waiter));
    CHECK(waiter.Status == STATUS_USER_APC && Were("r"));

    CHECK_CALL(StartWaiter(&waiter, KernelMode, TRUE, 10000));
    KeInitializeApc(&First, waiter.Thread, 0, KernelRoutine, RundownRoutine, NormalRoutine, UserMode, &First);
    CHECK(Insert(&First) && WaitFor(waiter.Thread, KernelMode, FALSE, 20) == STATUS_TIMEOUT);
    KeSetEvent(&waiter.Done, IO_NO_INCREMENT, FALSE);
    CHECK_CALL(EndWaiter(&waiter));
    CHECK(waiter.Status == STATUS_SUCCESS && Were("r"));
    return 0;
}

/* ---- Alerts ---- */

static ULONG AlertsEndAlertableWaits(PDEVICE_OBJECT device)
{
    LARGE_INTEGER moment = { .QuadPart = -MILLISECONDS(1) };
    PKTHREAD self = KeGetCurrentThread();
    HANDLE handle;
    WAITER waiter;

    CHECK_CALL(StartWaiter(&waiter, KernelMode, TRUE, 10000));
    CHECK(!KeAlertThread(waiter.Thread, KernelMode));
    CHECK_CALL(EndWaiter(&waiter));
    CHECK(waiter.Status == STATUS_ALERTED);

    CHECK_CALL(StartWaiter(&waiter, UserMode, TRUE, 10000));
    CHECK(ObOpenObjectByPointer(waiter.Thread, 0, NULL, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &handle)
        == STATUS_SUCCESS);
    CHECK(ZwAlertThread(handle) == STATUS_SUCCESS && ZwClose(handle) == STATUS_SUCCESS);
    CHECK_CALL(EndWaiter(&waiter));
    CHECK(waiter.Status == STATUS_ALERTED);

    CHECK_CALL(StartWaiter(&waiter, KernelMode, TRUE, 10000));
    CHECK(!KeAlertThread(waiter.Thread, UserMode) && WaitFor(waiter.Thread, KernelMode, FALSE, 20) == STATUS_TIMEOUT);
    KeSetEvent(&waiter.Done, IO_NO_INCREMENT, FALSE);
    CHECK(WaitFor(waiter.Thread, KernelMode, FALSE, 10000) == STATUS_SUCCESS);
    CHECK(!KeAlertThread(waiter.Thread, KernelMode));
    CHECK_CALL(EndWaiter(&waiter));
    CHECK(waiter.Status == STATUS_SUCCESS);

    CHECK(!KeTestAlertThread(KernelMode) && !KeAlertThread(self, KernelMode) && KeAlertThread(self, KernelMode));
    CHECK(KeTestAlertThread(KernelMode) && !KeTestAlertThread(KernelMode));
    CHECK(!KeAlertThread(self, KernelMode));
    CHECK(KeDelayExecutionThread(KernelMode, FALSE, &moment) == STATUS_SUCCESS);
    CHECK(KeDelayExecutionThread(KernelMode, TRUE, &moment) == STATUS_ALERTED);
    CHECK(KeDelayExecutionThread(KernelMode, TRUE, &moment) == STATUS_SUCCESS);
    CHECK(!KeAlertThread(self, UserMode) && WaitFor(&Ran, KernelMode, TRUE, 1) == STATUS_TIMEOUT);
    CHECK(WaitFor(&Ran, UserMode, TRUE, 1) == STATUS_ALERTED);
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
    CHECK(!KeAlertThread(self, KernelMode) && WaitFor(&Ran, KernelMode, TRUE, 1) == STATUS_SUCCESS);
    CHECK(KeTestAlertThread(KernelMode));
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(TheyRunAtOnceAtPassiveLevel),
    CHECK_CASE_OF(RegionsKeepThemOut),
    CHECK_CASE_OF(MutexesKeepNormalOnesOut),
    CHECK_CASE_OF(NormalOnesAreNotCutIntoByNormalOnes),
    CHECK_CASE_OF(TheyAreTakenOutOfTheQueue),
    CHECK_CASE_OF(DpcsQueueThemToTheThreadThatTheyCutInto),
    CHECK_CASE_OF(AThreadWaitsOnAfterThem),
    CHECK_CASE_OF(TheirRoutinesMayWait),
    CHECK_CASE_OF(UserOnesEndAlertableWaitsInUserMode),
    CHECK_CASE_OF(AlertsEndAlertableWaits),
};

/* ---- The thread of a request that is over ---- */

static VOID SetRanRoutine(PKAPC apc, APC_NORMAL **normal, PVOID *context, PVOID *argument1, PVOID *argument2)
{
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
}

static VOID InsertLater(PVOID thread)
{
    LARGE_INTEGER moment = { .QuadPart = -MILLISECONDS(20) };

    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    KeInitializeEvent(&Ran, NotificationEvent, FALSE);
    KeInitializeApc(&Second, thread, 0, SetRanRoutine, NULL, NULL, KernelMode, NULL);
    Insert(&Second);
    DbgPrint("the idle thread: %x", WaitFor(&Ran, KernelMode, FALSE, 10000));
    ObDereferenceObject(thread);
}

/* Its critical region keeps the APC out until the thread has ended. */
static VOID EndWithAnApc(PVOID context)
{
    KeInitializeApc(&First, KeGetCurrentThread(), 0, KernelRoutine, NULL, NormalRoutine, KernelMode, NULL);
    KeEnterCriticalRegion();
    Insert(&First);
}

static NTSTATUS StartThread(PKSTART_ROUTINE routine, PVOID context)
{
    HANDLE handle;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context);

    if (NT_SUCCESS(status))
        ZwClose(handle);
    return status;
}

static NTSTATUS ApcControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    switch (number) {
    case 100:
        ObReferenceObject(KeGetCurrentThread());
        return StartThread(InsertLater, KeGetCurrentThread());
    case 101:
        return StartThread(EndWithAnApc, NULL);
    case 102: /* a user APC, of which an application would hear now */
        KeInitializeApc(&First, KeGetCurrentThread(), 0, SetRanRoutine, NULL, NormalRoutine, UserMode, NULL);
        KeInitializeEvent(&Ran, NotificationEvent, FALSE);
        return Insert(&First) ? WaitFor(&Ran, UserMode, TRUE, 10000) : STATUS_UNSUCCESSFUL;
    default:
        return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
    }
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilApc"), 0, ApcControl, NULL };
