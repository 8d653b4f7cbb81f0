/*
 * A driver that breaks the rule its control request names: TEST_IOCTL(n) is the n-th row of Faults below, and row by
 * row what faults.txt expects of it. Nothing here may be "repaired".
 */

#include "legacy.h"

typedef NTSTATUS FAULT(PDEVICE_OBJECT device, PIRP irp);

/* Volatile, so that the compiler neither sees through a wild access nor drops it. */
static ULONG *volatile NullPointer = NULL;
static ULONG *volatile WildPointer = (ULONG *)0xdeadbeefdeadbeefULL;
static ULONG *volatile KernelPointer = (ULONG *)0xfffff80000001000ULL;
static volatile ULONG Zero = 0;
static volatile ULONG Sink;
static UCHAR ReturnInstruction[16] = { 0xc3 };
static KSPIN_LOCK Lock;

/* ---- Memory ---- */

static NTSTATUS NullRead(PDEVICE_OBJECT device, PIRP irp)
{
    Sink = *NullPointer;
    return STATUS_SUCCESS;
}

static NTSTATUS NullWrite(PDEVICE_OBJECT device, PIRP irp)
{
    *NullPointer = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS NullReadAtDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Sink = *NullPointer;
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

static NTSTATUS FreedPool(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG *volatile memory = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, 'daB ');

    *memory = 1;
    ExFreePoolWithTag(memory, 'daB ');
    Sink = *memory;
    return STATUS_SUCCESS;
}

static NTSTATUS NonCanonicalRead(PDEVICE_OBJECT device, PIRP irp)
{
    Sink = *WildPointer;
    return STATUS_SUCCESS;
}

static NTSTATUS UnmappedKernelRead(PDEVICE_OBJECT device, PIRP irp)
{
    Sink = *KernelPointer;
    return STATUS_SUCCESS;
}

static NTSTATUS WriteToCode(PDEVICE_OBJECT device, PIRP irp)
{
    *(volatile UCHAR *)(ULONG_PTR)NullRead = 0xc3;
    return STATUS_SUCCESS;
}

static NTSTATUS ExecuteData(PDEVICE_OBJECT device, PIRP irp)
{
    VOID (*volatile function)(VOID) = (VOID (*)(VOID))(ULONG_PTR)ReturnInstruction;

    function();
    return STATUS_SUCCESS;
}

static NTSTATUS CallNull(PDEVICE_OBJECT device, PIRP irp)
{
    VOID (*volatile function)(VOID) = NULL;

    function();
    return STATUS_SUCCESS;
}

static ULONG __attribute__((noinline)) Recurse(ULONG depth)
{
    volatile UCHAR room[512];

    room[depth % sizeof(room)] = (UCHAR)depth;
    return Zero == depth ? 0 : Recurse(depth + 1) + room[0];
}

static NTSTATUS StackOverflow(PDEVICE_OBJECT device, PIRP irp)
{
    Sink = Recurse(1);
    return STATUS_SUCCESS;
}

/* As Microsoft's compiler begins a function with such a frame. */
static NTSTATUS FrameTooLarge(PDEVICE_OBJECT device, PIRP irp)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"__chkstk");
    PVOID check = MmGetSystemRoutineAddress(&name);
    register ULONG64 bytes __asm__("rax") = 1 << 20;

    __asm__ volatile("call *%1" : "+r"(bytes) : "r"(check) : "cc", "memory");
    return STATUS_SUCCESS;
}

/* ---- Instructions ---- */

static NTSTATUS DivideByZero(PDEVICE_OBJECT device, PIRP irp)
{
    Sink = 1000 / Zero;
    return STATUS_SUCCESS;
}

static NTSTATUS IllegalInstruction(PDEVICE_OBJECT device, PIRP irp)
{
    __asm__ volatile("ud2");
    return STATUS_SUCCESS;
}

static NTSTATUS FastFail(PDEVICE_OBJECT device, PIRP irp)
{
    __asm__ volatile("int $0x29" : : "c"(2)); /* FAST_FAIL_STACK_COOKIE_CHECK_FAILURE */
    return STATUS_SUCCESS;
}

/* ---- Code that does not come back ---- */

static NTSTATUS SpinAtPassive(PDEVICE_OBJECT device, PIRP irp)
{
    while (Zero == 0)
        Sink++;
    return STATUS_SUCCESS;
}

static NTSTATUS SpinAtDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    SpinAtPassive(device, irp);
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

