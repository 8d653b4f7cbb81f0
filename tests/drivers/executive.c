/*
 * Self-checking: zones, cache-aware rundown protection, push locks, resources' owners, queue objects, what the machine
 * is made of.
 */

#include <ntifs.h>
#include "check.h"

#define TAG 'cexE'

typedef VOID NTAPI PUSH_LOCK_ROUTINE(PULONG_PTR lock, ULONG flags);

/* Newer than the import library: found by name, as drivers for several releases of Windows do. */
static PVOID Find(PCWSTR name)
{
    UNICODE_STRING text;

    RtlInitUnicodeString(&text, name);
    return MmGetSystemRoutineAddress(&text);
}

static ULONG ZonesGiveBlocks(PDEVICE_OBJECT device)
{
    ZONE_HEADER zone;
    PZONE_HEADER header = &zone;
    KSPIN_LOCK lock;
    PUCHAR segment = ExAllocatePoolWithTag(NonPagedPool, 256, TAG);
    PVOID first, second;

    CHECK(segment != NULL);
    KeInitializeSpinLock(&lock);
    CHECK(ExInitializeZone(&zone, 12, segment, 64) == STATUS_UNSUCCESSFUL);
    CHECK(ExInitializeZone(&zone, 24, segment, sizeof(ZONE_SEGMENT_HEADER) + 24) == STATUS_SUCCESS);
    first = ExAllocateFromZone(&zone);
    CHECK(first == segment + sizeof(ZONE_SEGMENT_HEADER) && ExIsObjectInFirstZoneSegment(&zone, first));
    CHECK(ExIsFullZone(&zone) && ExAllocateFromZone(&zone) == NULL);
    CHECK(ExInterlockedExtendZone(&zone, segment + 128, sizeof(ZONE_SEGMENT_HEADER) + 48, &lock) == STATUS_SUCCESS);
    second = ExInterlockedAllocateFromZone(header, &lock);
    CHECK(second == segment + 128 + sizeof(ZONE_SEGMENT_HEADER));
    ExFreeToZone(&zone, second);
    CHECK(ExAllocateFromZone(&zone) == second);
    ExFreePoolWithTag(segment, TAG);
    return 0;
}

static ULONG RundownProtectionEnds(PDEVICE_OBJECT device)
{
    PEX_RUNDOWN_REF_CACHE_AWARE allocated = ExAllocateCacheAwareRundownProtection(NonPagedPool, TAG);
    SIZE_T size = ExSizeOfRundownProtectionCacheAware();
    PEX_RUNDOWN_REF_CACHE_AWARE own = ExAllocatePoolWithTag(NonPagedPool, size, TAG);

    CHECK(allocated != NULL && own != NULL);
    ExInitializeRundownProtectionCacheAware(own, size);
    CHECK(ExAcquireRundownProtectionCacheAware(own) && ExAcquireRundownProtectionCacheAwareEx(own, 3));
    ExReleaseRundownProtectionCacheAwareEx(own, 3);
    ExReleaseRundownProtectionCacheAware(own);
    ExWaitForRundownProtectionReleaseCacheAware(own);
    CHECK(!ExAcquireRundownProtectionCacheAware(own));
    ExRundownCompletedCacheAware(own);
    ExReInitializeRundownProtectionCacheAware(own);
    CHECK(ExAcquireRundownProtectionCacheAware(own));
    CHECK(ExAcquireRundownProtectionCacheAware(allocated));
    ExReleaseRundownProtectionCacheAware(allocated);
    ExFreeCacheAwareRundownProtection(allocated);
    ExFreePoolWithTag(own, TAG);
    return 0;
}

typedef struct SHARED {
    ULONG_PTR Lock;
    LONG Counter;
    LONG Inside;
    LONG Line;
} SHARED;

static PUSH_LOCK_ROUTINE *AcquireExclusive, *AcquireShared, *ReleaseExclusive, *ReleaseShared;

static VOID CountInPushLock(PVOID context)
{
    SHARED *shared = context;
    LARGE_INTEGER moment = { .QuadPart = -1 };
    ULONG i;

    for (i = 0; i < 10; i++) {
        KeEnterCriticalRegion();
        AcquireExclusive(&shared->Lock, 0);
        CHECK_INTO(shared->Line, InterlockedIncrement(&shared->Inside) == 1);
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
        shared->Counter++;
        InterlockedDecrement(&shared->Inside);
        ReleaseExclusive(&shared->Lock, 0);
        KeLeaveCriticalRegion();
    }
}

