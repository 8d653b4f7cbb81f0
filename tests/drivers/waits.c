/*
 * Self-checking: dispatcher objects, timers, threads and work items. Times are lower bounds only (a wait of 20 ms takes
 * 20 ms or more), so that a busy machine fails nothing.
 */

#include "check.h"

#define MILLISECONDS(Count) ((Count) * 10000LL)

static ULONG64 Now(VOID)
{
    return KeQueryInterruptTime();
}

static NTSTATUS WaitFor(PVOID object, LONG milliseconds)
{
    LARGE_INTEGER timeout = { .QuadPart = -MILLISECONDS(milliseconds) };

    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &timeout);
}

static BOOLEAN IsSignalled(PVOID object)
{
    return WaitFor(object, 0) == STATUS_SUCCESS;
}

/* ---- Events ---- */

static ULONG NotificationEventStaysSet(PDEVICE_OBJECT device)
{
    KEVENT event;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    CHECK(!IsSignalled(&event));
    CHECK(KeSetEvent(&event, IO_NO_INCREMENT, FALSE) == 0);
    CHECK(IsSignalled(&event));
    CHECK(IsSignalled(&event));
    CHECK(KeReadStateEvent(&event) != 0);
    CHECK(KeSetEvent(&event, IO_NO_INCREMENT, FALSE) != 0);
    CHECK(KeResetEvent(&event) != 0);
    CHECK(!IsSignalled(&event));
    return 0;
}

static ULONG SynchronizationEventLetsOneThrough(PDEVICE_OBJECT device)
{
    KEVENT event;

    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    CHECK(IsSignalled(&event));
    CHECK(!IsSignalled(&event));
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&event);
    CHECK(!IsSignalled(&event));
    return 0;
}

static ULONG WaitTimesOutNotBeforeItsTime(PDEVICE_OBJECT device)
{
    KEVENT event;
    ULONG64 start = Now();

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    CHECK(WaitFor(&event, 20) == STATUS_TIMEOUT);
    CHECK(Now() - start >= (ULONG64)MILLISECONDS(20));
    return 0;
}

static ULONG AbsoluteTimeoutInThePastIsOverAtOnce(PDEVICE_OBJECT device)
{
    LARGE_INTEGER past = { .QuadPart = 1 };
    KEVENT event;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    CHECK(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &past) == STATUS_TIMEOUT);
    return 0;
}

static ULONG DelayTakesItsTime(PDEVICE_OBJECT device)
{
    LARGE_INTEGER delay = { .QuadPart = -MILLISECONDS(5) };
    ULONG64 start = Now();

    CHECK(KeDelayExecutionThread(KernelMode, FALSE, &delay) == STATUS_SUCCESS);
    CHECK(Now() - start >= (ULONG64)MILLISECONDS(5));
    return 0;
}

/* ---- Several objects ---- */

static ULONG WaitAnyTellsWhich(PDEVICE_OBJECT device)
{
    LARGE_INTEGER none = { .QuadPart = 0 };
    KEVENT events[3];
    PVOID objects[3] = { &events[0], &events[1], &events[2] };
    ULONG i;

    for (i = 0; i < 3; i++)
        KeInitializeEvent(&events[i], SynchronizationEvent, FALSE);
    CHECK(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &none, NULL) == STATUS_TIMEOUT);
    KeSetEvent(&events[2], IO_NO_INCREMENT, FALSE);
    KeSetEvent(&events[1], IO_NO_INCREMENT, FALSE);
    CHECK(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &none, NULL) == STATUS_WAIT_1);
    CHECK(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL) == STATUS_WAIT_2);
    CHECK(!IsSignalled(&events[1]) && !IsSignalled(&events[2]));
    return 0;
}

static ULONG WaitAllTakesAllOrNone(PDEVICE_OBJECT device)
{
    LARGE_INTEGER none = { .QuadPart = 0 };
    KWAIT_BLOCK blocks[4];
    KEVENT events[4];
    PVOID objects[4] = { &events[0], &events[1], &events[2], &events[3] };
    ULONG i;

    for (i = 0; i < 4; i++)
        KeInitializeEvent(&events[i], SynchronizationEvent, i != 0);
    CHECK(KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, &none, blocks) == STATUS_TIMEOUT);
    CHECK(KeReadStateEvent(&events[3]) != 0); /* nothing was consumed */
    KeSetEvent(&events[0], IO_NO_INCREMENT, FALSE);
    CHECK(KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, &none, blocks) == STATUS_SUCCESS);
    for (i = 0; i < 4; i++)
        CHECK(!IsSignalled(&events[i]));
    return 0;
}