/* As a driver waits for a bit that the device never sets. */
static NTSTATUS StallAtDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    while (Zero == 0)
        KeStallExecutionProcessor(50);
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

/* Other threads run meanwhile, but the request does not end. */
static NTSTATUS StallAtPassive(PDEVICE_OBJECT device, PIRP irp)
{
    while (Zero == 0)
        KeStallExecutionProcessor(50);
    return STATUS_SUCCESS;
}

static NTSTATUS SpinWithInterruptsOff(PDEVICE_OBJECT device, PIRP irp)
{
    __asm__ volatile("cli");
    return SpinAtPassive(device, irp);
}

static NTSTATUS HaltWithInterruptsOff(PDEVICE_OBJECT device, PIRP irp)
{
    __asm__ volatile("cli; 1: hlt; jmp 1b");
    return STATUS_SUCCESS;
}

static NTSTATUS AcquireLockTwice(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    KeAcquireSpinLock(&Lock, &irql);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLock(&Lock, irql);
    return STATUS_SUCCESS;
}

static NTSTATUS NeverComplete(PDEVICE_OBJECT device, PIRP irp)
{
    IoMarkIrpPending(irp);
    return STATUS_PENDING;
}

/* ---- The processor ---- */

#pragma pack(push, 1)
typedef struct TABLE_REGISTER {
    USHORT Limit;
    ULONG64 Base;
} TABLE_REGISTER;
#pragma pack(pop)

static NTSTATUS EmptyIdt(PDEVICE_OBJECT device, PIRP irp)
{
    const TABLE_REGISTER idt = { 0, 0 };

    __asm__ volatile("lidt %0" : : "m"(idt));
    return NullRead(device, irp); /* no handler, no double fault handler */
}

static NTSTATUS WildPageTables(PDEVICE_OBJECT device, PIRP irp)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(0xdead000ULL) : "memory");
    return STATUS_SUCCESS;
}

static NTSTATUS WildStackPointer(PDEVICE_OBJECT device, PIRP irp)
{
    __asm__ volatile("mov $0x1000, %%esp\n\tpush %%rax" : : : "memory");
    return STATUS_SUCCESS;
}

/* ---- Rules of the I/O manager and the kernel ---- */

static NTSTATUS CompleteTwice(PDEVICE_OBJECT device, PIRP irp)
{
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS; /* and legacy.c completes it again */
}

static NTSTATUS CompleteTwiceAtOnce(PDEVICE_OBJECT device, PIRP irp)
{
    CompleteTwice(device, irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_PENDING;
}

static NTSTATUS NoStackLocation(PDEVICE_OBJECT device, PIRP irp)
{
    IoSetNextIrpStackLocation(irp);
    return IoCallDriver(device, irp);
}

static NTSTATUS CallSelfUntilOutOfStack(PDEVICE_OBJECT device, PIRP irp)
{
    IoCopyCurrentIrpStackLocationToNext(irp);
    return IoCallDriver(device, irp);
}

static NTSTATUS ReturnAtDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return STATUS_SUCCESS;
}

static NTSTATUS KeepLock(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    KeAcquireSpinLock(&Lock, &irql);
    return STATUS_SUCCESS;
}

static NTSTATUS KeepCancelLock(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    IoAcquireCancelSpinLock(&irql);
    return STATUS_SUCCESS;
}

static NTSTATUS FreeTwice(PDEVICE_OBJECT device, PIRP irp)
{
    PVOID volatile memory = ExAllocatePoolWithTag(NonPagedPool, 64, 'daB ');

    ExFreePoolWithTag(memory, 'daB ');
    ExFreePoolWithTag(memory, 'daB ');
    return STATUS_SUCCESS;
}

static NTSTATUS FreeWild(PDEVICE_OBJECT device, PIRP irp)
{
    ExFreePool(ReturnInstruction);
    return STATUS_SUCCESS;
}

static NTSTATUS OverrunPool(PDEVICE_OBJECT device, PIRP irp)
{
    volatile UCHAR *memory = ExAllocatePoolWithTag(NonPagedPool, 60, 'daB ');

    memory[60] = 1;
    ExFreePoolWithTag((PVOID)memory, 'daB ');
    return STATUS_SUCCESS;
}

static NTSTATUS FreeWithOtherTag(PDEVICE_OBJECT device, PIRP irp)
{
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, 64, 'daB '), 'dooG');
    return STATUS_SUCCESS;
}