static ULONG PushLocksExclude(PDEVICE_OBJECT device)
{
    SHARED shared = { 0 };
    PVOID threads[3];
    ULONG i;

    AcquireExclusive = Find(L"ExAcquirePushLockExclusiveEx");
    AcquireShared = Find(L"ExAcquirePushLockSharedEx");
    ReleaseExclusive = Find(L"ExReleasePushLockExclusiveEx");
    ReleaseShared = Find(L"ExReleasePushLockSharedEx");
    CHECK(AcquireExclusive != NULL && AcquireShared != NULL && ReleaseExclusive != NULL && ReleaseShared != NULL);
    for (i = 0; i < 3; i++) {
        HANDLE handle;
        CHECK(NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, CountInPushLock, &shared)));
        CHECK(NT_SUCCESS(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &threads[i], NULL)));
        ZwClose(handle);
    }
    for (i = 0; i < 3; i++) {
        CHECK(KeWaitForSingleObject(threads[i], Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
        ObDereferenceObject(threads[i]);
    }
    CHECK(shared.Line == 0 && shared.Counter == 30);
    KeEnterCriticalRegion();
    AcquireShared(&shared.Lock, 0);
    AcquireShared(&shared.Lock, 0);
    ReleaseShared(&shared.Lock, 0);
    ReleaseShared(&shared.Lock, 0);
    KeLeaveCriticalRegion();
    CHECK(shared.Lock == 0);
    return 0;
}

static ULONG ResourceGetsAnotherOwner(PDEVICE_OBJECT device)
{
    ERESOURCE *resource = ExAllocatePoolWithTag(NonPagedPool, sizeof(ERESOURCE), TAG);
    PVOID owner = (PVOID)((ULONG_PTR)device | 3);

    CHECK(resource != NULL);
    ExInitializeResourceLite(resource);
    ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(resource);
    CHECK(KeAreApcsDisabled() && ExIsResourceAcquiredSharedLite(resource) == 1);
    ExSetResourceOwnerPointerEx(resource, owner, 0);
    CHECK(ExIsResourceAcquiredSharedLite(resource) == 0);
    ExReleaseResourceForThreadLite(resource, (ERESOURCE_THREAD)owner);
    KeLeaveCriticalRegion();
    CHECK(!KeAreApcsDisabled());
    ExDeleteResourceLite(resource);
    ExFreePoolWithTag(resource, TAG);
    return 0;
}

static VOID ReleaseLater(PVOID context)
{
    LARGE_INTEGER moment = { .QuadPart = -1 };

    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    IoReleaseRemoveLock((PIO_REMOVE_LOCK)context, context);
}

static ULONG RemoveLockWaitsForTheLast(PDEVICE_OBJECT device)
{
    IO_REMOVE_LOCK *lock = ExAllocatePoolWithTag(NonPagedPool, sizeof(IO_REMOVE_LOCK), TAG);
    HANDLE thread;
    KIRQL irql;

    CHECK(lock != NULL);
    IoInitializeRemoveLock(lock, TAG, 0, 0);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    CHECK(IoAcquireRemoveLock(lock, lock) == STATUS_SUCCESS && IoAcquireRemoveLock(lock, device) == STATUS_SUCCESS);
    IoReleaseRemoveLock(lock, device);
    KeLowerIrql(irql);
    CHECK(IoAcquireRemoveLock(lock, device) == STATUS_SUCCESS);
    CHECK(NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ReleaseLater, lock)));
    ZwClose(thread);
    IoReleaseRemoveLockAndWait(lock, device);
    CHECK(IoAcquireRemoveLock(lock, device) == STATUS_DELETE_PENDING);
    ExFreePoolWithTag(lock, TAG);
    return 0;
}

