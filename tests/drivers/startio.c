/*
 * Self-checking: IoStartPacket, IoStartNextPacket(ByKey), IoSetStartIoAttributes and cancellation in the device queue.
 * The IRPs are the driver's own and never leave it, so each test decides when StartIo asks for the next one.
 */

#include "check.h"

#define MANY 10000

typedef struct STARTED {
    PIRP Irps[MANY];
    ULONG Count;
    ULONG Depth;
    ULONG DeepestDepth;
    ULONG WithCancelRoutine; /* how many IRPs had one when StartIo got them */
    ULONG WrongIrql;         /* how often StartIo was not called at DISPATCH_LEVEL */
    ULONG WrongCurrentIrp;
    BOOLEAN AskForNext;      /* StartIo calls IoStartNextPacket */
    ULONG Cancelled;
} STARTED;

static STARTED *Started;

static VOID StartIo(PDEVICE_OBJECT device, PIRP irp)
{
    Started->Irps[Started->Count++] = irp;
    Started->Depth++;
    Started->DeepestDepth = max(Started->DeepestDepth, Started->Depth);
    Started->WithCancelRoutine += irp->CancelRoutine != NULL;
    Started->WrongIrql += KeGetCurrentIrql() != DISPATCH_LEVEL;
    Started->WrongCurrentIrp += device->CurrentIrp != irp;
    IoSetCancelRoutine(irp, NULL);
    if (Started->AskForNext)
        IoStartNextPacket(device, TRUE);
    Started->Depth--;
}

static VOID CancelQueued(PDEVICE_OBJECT device, PIRP irp)
{
    Started->Cancelled += KeRemoveEntryDeviceQueue(&device->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
    IoReleaseCancelSpinLock(irp->CancelIrql);
}

static VOID Begin(PDEVICE_OBJECT device, BOOLEAN deferred, BOOLEAN nonCancelable)
{
    RtlZeroMemory(Started, sizeof(*Started));
    IoSetStartIoAttributes(device, deferred, nonCancelable);
}

static PIRP NewIrp(PDEVICE_OBJECT device)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);

    if (irp != NULL) {
        IoSetNextIrpStackLocation(irp);
        IoGetCurrentIrpStackLocation(irp)->DeviceObject = device; /* what IoCancelIrp hands to the cancel routine */
    }
    return irp;
}

static VOID StartNext(PDEVICE_OBJECT device)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoStartNextPacket(device, TRUE);
    KeLowerIrql(irql);
}

static VOID FinishAll(PDEVICE_OBJECT device)
{
    while (device->CurrentIrp != NULL)
        StartNext(device);
}

static ULONG StartMany(PDEVICE_OBJECT device, PIRP *irps, ULONG count, const ULONG *keys)
{
    ULONG i;

    for (i = 0; i < count; i++) {
        irps[i] = NewIrp(device);
        CHECK(irps[i] != NULL);
        IoStartPacket(device, irps[i], keys != NULL ? (PULONG)&keys[i] : NULL, CancelQueued);
    }
    return 0;
}

static VOID FreeMany(PIRP *irps, ULONG count)
{
    while (count-- > 0)
        IoFreeIrp(irps[count]);
}

static ULONG NothingWasOdd(VOID)
{
    CHECK(Started->WrongIrql == 0);
    CHECK(Started->WrongCurrentIrp == 0);
    return 0;
}

static ULONG IdleDeviceStartsAtOnce(PDEVICE_OBJECT device)
{
    PIRP irp;

    Begin(device, FALSE, FALSE);
    CHECK_CALL(StartMany(device, &irp, 1, NULL));
    CHECK(Started->Count == 1 && Started->Irps[0] == irp);
    CHECK(Started->WithCancelRoutine == 1);
    CHECK(device->CurrentIrp == irp);
    StartNext(device);
    CHECK(device->CurrentIrp == NULL);
    FreeMany(&irp, 1);
    return NothingWasOdd();
}

static ULONG WithoutKeysOrderIsThatOfArrival(PDEVICE_OBJECT device)
{
    PIRP irps[10];
    ULONG i;

    Begin(device, FALSE, FALSE);
    CHECK_CALL(StartMany(device, irps, 10, NULL));
    CHECK(Started->Count == 1);
    FinishAll(device);
    for (i = 0; i < 10; i++)
        CHECK(Started->Irps[i] == irps[i]);
    FreeMany(irps, 10);
    return NothingWasOdd();
}