/* ---- Semaphores and mutexes ---- */

static ULONG SemaphoreCounts(PDEVICE_OBJECT device)
{
    KSEMAPHORE semaphore;

    KeInitializeSemaphore(&semaphore, 2, 5);
    CHECK(IsSignalled(&semaphore) && IsSignalled(&semaphore) && !IsSignalled(&semaphore));
    CHECK(KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 3, FALSE) == 0);
    CHECK(KeReadStateSemaphore(&semaphore) == 3);
    CHECK(KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, FALSE) == 3);
    return 0;
}

static ULONG MutexIsRecursive(PDEVICE_OBJECT device)
{
    KMUTEX mutex;

    KeInitializeMutex(&mutex, 0);
    CHECK(IsSignalled(&mutex));
    CHECK(IsSignalled(&mutex)); /* its owner may take it again */
    CHECK(KeReleaseMutex(&mutex, FALSE) < 0);
    CHECK(KeReleaseMutex(&mutex, FALSE) == 0);
    CHECK(KeReadStateMutex(&mutex) == 1);
    return 0;
}

static ULONG FastMutexRaisesToApcLevel(PDEVICE_OBJECT device)
{
    FAST_MUTEX mutex;
    KIRQL inside;

    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
    inside = KeGetCurrentIrql();
    ExReleaseFastMutex(&mutex);
    CHECK(inside == APC_LEVEL);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
    return 0;
}

/* ---- Threads ---- */

typedef struct THREADS {
    KEVENT Go;
    KMUTEX Mutex;
    FAST_MUTEX FastMutex;
    LONG Counter;
    LONG Inside;
    LONG Line;
    PKTHREAD Seen;
} THREADS;

static NTSTATUS StartThread(PKSTART_ROUTINE routine, PVOID context, PVOID *thread)
{
    HANDLE handle;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context);

    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, thread, NULL);
    ZwClose(handle);
    return status;
}