static NTSTATUS WildEvent(PDEVICE_OBJECT device, PIRP irp)
{
    KeSetEvent((PRKEVENT)(PVOID)KernelPointer, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS WildEventAtDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeSetEvent((PRKEVENT)(PVOID)KernelPointer, IO_NO_INCREMENT, FALSE);
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

/* The kernel's routine runs on the processor here. */
static NTSTATUS CopyWildAtDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;
    ULONG copy[4];

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    RtlMoveMemory(copy, KernelPointer, (SIZE_T)irp->StackCount * 4);
    Sink = copy[0];
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

/* And in the host here. */
static NTSTATUS MeasureWildAtDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Sink = (ULONG)wcslen((const WCHAR *)(PVOID)KernelPointer);
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

static NTSTATUS WildIrp(PDEVICE_OBJECT device, PIRP irp)
{
    IoStartPacket(device, (PIRP)(PVOID)WildPointer, NULL, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS WaitAtDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    LARGE_INTEGER timeout = { .QuadPart = -10000 };
    KEVENT event;
    KIRQL irql;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout);
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

static NTSTATUS OwnBugCheck(PDEVICE_OBJECT device, PIRP irp)
{
    KeBugCheckEx(0xdead, 1, 2, 3, 4);
    return STATUS_SUCCESS;
}

/* ---- Elsewhere than in a dispatch routine ---- */

static NTSTATUS QueueDpc(PKDEFERRED_ROUTINE routine, PVOID context)
{
    static KDPC dpc;

    KeInitializeDpc(&dpc, routine, context);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    return STATUS_SUCCESS;
}

static VOID NullReadDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    Sink = *NullPointer;
}

KDEFERRED_ROUTINE LowerIrqlDpc;

VOID LowerIrqlDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    KeLowerIrql(PASSIVE_LEVEL);
}

static NTSTATUS NullReadInDpc(PDEVICE_OBJECT device, PIRP irp)
{
    return QueueDpc(NullReadDpc, NULL);
}

static NTSTATUS LowerIrqlInDpc(PDEVICE_OBJECT device, PIRP irp)
{
    return QueueDpc(LowerIrqlDpc, NULL);
}

static VOID StallDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    while (Zero == 0)
        KeStallExecutionProcessor(50);
}

static NTSTATUS StallInDpc(PDEVICE_OBJECT device, PIRP irp)
{
    return QueueDpc(StallDpc, NULL);
}

KDEFERRED_ROUTINE AcquireMutexDpc;

/* A jump to the export: no return address in the driver is left. */
VOID AcquireMutexDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    __asm__ volatile("mov %0, %%rcx\n\tjmp *__imp_ExAcquireFastMutex(%%rip)" : : "r"(context));
}

static NTSTATUS JumpToExportInDpc(PDEVICE_OBJECT device, PIRP irp)
{
    static FAST_MUTEX mutex;

    ExInitializeFastMutex(&mutex);
    return QueueDpc(AcquireMutexDpc, &mutex);
}

/* ---- Left behind when the driver is unloaded ---- */

static const LARGE_INTEGER InAMinute = { .QuadPart = -60LL * 10000000 };

KDEFERRED_ROUTINE NothingDpc;
KSTART_ROUTINE SleepingThread;

VOID NothingDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
}

static NTSTATUS LeaveTimer(PDEVICE_OBJECT device, PIRP irp)
{
    PKTIMER timer = device->DeviceExtension;

    KeInitializeTimer(timer);
    KeSetTimer(timer, InAMinute, NULL);
    return STATUS_SUCCESS;
}

/* The pool is lost as well, so that nothing is set in memory that goes away. */
static NTSTATUS LeaveDpcRoutine(PDEVICE_OBJECT device, PIRP irp)
{
    struct { KTIMER Timer; KDPC Dpc; } *lost = ExAllocatePoolWithTag(NonPagedPool, sizeof(*lost), 'daB ');

    KeInitializeTimer(&lost->Timer);
    KeInitializeDpc(&lost->Dpc, NothingDpc, NULL);
    KeSetTimer(&lost->Timer, InAMinute, &lost->Dpc);
    return STATUS_SUCCESS;
}

VOID SleepingThread(PVOID context)
{
    LARGE_INTEGER time = InAMinute;

    KeDelayExecutionThread(KernelMode, FALSE, &time);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS LeaveThread(PDEVICE_OBJECT device, PIRP irp)
{
    HANDLE thread;
    NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, SleepingThread, NULL);

    return NT_SUCCESS(status) ? ZwClose(thread) : status;
}

