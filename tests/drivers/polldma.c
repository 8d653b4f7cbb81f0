/*
 * Self-checking: a driver that learns only from memory that the device has written. It reads its common buffer with plain
 * loads, in loops without a kernel call or a register access.
 */

#include "edu_device.h"
#include "check.h"

#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_DESTINATION 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_DMA_RUN 1
#define EDU_DMA_TO_MEMORY 2
#define EDU_BUFFER_ADDRESS 0x40000

#define COMMON_LENGTH PAGE_SIZE
#define SENT_OFFSET 0       /* what goes to the device */
#define RECEIVED_OFFSET 2048 /* where it comes back to */
#define DATA_LENGTH 512     /* the last ULONG of it is the status word */

static PEDU_DEVICE Edu;
static PDMA_ADAPTER Adapter;
static PUCHAR Common;
static PHYSICAL_ADDRESS CommonAddress;

static VOID StartDma(ULONG source, ULONG destination, ULONG length, ULONG direction)
{
    EduWrite(Edu, EDU_DMA_SOURCE, source);
    EduWrite(Edu, EDU_DMA_DESTINATION, destination);
    EduWrite(Edu, EDU_DMA_COUNT, length);
    EduWrite(Edu, EDU_DMA_COMMAND, EDU_DMA_RUN | direction);
}

static VOID Send(ULONG seed)
{
    PULONG words = (PULONG)(Common + SENT_OFFSET);
    ULONG i;

    for (i = 0; i < DATA_LENGTH / sizeof(ULONG); i++)
        words[i] = seed * 2654435761u + i + 1;
    StartDma(CommonAddress.LowPart + SENT_OFFSET, EDU_BUFFER_ADDRESS, DATA_LENGTH, 0);
    while (EduRead(Edu, EDU_DMA_COMMAND) & EDU_DMA_RUN)
        ;
}

static ULONG CheckReceived(ULONG seed)
{
    PULONG words = (PULONG)(Common + RECEIVED_OFFSET);
    ULONG i;

    for (i = 0; i < DATA_LENGTH / sizeof(ULONG); i++)
        CHECK(words[i] == seed * 2654435761u + i + 1);
    return 0;
}

/* How often the loop looked is something that a replay must repeat to the last turn: it goes out by a register. */
static ULONG ReceiveAndSpin(ULONG seed)
{
    volatile ULONG *status = (PULONG)(Common + RECEIVED_OFFSET + DATA_LENGTH - sizeof(ULONG));
    ULONG64 looks = 0;

    RtlZeroMemory(Common + RECEIVED_OFFSET, DATA_LENGTH);
    StartDma(EDU_BUFFER_ADDRESS, CommonAddress.LowPart + RECEIVED_OFFSET, DATA_LENGTH, EDU_DMA_TO_MEMORY);
    while (*status == 0)
        looks++;
    CHECK(looks != 0);
    DbgPrint("looked %I64u times\n", looks);
    return CheckReceived(seed);
}

static ULONG StatusWordEndsALoopOfLoads(PDEVICE_OBJECT device)
{
    Send(1);
    return ReceiveAndSpin(1);
}

static ULONG StatusWordEndsALoopAtDispatchLevel(PDEVICE_OBJECT device)
{
    KIRQL irql;
    ULONG line;

    Send(2);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    line = ReceiveAndSpin(2);
    KeLowerIrql(irql);
    return line;
}

static BOOLEAN SpinSynchronized(PVOID context)
{
    *(PULONG)context = ReceiveAndSpin(3);
    return TRUE;
}

static ULONG StatusWordEndsALoopAtDeviceLevel(PDEVICE_OBJECT device)
{
    ULONG line = 1;

    Send(3);
    KeSynchronizeExecution(Edu->Interrupt, SpinSynchronized, &line);
    return line;
}

/* The device does not ask what the driver may do with a page. */
static ULONG DeviceWritesToAPageThatTheDriverMayNotTouch(PDEVICE_OBJECT device)
{
    PHYSICAL_ADDRESS lowest = {{0}}, highest = {{0xFFFFFFFF, 0}}, skip = {{0}};
    PMDL mdl = MmAllocatePagesForMdl(lowest, highest, skip, PAGE_SIZE);
    PULONG words;
    ULONG i;

    CHECK(mdl != NULL);
    words = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    CHECK(words != NULL);
    RtlZeroMemory(words, PAGE_SIZE);
    Send(4);
    CHECK(MmProtectMdlSystemAddress(mdl, PAGE_NOACCESS) == STATUS_SUCCESS);
    StartDma(EDU_BUFFER_ADDRESS, (ULONG)(*MmGetMdlPfnArray(mdl) << PAGE_SHIFT), DATA_LENGTH, EDU_DMA_TO_MEMORY);
    while (EduRead(Edu, EDU_DMA_COMMAND) & EDU_DMA_RUN)
        ;
    CHECK(MmProtectMdlSystemAddress(mdl, PAGE_READWRITE) == STATUS_SUCCESS);
    for (i = 0; i < DATA_LENGTH / sizeof(ULONG); i++)
        CHECK(words[i] == 4 * 2654435761u + i + 1);
    MmUnmapLockedPages(words, mdl);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(StatusWordEndsALoopOfLoads),
    CHECK_CASE_OF(StatusWordEndsALoopAtDispatchLevel),
    CHECK_CASE_OF(StatusWordEndsALoopAtDeviceLevel),
    CHECK_CASE_OF(DeviceWritesToAPageThatTheDriverMayNotTouch),
};

static NTSTATUS PollStart(PEDU_DEVICE edu)
{
    Edu = edu;
    Adapter = EduGetDmaAdapter(edu, COMMON_LENGTH);
    if (Adapter == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Common = Adapter->DmaOperations->AllocateCommonBuffer(Adapter, COMMON_LENGTH, &CommonAddress, TRUE);
    return Common != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID PollStop(PEDU_DEVICE edu)
{
    if (Adapter == NULL)
        return;
    if (Common != NULL)
        Adapter->DmaOperations->FreeCommonBuffer(Adapter, COMMON_LENGTH, CommonAddress, Common, TRUE);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    Common = NULL;
    Adapter = NULL;
}

static NTSTATUS PollControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), edu->Self, irp, number);
}

EDU_HOOKS EduHooks = { EduAcknowledge, PollStart, PollControl, LEGACY_NAMES(L"HilPollDma"), PollStop, NULL };