static VOID CountInMutex(PVOID context)
{
    THREADS *threads = context;
    LARGE_INTEGER moment = { .QuadPart = -1 };
    ULONG i;

    KeWaitForSingleObject(&threads->Go, Executive, KernelMode, FALSE, NULL);
    for (i = 0; i < 10; i++) {
        KeWaitForSingleObject(&threads->Mutex, Executive, KernelMode, FALSE, NULL);
        CHECK_INTO(threads->Line, InterlockedIncrement(&threads->Inside) == 1);
        KeDelayExecutionThread(KernelMode, FALSE, &moment); /* gives the others every chance to come in */
        threads->Counter++;
        InterlockedDecrement(&threads->Inside);
        KeReleaseMutex(&threads->Mutex, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static ULONG ThreadsExcludeEachOther(PDEVICE_OBJECT device)
{
    THREADS threads;
    PVOID objects[3];
    KWAIT_BLOCK blocks[3];
    ULONG i;

    RtlZeroMemory(&threads, sizeof(threads));
    KeInitializeEvent(&threads.Go, NotificationEvent, FALSE);
    KeInitializeMutex(&threads.Mutex, 0);
    for (i = 0; i < 3; i++)
        CHECK(NT_SUCCESS(StartThread(CountInMutex, &threads, &objects[i])));
    KeSetEvent(&threads.Go, IO_NO_INCREMENT, FALSE);
    CHECK(KeWaitForMultipleObjects(3, objects, WaitAll, Executive, KernelMode, FALSE, NULL, blocks) == STATUS_SUCCESS);
    for (i = 0; i < 3; i++)
        ObDereferenceObject(objects[i]);
    CHECK(threads.Line == 0);
    CHECK(threads.Counter == 30);
    return 0;
}

static VOID RememberSelf(PVOID context)
{
    THREADS *threads = context;

    threads->Seen = KeGetCurrentThread();
    CHECK_INTO(threads->Line, KeGetCurrentIrql() == PASSIVE_LEVEL);
    /* Returning is as good as PsTerminateSystemThread. */
}

static ULONG ThreadObjectIsSignalledWhenItEnds(PDEVICE_OBJECT device)
{
    THREADS threads;
    PVOID thread;

    RtlZeroMemory(&threads, sizeof(threads));
    CHECK(NT_SUCCESS(StartThread(RememberSelf, &threads, &thread)));
    CHECK(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
    CHECK(threads.Line == 0);
    CHECK(threads.Seen == thread);
    CHECK(threads.Seen != KeGetCurrentThread());
    ObDereferenceObject(thread);
    return 0;
}

/* Two threads hand a token to and fro: each wakes the other and sleeps. */
typedef struct PING_PONG {
    KEVENT Ping;
    KEVENT Pong;
    ULONG Rounds;
} PING_PONG;

static VOID Pong(PVOID context)
{
    PING_PONG *game = context;
    ULONG i;

    for (i = 0; i < 1000; i++) {
        KeWaitForSingleObject(&game->Ping, Executive, KernelMode, FALSE, NULL);
        game->Rounds++;
        KeSetEvent(&game->Pong, IO_NO_INCREMENT, FALSE);
    }
}

static ULONG ThreadsWakeEachOther(PDEVICE_OBJECT device)
{
    PING_PONG game;
    PVOID thread;
    ULONG i;

    game.Rounds = 0;
    KeInitializeEvent(&game.Ping, SynchronizationEvent, FALSE);
    KeInitializeEvent(&game.Pong, SynchronizationEvent, FALSE);
    CHECK(NT_SUCCESS(StartThread(Pong, &game, &thread)));
    for (i = 0; i < 1000; i++) {
        KeSetEvent(&game.Ping, IO_NO_INCREMENT, FALSE);
        CHECK(WaitFor(&game.Pong, 20000) == STATUS_SUCCESS);
        CHECK(game.Rounds == i + 1);
    }
    CHECK(WaitFor(thread, 20000) == STATUS_SUCCESS);
    ObDereferenceObject(thread);
    return 0;
}

/* ---- Timers and DPCs ---- */

typedef struct TICKS {
    LONG Count;
    LONG WrongIrql;
    LONG Enough;
    KEVENT Done;
    PVOID Argument1;
    PVOID Argument2;
} TICKS;

static VOID Tick(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    TICKS *ticks = context;

    ticks->WrongIrql += KeGetCurrentIrql() != DISPATCH_LEVEL;
    ticks->Argument1 = argument1;
    ticks->Argument2 = argument2;
    if (++ticks->Count == ticks->Enough)
        KeSetEvent(&ticks->Done, IO_NO_INCREMENT, FALSE);
}

static VOID NewTicks(TICKS *ticks, PKDPC dpc, LONG enough)
{
    RtlZeroMemory(ticks, sizeof(*ticks));
    ticks->Enough = enough;
    KeInitializeEvent(&ticks->Done, NotificationEvent, FALSE);
    KeInitializeDpc(dpc, Tick, ticks);
}

static ULONG DpcGetsItsArguments(PDEVICE_OBJECT device)
{
    TICKS ticks;
    KDPC dpc;
    BOOLEAN first, second;
    KIRQL irql;

    NewTicks(&ticks, &dpc, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    first = KeInsertQueueDpc(&dpc, (PVOID)1, (PVOID)2);
    second = KeInsertQueueDpc(&dpc, (PVOID)3, (PVOID)4);
    KeLowerIrql(irql);
    CHECK(first && !second);
    CHECK(ticks.Count == 1 && ticks.WrongIrql == 0);
    CHECK(ticks.Argument1 == (PVOID)1 && ticks.Argument2 == (PVOID)2);
    return 0;
}

static ULONG RemovedDpcDoesNotRun(PDEVICE_OBJECT device)
{
    TICKS ticks;
    KDPC dpc;
    BOOLEAN removed;
    KIRQL irql;

    NewTicks(&ticks, &dpc, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    removed = KeRemoveQueueDpc(&dpc);
    KeLowerIrql(irql);
    CHECK(removed);
    CHECK(ticks.Count == 0);
    CHECK(!KeRemoveQueueDpc(&dpc));
    return 0;
}

static ULONG TimerSignalsAndRunsItsDpc(PDEVICE_OBJECT device)
{
    LARGE_INTEGER due = { .QuadPart = -MILLISECONDS(10) };
    ULONG64 start = Now();
    TICKS ticks;
    KTIMER timer;
    KDPC dpc;

    NewTicks(&ticks, &dpc, 1);
    KeInitializeTimer(&timer);
    CHECK(!KeSetTimer(&timer, due, &dpc));
    CHECK(WaitFor(&timer, 20000) == STATUS_SUCCESS);
    CHECK(WaitFor(&ticks.Done, 20000) == STATUS_SUCCESS);
    CHECK(Now() - start >= (ULONG64)MILLISECONDS(10));
    CHECK(ticks.Count == 1 && ticks.WrongIrql == 0);
    CHECK(!KeCancelTimer(&timer));
    return 0;
}

static ULONG ObjectsTellTheirSize(PDEVICE_OBJECT device)
{
    KTIMER timer;
    KEVENT event;
    KSEMAPHORE semaphore;

    KeInitializeTimer(&timer);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeInitializeSemaphore(&semaphore, 0, 1);
    CHECK(timer.Header.Size == sizeof timer / sizeof(LONG));
    CHECK(event.Header.Size == sizeof event / sizeof(LONG));
    CHECK(semaphore.Header.Size == sizeof semaphore / sizeof(LONG));
    return 0;
}

static ULONG CancelledTimerDoesNotFire(PDEVICE_OBJECT device)
{
    LARGE_INTEGER due = { .QuadPart = -MILLISECONDS(20) };
    TICKS ticks;
    KTIMER timer;
    KDPC dpc;

    NewTicks(&ticks, &dpc, 1);
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, due, &dpc);
    CHECK(KeSetTimer(&timer, due, &dpc)); /* it was set already */
    CHECK(KeCancelTimer(&timer));
    CHECK(!KeCancelTimer(&timer));
    CHECK(WaitFor(&ticks.Done, 40) == STATUS_TIMEOUT);
    CHECK(ticks.Count == 0);
    return 0;
}

static ULONG PeriodicTimerGoesOn(PDEVICE_OBJECT device)
{
    LARGE_INTEGER due = { .QuadPart = -MILLISECONDS(2) };
    TICKS ticks;
    KTIMER timer;
    KDPC dpc;

    NewTicks(&ticks, &dpc, 5);
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    KeSetTimerEx(&timer, due, 2, &dpc);
    CHECK(WaitFor(&ticks.Done, 20000) == STATUS_SUCCESS);
    CHECK(KeCancelTimer(&timer));
    KeFlushQueuedDpcs();
    CHECK(ticks.Count >= 5 && ticks.WrongIrql == 0);
    return 0;
}

/* ---- Work items ---- */

typedef struct WORK {
    KEVENT Done;
    PIO_WORKITEM Item;
    LONG Line;
    PDEVICE_OBJECT Device;
    PKEVENT Gate;
} WORK;

static VOID Work(PDEVICE_OBJECT device, PVOID context)
{
    WORK *work = context;

    CHECK_INTO(work->Line, KeGetCurrentIrql() == PASSIVE_LEVEL);
    work->Device = device;
    if (work->Gate != NULL)
        KeWaitForSingleObject(work->Gate, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&work->Done, IO_NO_INCREMENT, FALSE);
}

static ULONG QueueWork(WORK *work, PDEVICE_OBJECT device, PKEVENT gate)
{
    RtlZeroMemory(work, sizeof(*work));
    KeInitializeEvent(&work->Done, NotificationEvent, FALSE);
    work->Gate = gate;
    work->Item = IoAllocateWorkItem(device);
    CHECK(work->Item != NULL);
    IoQueueWorkItem(work->Item, Work, DelayedWorkQueue, work);
    return 0;
}

static ULONG WorkItemRunsAtPassiveLevel(PDEVICE_OBJECT device)
{
    WORK work;

    CHECK_CALL(QueueWork(&work, device, NULL));
    CHECK(WaitFor(&work.Done, 20000) == STATUS_SUCCESS);
    CHECK(work.Line == 0);
    CHECK(work.Device == device);
    IoFreeWorkItem(work.Item);
    return 0;
}

/* The first item waits at a gate that opens only after the second has run: with one worker it never would. */
static ULONG BlockedWorkerDoesNotBlockTheNext(PDEVICE_OBJECT device)
{
    WORK first, second;
    KEVENT gate;

    KeInitializeEvent(&gate, NotificationEvent, FALSE);
    CHECK_CALL(QueueWork(&first, device, &gate));
    CHECK_CALL(QueueWork(&second, device, NULL));
    CHECK(WaitFor(&second.Done, 20000) == STATUS_SUCCESS);
    KeSetEvent(&gate, IO_NO_INCREMENT, FALSE);
    CHECK(WaitFor(&first.Done, 20000) == STATUS_SUCCESS);
    IoFreeWorkItem(first.Item);
    IoFreeWorkItem(second.Item);
    return 0;
}

/* ---- Lists and locks that need no waiting ---- */

static ULONG InterlockedListsKeepOrder(PDEVICE_OBJECT device)
{
    LIST_ENTRY head, entries[3];
    KSPIN_LOCK lock;
    ULONG i;

    InitializeListHead(&head);
    KeInitializeSpinLock(&lock);
    CHECK(ExInterlockedInsertTailList(&head, &entries[0], &lock) == NULL);
    CHECK(ExInterlockedInsertTailList(&head, &entries[1], &lock) == &entries[0]);
    CHECK(ExInterlockedInsertHeadList(&head, &entries[2], &lock) == &entries[0]);
    for (i = 0; i < 3; i++)
        CHECK(ExInterlockedRemoveHeadList(&head, &lock) == &entries[i == 0 ? 2 : i - 1]);
    CHECK(ExInterlockedRemoveHeadList(&head, &lock) == NULL);
    return 0;
}

static ULONG SpinLocksRaiseIrql(PDEVICE_OBJECT device)
{
    KLOCK_QUEUE_HANDLE handle;
    KSPIN_LOCK lock;
    KIRQL old, inside, insideQueued;

    KeInitializeSpinLock(&lock);
    KeAcquireSpinLock(&lock, &old);
    inside = KeGetCurrentIrql();
    KeReleaseSpinLock(&lock, old);
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    insideQueued = KeGetCurrentIrql();
    KeReleaseInStackQueuedSpinLock(&handle);
    CHECK(old == PASSIVE_LEVEL && inside == DISPATCH_LEVEL && insideQueued == DISPATCH_LEVEL);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
    CHECK(lock == 0);
    return 0;
}

static VOID LateWork(PDEVICE_OBJECT device, PVOID context)
{
    LARGE_INTEGER time = { .QuadPart = -100 * 10000 };

    KeDelayExecutionThread(KernelMode, FALSE, &time);
    DbgPrint("the work item returns");
    IoFreeWorkItem(context);
}

/* It is still at work when the driver is unloaded. */
static NTSTATUS LeaveWork(PDEVICE_OBJECT device)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);

    if (item == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoQueueWorkItem(item, LateWork, DelayedWorkQueue, item);
    return STATUS_SUCCESS;
}

static ULONG LookasideListGivesBackWhatItGot(PDEVICE_OBJECT device)
{
    PNPAGED_LOOKASIDE_LIST list = ExAllocatePoolWithTag(NonPagedPool, sizeof(*list), 'tiaW');
    PVOID first, second;

    CHECK(list != NULL);
    ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 100, 'tiaW', 0);
    first = ExAllocateFromNPagedLookasideList(list);
    CHECK(first != NULL);
    ExFreeToNPagedLookasideList(list, first);
    second = ExAllocateFromNPagedLookasideList(list);
    CHECK(second != NULL); /* the same or not: under special pool a list keeps nothing */
    ExFreeToNPagedLookasideList(list, second);
    ExDeleteNPagedLookasideList(list);
    ExFreePoolWithTag(list, 'tiaW');
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(NotificationEventStaysSet),
    CHECK_CASE_OF(SynchronizationEventLetsOneThrough),
    CHECK_CASE_OF(WaitTimesOutNotBeforeItsTime),
    CHECK_CASE_OF(AbsoluteTimeoutInThePastIsOverAtOnce),
    CHECK_CASE_OF(DelayTakesItsTime),
    CHECK_CASE_OF(WaitAnyTellsWhich),
    CHECK_CASE_OF(WaitAllTakesAllOrNone),
    CHECK_CASE_OF(SemaphoreCounts),
    CHECK_CASE_OF(MutexIsRecursive),
    CHECK_CASE_OF(FastMutexRaisesToApcLevel),
    CHECK_CASE_OF(ThreadsExcludeEachOther),
    CHECK_CASE_OF(ThreadObjectIsSignalledWhenItEnds),
    CHECK_CASE_OF(ThreadsWakeEachOther),
    CHECK_CASE_OF(DpcGetsItsArguments),
    CHECK_CASE_OF(RemovedDpcDoesNotRun),
    CHECK_CASE_OF(TimerSignalsAndRunsItsDpc),
    CHECK_CASE_OF(ObjectsTellTheirSize),
    CHECK_CASE_OF(CancelledTimerDoesNotFire),
    CHECK_CASE_OF(PeriodicTimerGoesOn),
    CHECK_CASE_OF(WorkItemRunsAtPassiveLevel),
    CHECK_CASE_OF(BlockedWorkerDoesNotBlockTheNext),
    CHECK_CASE_OF(InterlockedListsKeepOrder),
    CHECK_CASE_OF(SpinLocksRaiseIrql),
    CHECK_CASE_OF(LookasideListGivesBackWhatItGot),
};

static NTSTATUS WaitsControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    if (number == 100)
        return LeaveWork(device);
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilWaits"), 0, WaitsControl, NULL };