/* Of the image, which goes away with it. */
static NTSTATUS LeaveLookaside(PDEVICE_OBJECT device, PIRP irp)
{
    static NPAGED_LOOKASIDE_LIST list;

    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 64, 'daB ', 0);
    return STATUS_SUCCESS;
}

static NTSTATUS LeaveResource(PDEVICE_OBJECT device, PIRP irp)
{
    return ExInitializeResourceLite(device->DeviceExtension);
}

WORKER_THREAD_ROUTINE SleepingWork;

VOID SleepingWork(PVOID context)
{
    LARGE_INTEGER time = InAMinute;

    KeDelayExecutionThread(KernelMode, FALSE, &time);
}

static NTSTATUS LeaveWorkItem(PDEVICE_OBJECT device, PIRP irp)
{
    PWORK_QUEUE_ITEM lost = ExAllocatePoolWithTag(NonPagedPool, sizeof(*lost), 'daB ');

    ExInitializeWorkItem(lost, SleepingWork, NULL);
    ExQueueWorkItem(lost, DelayedWorkQueue);
    return STATUS_SUCCESS;
}

/* ---- Kept beyond the call ---- */

static KMUTEX Mutex;

static NTSTATUS KeepRegion(PDEVICE_OBJECT device, PIRP irp)
{
    KeEnterCriticalRegion();
    return STATUS_SUCCESS;
}

static NTSTATUS KeepMutex(PDEVICE_OBJECT device, PIRP irp)
{
    KeInitializeMutex(&Mutex, 0);
    return KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
}

IO_WORKITEM_ROUTINE KeepRegionWork;
IO_WORKITEM_ROUTINE KeepMutexWork;
IO_WORKITEM_ROUTINE RaiseWork;

VOID KeepRegionWork(PDEVICE_OBJECT device, PVOID context)
{
    KeEnterCriticalRegion();
}

VOID KeepMutexWork(PDEVICE_OBJECT device, PVOID context)
{
    KeepMutex(device, NULL);
}

VOID RaiseWork(PDEVICE_OBJECT device, PVOID context)
{
    ReturnAtDispatch(device, NULL);
}

static NTSTATUS RunWork(PDEVICE_OBJECT device, PIO_WORKITEM_ROUTINE routine)
{
    LARGE_INTEGER second = { .QuadPart = -10000000 };

    IoQueueWorkItem(IoAllocateWorkItem(device), routine, DelayedWorkQueue, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    return STATUS_SUCCESS;
}

static NTSTATUS KeepRegionInWork(PDEVICE_OBJECT device, PIRP irp)
{
    return RunWork(device, KeepRegionWork);
}

static NTSTATUS KeepMutexInWork(PDEVICE_OBJECT device, PIRP irp)
{
    return RunWork(device, KeepMutexWork);
}

static NTSTATUS RaiseInWork(PDEVICE_OBJECT device, PIRP irp)
{
    return RunWork(device, RaiseWork);
}

/* ---- Freed while in use ---- */

static NTSTATUS FreeLookaside(PDEVICE_OBJECT device, PIRP irp)
{
    PNPAGED_LOOKASIDE_LIST list = ExAllocatePoolWithTag(NonPagedPool, sizeof(*list), 'daB ');

    ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 64, 'daB ', 0);
    ExFreePoolWithTag(list, 'daB ');
    return STATUS_SUCCESS;
}

static NTSTATUS FreeResource(PDEVICE_OBJECT device, PIRP irp)
{
    PERESOURCE resource = ExAllocatePoolWithTag(NonPagedPool, sizeof(*resource), 'daB ');

    ExInitializeResourceLite(resource);
    ExFreePoolWithTag(resource, 'daB ');
    return STATUS_SUCCESS;
}