static ULONG OneProcessorIsEverything(PDEVICE_OBJECT device)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX information;
    ULONG length = sizeof information;
    PROCESSOR_NUMBER number;
    GROUP_AFFINITY affinity;
    USHORT count;

    CHECK(KeGetProcessorNumberFromIndex(0, &number) == STATUS_SUCCESS && number.Group == 0 && number.Number == 0);
    CHECK(KeGetProcessorNumberFromIndex(1, &number) == STATUS_INVALID_PARAMETER);
    CHECK(KeQueryGroupAffinity(0) == 1 && KeQueryGroupAffinity(1) == 0);
    CHECK(KeQueryMaximumGroupCount() == 1 && KeQueryHighestNodeNumber() == 0 && KeGetCurrentNodeNumber() == 0);
    KeQueryNodeActiveAffinity(0, &affinity, &count);
    CHECK(affinity.Mask == 1 && affinity.Group == 0 && count == 1 && KeQueryNodeMaximumProcessorCount(7) == 0);
    CHECK(KeQueryLogicalProcessorRelationship(NULL, RelationGroup, &information, &length) == STATUS_SUCCESS);
    CHECK(length == sizeof information && information.Group.GroupInfo[0].ActiveProcessorMask == 1);
    CHECK(ExVerifySuite(SingleUserTS) && !ExVerifySuite(DataCenter));
    CHECK(KeInvalidateAllCaches());
    return 0;
}

static ULONG ThreadsAreBoundToProcessors(PDEVICE_OBJECT device)
{
    GROUP_AFFINITY all = { .Mask = 1 }, previous;
    RTL_OSVERSIONINFOW version = { .dwOSVersionInfoSize = sizeof(version) };
    ULONG build, major;

    CHECK(KeSetSystemAffinityThreadEx(1) == 0);
    CHECK(KeSetSystemAffinityThreadEx(1) == 1);
    KeRevertToUserAffinityThreadEx(1);
    KeSetSystemGroupAffinityThread(&all, &previous);
    CHECK(previous.Mask == 1);
    KeRevertToUserAffinityThreadEx(0);
    KeSetSystemGroupAffinityThread(&all, &previous);
    CHECK(previous.Mask == 0 && previous.Group == 0);
    KeRevertToUserGroupAffinityThread(&previous);
    CHECK(KeSetSystemAffinityThreadEx(1) == 0);
    KeRevertToUserAffinityThread();
    PsGetVersion(&major, NULL, &build, NULL);
    CHECK(NT_SUCCESS(RtlGetVersion(&version)) && version.dwBuildNumber == build && version.dwMajorVersion == major);
    CHECK(SharedUserData->NtMajorVersion == major && SharedUserData->NtProductType == NtProductWinNt);
    CHECK(SharedUserData->NtSystemRoot[0] == 'C' && SharedUserData->ProductTypeIsValid);
    return 0;
}

static VOID NTAPI OnProcessor(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, PNTSTATUS status)
{
    *(PULONG)context |= 1 << change->State;
}

static ULONG ProcessorsAreAnnounced(PDEVICE_OBJECT device)
{
    ULONG states = 0;
    PVOID handle = KeRegisterProcessorChangeCallback(OnProcessor, &states, KE_PROCESSOR_CHANGE_ADD_EXISTING);

    CHECK(handle != NULL);
    CHECK(states == (1 << KeProcessorAddStartNotify | 1 << KeProcessorAddCompleteNotify));
    KeDeregisterProcessorChangeCallback(handle);
    return 0;
}

NTSYSAPI VOID NTAPI ExGetCurrentProcessorCounts(PULONG idle, PULONG all, PULONG index);
NTSYSAPI VOID NTAPI ExGetCurrentProcessorCpuUsage(PULONG usage);
NTSYSAPI NTSTATUS NTAPI KeStartDynamicProcessor(VOID);
NTSYSAPI NTSTATUS NTAPI KdSystemDebugControl(ULONG command, PVOID input, ULONG inputLength, PVOID output,
    ULONG outputLength, PULONG returned, KPROCESSOR_MODE mode);

/* Ticks are 15.6 ms; bounds are wide, since other threads and a busy host take part in it. */
static ULONG TimeIsSpentOrIdledAway(PDEVICE_OBJECT device)
{
    LARGE_INTEGER delay = { .QuadPart = -3000000 };
    ULONG idle[3], all[3], index = 7, usage = 101, user = 7, runs[3];
    ULONG64 end;

    ExGetCurrentProcessorCounts(&idle[0], &all[0], &index);
    runs[0] = KeQueryRuntimeThread(KeGetCurrentThread(), &user);
    CHECK(index == 0 && user == 0);
    KeDelayExecutionThread(KernelMode, FALSE, &delay);
    ExGetCurrentProcessorCounts(&idle[1], &all[1], &index);
    runs[1] = KeQueryRuntimeThread(KeGetCurrentThread(), &user);
    CHECK(all[1] - all[0] >= 18 && idle[1] - idle[0] >= 2 && idle[1] - idle[0] <= all[1] - all[0] + 1);
    CHECK(runs[1] - runs[0] <= all[1] - all[0] - (idle[1] - idle[0]) + 2);
    for (end = KeQueryInterruptTime() + 3000000; KeQueryInterruptTime() < end;)
        KeStallExecutionProcessor(50);
    ExGetCurrentProcessorCounts(&idle[2], &all[2], &index);
    runs[2] = KeQueryRuntimeThread(KeGetCurrentThread(), &user);
    CHECK(all[2] - all[1] >= 18 && idle[2] - idle[1] <= 2 && runs[2] - runs[1] >= 12);
    ExGetCurrentProcessorCpuUsage(&usage);
    CHECK(usage > 0 && usage <= 100);
    return 0;
}