static ULONG KeysOrderTheQueue(PDEVICE_OBJECT device)
{
    static const ULONG keys[] = { 99, 30, 10, 20, 10, 0xffffffff, 0 };
    static const ULONG order[] = { 0, 6, 2, 4, 3, 1, 5 };
    PIRP irps[RTL_NUMBER_OF(keys)];
    ULONG i;

    Begin(device, FALSE, FALSE);
    CHECK_CALL(StartMany(device, irps, RTL_NUMBER_OF(keys), keys));
    FinishAll(device);
    for (i = 0; i < RTL_NUMBER_OF(keys); i++)
        CHECK(Started->Irps[i] == irps[order[i]]);
    FreeMany(irps, RTL_NUMBER_OF(keys));
    return NothingWasOdd();
}

static ULONG StartNextByKeyTakesFirstAtOrAbove(PDEVICE_OBJECT device)
{
    static const ULONG keys[] = { 0, 10, 20, 30 };
    PIRP irps[RTL_NUMBER_OF(keys)];
    KIRQL irql;

    Begin(device, FALSE, FALSE);
    CHECK_CALL(StartMany(device, irps, RTL_NUMBER_OF(keys), keys));
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoStartNextPacketByKey(device, TRUE, 15); /* 20 */
    IoStartNextPacketByKey(device, TRUE, 30); /* 30 */
    IoStartNextPacketByKey(device, TRUE, 40); /* none there: the head, 10 */
    KeLowerIrql(irql);
    CHECK(Started->Irps[1] == irps[2]);
    CHECK(Started->Irps[2] == irps[3]);
    CHECK(Started->Irps[3] == irps[1]);
    FinishAll(device);
    FreeMany(irps, RTL_NUMBER_OF(keys));
    return NothingWasOdd();
}

static ULONG WithoutDeferralStartIoNests(PDEVICE_OBJECT device)
{
    PIRP irps[5];

    Begin(device, FALSE, FALSE);
    CHECK_CALL(StartMany(device, irps, 5, NULL));
    Started->AskForNext = TRUE;
    StartNext(device);
    CHECK(Started->Count == 5);
    CHECK(Started->DeepestDepth == 4);
    CHECK(device->CurrentIrp == NULL);
    FreeMany(irps, 5);
    return 0; /* CurrentIrp is odd by nature here */
}

static ULONG DeferralRunsTenThousandAtDepthOne(PDEVICE_OBJECT device)
{
    PIRP *irps = ExAllocatePoolWithTag(NonPagedPool, MANY * sizeof(PIRP), 'oItS');
    ULONG i;

    CHECK(irps != NULL);
    Begin(device, TRUE, FALSE);
    CHECK_CALL(StartMany(device, irps, MANY, NULL));
    Started->AskForNext = TRUE;
    StartNext(device);
    CHECK(Started->Count == MANY);
    CHECK(Started->DeepestDepth == 1);
    CHECK(device->CurrentIrp == NULL);
    for (i = 0; i < MANY; i++)
        CHECK(Started->Irps[i] == irps[i]);
    FreeMany(irps, MANY);
    ExFreePoolWithTag(irps, 'oItS');
    return NothingWasOdd();
}

static ULONG DeferralHoldsForIoStartPacketToo(PDEVICE_OBJECT device)
{
    PIRP irps[3];

    Begin(device, TRUE, FALSE);
    Started->AskForNext = TRUE;
    CHECK_CALL(StartMany(device, irps, 3, NULL));
    CHECK(Started->Count == 3);
    CHECK(Started->DeepestDepth == 1);
    CHECK(device->CurrentIrp == NULL);
    FreeMany(irps, 3);
    return NothingWasOdd();
}

static ULONG NonCancelableStartIoGetsNoCancelRoutine(PDEVICE_OBJECT device)
{
    PIRP irps[3];

    Begin(device, FALSE, TRUE);
    CHECK_CALL(StartMany(device, irps, 3, NULL));
    CHECK(irps[1]->CancelRoutine == CancelQueued); /* in the queue it has one */
    FinishAll(device);
    CHECK(Started->Count == 3);
    CHECK(Started->WithCancelRoutine == 0);
    FreeMany(irps, 3);
    return NothingWasOdd();
}