static NTSTATUS FreeQueuedItem(PDEVICE_OBJECT device, PIRP irp)
{
    PWORK_QUEUE_ITEM item = ExAllocatePoolWithTag(NonPagedPool, sizeof(*item), 'daB ');
    KIRQL irql;

    ExInitializeWorkItem(item, SleepingWork, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ExQueueWorkItem(item, DelayedWorkQueue);
    ExFreePoolWithTag(item, 'daB ');
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

static NTSTATUS FreeQueuedIoItem(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoQueueWorkItem(item, KeepRegionWork, DelayedWorkQueue, NULL);
    IoFreeWorkItem(item);
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

/* ---- A stack that is too small ---- */

KDEFERRED_ROUTINE RecurseDpc;
KDEFERRED_ROUTINE LargeFrameDpc;

VOID RecurseDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    Sink = Recurse(1);
}

/* The compiler has each page of such a frame touched in order (___chkstk_ms), with RSP still above them. */
VOID LargeFrameDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    volatile UCHAR room[1 << 20];

    room[Zero] = 1;
    Sink = room[Zero + 1];
}

static NTSTATUS StackOverflowInDpc(PDEVICE_OBJECT device, PIRP irp)
{
    return QueueDpc(RecurseDpc, NULL);
}

static NTSTATUS FrameTooLargeInDpc(PDEVICE_OBJECT device, PIRP irp)
{
    return QueueDpc(LargeFrameDpc, NULL);
}

static VOID NullReadThread(PVOID context)
{
    Sink = *NullPointer;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS NullReadInThread(PDEVICE_OBJECT device, PIRP irp)
{
    LARGE_INTEGER second = { .QuadPart = -10000000 };
    HANDLE thread;

    PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, NullReadThread, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    return STATUS_SUCCESS;
}

/* ---- The table. The position is the number; append, never insert. ---- */

static FAULT *const Faults[] = {
    /*  0 */ NullRead,
    /*  1 */ NullWrite,
    /*  2 */ NullReadAtDispatch,
    /*  3 */ FreedPool,
    /*  4 */ NonCanonicalRead,
    /*  5 */ UnmappedKernelRead,
    /*  6 */ WriteToCode,
    /*  7 */ ExecuteData,
    /*  8 */ CallNull,
    /*  9 */ StackOverflow,
    /* 10 */ DivideByZero,
    /* 11 */ IllegalInstruction,
    /* 12 */ FastFail,
    /* 13 */ SpinAtPassive,
    /* 14 */ SpinAtDispatch,
    /* 15 */ SpinWithInterruptsOff,
    /* 16 */ HaltWithInterruptsOff,
    /* 17 */ AcquireLockTwice,
    /* 18 */ NeverComplete,
    /* 19 */ EmptyIdt,
    /* 20 */ WildPageTables,
    /* 21 */ WildStackPointer,
    /* 22 */ CompleteTwice,
    /* 23 */ CompleteTwiceAtOnce,
    /* 24 */ NoStackLocation,
    /* 25 */ CallSelfUntilOutOfStack,
    /* 26 */ ReturnAtDispatch,
    /* 27 */ KeepLock,
    /* 28 */ KeepCancelLock,
    /* 29 */ FreeTwice,
    /* 30 */ FreeWild,
    /* 31 */ WildEvent,
    /* 32 */ WildIrp,
    /* 33 */ WaitAtDispatch,
    /* 34 */ OwnBugCheck,
    /* 35 */ NullReadInDpc,
    /* 36 */ LowerIrqlInDpc,
    /* 37 */ NullReadInThread,
    /* 38 */ OverrunPool,
    /* 39 */ FreeWithOtherTag,
    /* 40 */ WildEventAtDispatch,
    /* 41 */ CopyWildAtDispatch,
    /* 42 */ MeasureWildAtDispatch,
    /* 43 */ FrameTooLarge,
    /* 44 */ StallInDpc,
    /* 45 */ StallAtDispatch,
    /* 46 */ StallAtPassive,
    /* 47 */ JumpToExportInDpc,
    /* 48 */ LeaveTimer,
    /* 49 */ LeaveDpcRoutine,
    /* 50 */ LeaveThread,
    /* 51 */ LeaveLookaside,
    /* 52 */ LeaveResource,
    /* 53 */ LeaveWorkItem,
    /* 54 */ KeepRegion,
    /* 55 */ KeepMutex,
    /* 56 */ KeepRegionInWork,
    /* 57 */ KeepMutexInWork,
    /* 58 */ RaiseInWork,
    /* 59 */ FreeLookaside,
    /* 60 */ FreeResource,
    /* 61 */ FreeQueuedItem,
    /* 62 */ FreeQueuedIoItem,
    /* 63 */ StackOverflowInDpc,
    /* 64 */ FrameTooLargeInDpc,
};

static NTSTATUS BadControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return number < RTL_NUMBER_OF(Faults) ? Faults[number](device, irp) : STATUS_INVALID_DEVICE_REQUEST;
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilBad"), sizeof(ERESOURCE), BadControl, NULL };