static ULONG MessagesAreTurnedOffAndOn(PDEVICE_OBJECT device)
{
    CHECK(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL) == TRUE);
    CHECK(DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, FALSE) == STATUS_SUCCESS);
    CHECK(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL) == FALSE);
    CHECK(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL) == TRUE);
    CHECK(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_MASK | 1) == TRUE);
    CHECK(DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_MASK | 8, TRUE) == STATUS_SUCCESS);
    CHECK(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL) == TRUE);
    CHECK(DbgQueryDebugFilterState(1000, 0) == STATUS_INVALID_PARAMETER_1);
    CHECK(DbgSetDebugFilterState(1000, 0, TRUE) == STATUS_INVALID_PARAMETER_1);
    return 0;
}

static ULONG NobodyDebugsOrAddsProcessors(PDEVICE_OBJECT device)
{
    BOOLEAN block = TRUE;

    CHECK(KdChangeOption(KD_OPTION_SET_BLOCK_ENABLE, sizeof(block), &block, 0, NULL, NULL) == STATUS_DEBUGGER_INACTIVE);
    CHECK(KdSystemDebugControl(1, NULL, 0, NULL, 0, NULL, KernelMode) == STATUS_DEBUGGER_INACTIVE);
    CHECK(KeStartDynamicProcessor() == STATUS_NOT_SUPPORTED);
    return 0;
}

static ULONG QueuesHoldEntries(PDEVICE_OBJECT device)
{
    LARGE_INTEGER none = { .QuadPart = 0 }, soon = { .QuadPart = -10000 };
    LIST_ENTRY entries[3];
    KQUEUE queue;

    RtlFillMemory(&queue, sizeof queue, 0x5a);
    KeInitializeQueue(&queue, 0);
    CHECK(queue.MaximumCount == 1 && queue.CurrentCount == 0 && IsListEmpty(&queue.EntryListHead));
    CHECK(KeInsertQueue(&queue, &entries[0]) == 0 && KeInsertQueue(&queue, &entries[1]) == 1);
    CHECK(KeInsertHeadQueue(&queue, &entries[2]) == 2 && KeReadStateQueue(&queue) == 3);
    CHECK(KeRemoveQueue(&queue, KernelMode, NULL) == &entries[2] && queue.CurrentCount == 1);
    CHECK(KeRemoveQueue(&queue, KernelMode, &none) == &entries[0] && queue.CurrentCount == 1);
    CHECK(KeRemoveQueue(&queue, KernelMode, &soon) == &entries[1] && KeReadStateQueue(&queue) == 0);
    CHECK((ULONG_PTR)KeRemoveQueue(&queue, KernelMode, &none) == STATUS_TIMEOUT);
    CHECK((ULONG_PTR)KeRemoveQueue(&queue, KernelMode, &soon) == STATUS_TIMEOUT && queue.CurrentCount == 1);
    CHECK(KeInsertQueue(&queue, &entries[0]) == 0 && KeInsertQueue(&queue, &entries[1]) == 1);
    CHECK(KeRundownQueue(&queue) == &entries[0]);
    CHECK(entries[0].Flink == &entries[1] && entries[1].Flink == &entries[0] && queue.CurrentCount == 0);
    CHECK((ULONG_PTR)KeRemoveQueue(&queue, KernelMode, NULL) == STATUS_ABANDONED);
    KeInitializeQueue(&queue, 2);
    CHECK(queue.MaximumCount == 2 && KeRundownQueue(&queue) == NULL);
    return 0;
}

typedef struct QUEUE_WORK {
    KQUEUE Queue;
    KEVENT Taken, GoOn;
    volatile LONG Count;
    volatile LONG Ended;
} QUEUE_WORK;