static ULONG CancelTakesOneOutOfTheQueue(PDEVICE_OBJECT device)
{
    PIRP irps[4];

    Begin(device, FALSE, TRUE);
    CHECK_CALL(StartMany(device, irps, 4, NULL));
    CHECK(IoCancelIrp(irps[2]));
    CHECK(irps[2]->Cancel && irps[2]->CancelRoutine == NULL);
    CHECK(Started->Cancelled == 1);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
    FinishAll(device);
    CHECK(Started->Count == 3);
    CHECK(Started->Irps[1] == irps[1] && Started->Irps[2] == irps[3]);
    FreeMany(irps, 4);
    return NothingWasOdd();
}

static ULONG CancelWithoutRoutineOnlyMarks(PDEVICE_OBJECT device)
{
    PIRP irp;

    Begin(device, FALSE, TRUE);
    CHECK_CALL(StartMany(device, &irp, 1, NULL));
    CHECK(!IoCancelIrp(irp));
    CHECK(irp->Cancel);
    CHECK(Started->Cancelled == 0);
    FinishAll(device);
    FreeMany(&irp, 1);
    return NothingWasOdd();
}

static ULONG CancelledBeforeQueueingIsCancelledInIt(PDEVICE_OBJECT device)
{
    PIRP irps[2];

    Begin(device, FALSE, TRUE);
    CHECK_CALL(StartMany(device, irps, 1, NULL));
    irps[1] = NewIrp(device);
    CHECK(irps[1] != NULL);
    CHECK(!IoCancelIrp(irps[1]));
    IoStartPacket(device, irps[1], NULL, CancelQueued);
    CHECK(Started->Cancelled == 1);
    FinishAll(device);
    CHECK(Started->Count == 1);
    FreeMany(irps, 2);
    return NothingWasOdd();
}

static ULONG DeviceQueueSaysBusyAndIdle(PDEVICE_OBJECT device)
{
    KDEVICE_QUEUE queue;
    KDEVICE_QUEUE_ENTRY entries[3];
    BOOLEAN inserted[3];
    PKDEVICE_QUEUE_ENTRY first, second, third;
    KIRQL irql;

    KeInitializeDeviceQueue(&queue);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    inserted[0] = KeInsertDeviceQueue(&queue, &entries[0]);
    inserted[1] = KeInsertByKeyDeviceQueue(&queue, &entries[1], 7);
    inserted[2] = KeInsertByKeyDeviceQueue(&queue, &entries[2], 5);
    first = KeRemoveByKeyDeviceQueue(&queue, 6);
    second = KeRemoveDeviceQueue(&queue);
    third = KeRemoveDeviceQueue(&queue);
    KeLowerIrql(irql);
    CHECK(!inserted[0] && inserted[1] && inserted[2]);
    CHECK(first == &entries[1] && second == &entries[2] && third == NULL);
    CHECK(!KeRemoveEntryDeviceQueue(&queue, &entries[1]));
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(IdleDeviceStartsAtOnce),
    CHECK_CASE_OF(WithoutKeysOrderIsThatOfArrival),
    CHECK_CASE_OF(KeysOrderTheQueue),
    CHECK_CASE_OF(StartNextByKeyTakesFirstAtOrAbove),
    CHECK_CASE_OF(WithoutDeferralStartIoNests),
    CHECK_CASE_OF(DeferralRunsTenThousandAtDepthOne),
    CHECK_CASE_OF(DeferralHoldsForIoStartPacketToo),
    CHECK_CASE_OF(NonCancelableStartIoGetsNoCancelRoutine),
    CHECK_CASE_OF(CancelTakesOneOutOfTheQueue),
    CHECK_CASE_OF(CancelWithoutRoutineOnlyMarks),
    CHECK_CASE_OF(CancelledBeforeQueueingIsCancelledInIt),
    CHECK_CASE_OF(DeviceQueueSaysBusyAndIdle),
};

static NTSTATUS StartIoControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    NTSTATUS status;

    Started = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Started), 'oItS');
    if (Started == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
    ExFreePoolWithTag(Started, 'oItS');
    return status;
}

static NTSTATUS StartIoInitialize(PDRIVER_OBJECT driver, PDEVICE_OBJECT device)
{
    driver->DriverStartIo = StartIo;
    return STATUS_SUCCESS;
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilStartIo"), 0, StartIoControl, StartIoInitialize };