/* Takes entries until the queue is run down; with each it waits for an event. */
static VOID NTAPI TakeFromQueue(PVOID context)
{
    QUEUE_WORK *work = context;

    while ((ULONG_PTR)KeRemoveQueue(&work->Queue, KernelMode, NULL) != STATUS_ABANDONED) {
        InterlockedIncrement(&work->Count);
        KeSetEvent(&work->Taken, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&work->GoOn, Executive, KernelMode, FALSE, NULL);
    }
    InterlockedIncrement(&work->Ended);
}

/* One at a time works; when it waits for something, the next may, and both go on afterwards. */
static ULONG QueuesLimitWhoWorks(PDEVICE_OBJECT device)
{
    LARGE_INTEGER soon = { .QuadPart = -20 * 10000 };
    QUEUE_WORK *work = ExAllocatePoolWithTag(NonPagedPool, sizeof *work, TAG);
    HANDLE threads[2];
    LIST_ENTRY entries[3];
    KIRQL irql;
    ULONG i;

    CHECK(work != NULL);
    RtlZeroMemory(work, sizeof *work);
    KeInitializeQueue(&work->Queue, 1);
    KeInitializeEvent(&work->Taken, SynchronizationEvent, FALSE);
    KeInitializeEvent(&work->GoOn, NotificationEvent, FALSE);
    for (i = 0; i < 2; i++)
        CHECK(PsCreateSystemThread(&threads[i], THREAD_ALL_ACCESS, NULL, NULL, NULL, TakeFromQueue, work)
            == STATUS_SUCCESS);
    KeDelayExecutionThread(KernelMode, FALSE, &soon); /* both wait for an entry */
    CHECK(work->Queue.CurrentCount == 0);
    KeRaiseIrql(DISPATCH_LEVEL, &irql); /* nobody runs until both entries are there */
    CHECK(KeInsertQueue(&work->Queue, &entries[0]) == 0 && KeReadStateQueue(&work->Queue) == 0);
    CHECK(work->Queue.CurrentCount == 1); /* the limit: the second entry has to wait */
    CHECK(KeInsertQueue(&work->Queue, &entries[1]) == 0 && KeReadStateQueue(&work->Queue) == 1);
    KeLowerIrql(irql);
    CHECK(KeWaitForSingleObject(&work->Taken, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
    while (work->Count < 2)
        KeDelayExecutionThread(KernelMode, FALSE, &soon);
    CHECK(KeReadStateQueue(&work->Queue) == 0 && work->Queue.CurrentCount == 0);

    CHECK(KeInsertQueue(&work->Queue, &entries[2]) == 0 && KeReadStateQueue(&work->Queue) == 1); /* both are busy */
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeSetEvent(&work->GoOn, IO_NO_INCREMENT, FALSE);
    CHECK(work->Queue.CurrentCount == 2); /* more than the limit, as both go on */
    KeLowerIrql(irql);
    while (work->Count < 3 || work->Queue.CurrentCount != 0)
        KeDelayExecutionThread(KernelMode, FALSE, &soon);
    CHECK(KeRundownQueue(&work->Queue) == NULL);
    for (i = 0; i < 2; i++) {
        CHECK(ZwWaitForSingleObject(threads[i], FALSE, NULL) == STATUS_SUCCESS);
        CHECK(ZwClose(threads[i]) == STATUS_SUCCESS);
    }
    CHECK(work->Ended == 2 && work->Count == 3);
    ExFreePoolWithTag(work, TAG);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(ZonesGiveBlocks),
    CHECK_CASE_OF(RundownProtectionEnds),
    CHECK_CASE_OF(PushLocksExclude),
    CHECK_CASE_OF(ResourceGetsAnotherOwner),
    CHECK_CASE_OF(RemoveLockWaitsForTheLast),
    CHECK_CASE_OF(OneProcessorIsEverything),
    CHECK_CASE_OF(ThreadsAreBoundToProcessors),
    CHECK_CASE_OF(ProcessorsAreAnnounced),
    CHECK_CASE_OF(TimeIsSpentOrIdledAway),
    CHECK_CASE_OF(NobodyDebugsOrAddsProcessors),
    CHECK_CASE_OF(MessagesAreTurnedOffAndOn),
    CHECK_CASE_OF(QueuesHoldEntries),
    CHECK_CASE_OF(QueuesLimitWhoWorks),
};

static NTSTATUS ExecutiveControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilExecutive"), 0, ExecutiveControl, NULL };
