/*
 * Self-checking: transfers of buffers that a chain of MDLs describes, as the routines of version 3 of the DMA interface
 * take them. edu moves the bytes, from and to its own memory; it reaches 28 bits.
 */

#include <ntddk.h>
#include "check.h"
#include "edu_device.h"

#define TAG 'nahC'
#define FIRST 3000
#define SECOND 1000
#define OFFSET 500
#define LENGTH (FIRST + SECOND - OFFSET)

#define EDU_BUFFER 0x40000
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_DESTINATION 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_DMA_RUN 1
#define EDU_DMA_TO_MEMORY 2

#define DMA_SYNCHRONOUS_CALLBACK 1
#define ELEMENTS_MAX 8

/* Newer than the headers. */
typedef struct DESCRIPTION3 {
    DEVICE_DESCRIPTION Base; /* ends before DmaAddressWidth */
    ULONG Rest[4];
} DESCRIPTION3;

typedef struct TRANSFER_INFO {
    ULONG Version;
    ULONG MapRegisterCount;
    ULONG ScatterGatherElementCount;
    ULONG ScatterGatherListSize;
} TRANSFER_INFO;

typedef NTSTATUS NTAPI GET_INFO(PDMA_ADAPTER, PMDL, ULONGLONG offset, ULONG length, BOOLEAN, TRANSFER_INFO *);
typedef NTSTATUS NTAPI INITIALIZE(PDMA_ADAPTER, PVOID context);
typedef NTSTATUS NTAPI ALLOCATE(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID context, ULONG registers, ULONG flags,
                                PDRIVER_CONTROL, PVOID, PVOID *base);
typedef NTSTATUS NTAPI MAP(PDMA_ADAPTER, PMDL, PVOID base, ULONGLONG offset, ULONG device, PULONG length, BOOLEAN,
                           PSCATTER_GATHER_LIST, ULONG bytes, PVOID, PVOID);
typedef NTSTATUS NTAPI GET_LIST(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID context, PMDL, ULONGLONG offset, ULONG length,
                                ULONG flags, PDRIVER_LIST_CONTROL, PVOID, BOOLEAN, PVOID, PVOID,
                                PSCATTER_GATHER_LIST *list);
typedef NTSTATUS NTAPI FLUSH(PDMA_ADAPTER, PMDL, PVOID base, ULONGLONG offset, ULONG length, BOOLEAN);
typedef VOID NTAPI FREE(PDMA_ADAPTER, IO_ALLOCATION_ACTION);

typedef struct OPERATIONS3 {
    DMA_OPERATIONS Base;
    PVOID GetDmaAdapterInfo;
    GET_INFO *GetDmaTransferInfo;
    INITIALIZE *InitializeDmaTransferContext;
    PVOID AllocateCommonBufferEx;
    ALLOCATE *AllocateAdapterChannelEx;
    PVOID ConfigureAdapterChannel, CancelAdapterChannel;
    MAP *MapTransferEx;
    GET_LIST *GetScatterGatherListEx;
    PVOID BuildScatterGatherListEx;
    FLUSH *FlushAdapterBuffersEx;
    FREE *FreeAdapterObject;
} OPERATIONS3;

typedef union LIST {
    SCATTER_GATHER_LIST List;
    UCHAR Room[16 + ELEMENTS_MAX * sizeof(SCATTER_GATHER_ELEMENT)];
} LIST;

static PEDU_DEVICE Edu;
static PDMA_ADAPTER Adapter;
static OPERATIONS3 *Dma;
static PUCHAR Buffer;
static PMDL Chain;
static PSCATTER_GATHER_LIST Granted;
static UCHAR Context[128] __attribute__((aligned(16)));

static VOID EduWrite64(ULONG offset, ULONG64 value)
{
    *(volatile ULONG64 *)(Edu->Registers + offset) = value;
}

static VOID MoveOne(ULONG64 memory, ULONG64 own, ULONG bytes, BOOLEAN toMemory)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    EduWrite64(EDU_DMA_SOURCE, toMemory ? own : memory);
    EduWrite64(EDU_DMA_DESTINATION, toMemory ? memory : own);
    EduWrite64(EDU_DMA_COUNT, bytes);
    EduWrite64(EDU_DMA_COMMAND, EDU_DMA_RUN | (toMemory ? EDU_DMA_TO_MEMORY : 0));
    while ((*(volatile ULONG64 *)(Edu->Registers + EDU_DMA_COMMAND) & EDU_DMA_RUN) != 0)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

/* Returns the bytes of the list. */
static ULONG Move(PSCATTER_GATHER_LIST list, BOOLEAN toMemory)
{
    ULONG done = 0;
    ULONG i;

    for (i = 0; i < list->NumberOfElements; i++) {
        MoveOne(list->Elements[i].Address.QuadPart, EDU_BUFFER + done, list->Elements[i].Length, toMemory);
        done += list->Elements[i].Length;
    }
    return done;
}

static UCHAR ByteAt(ULONG i)
{
    return (UCHAR)(i * 5 + i / 256);
}

static VOID NTAPI OnList(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context)
{
    Granted = list;
}

static NTSTATUS GetList(ULONG flags, PDRIVER_LIST_CONTROL routine, BOOLEAN toDevice, PSCATTER_GATHER_LIST *list)
{
    NTSTATUS status;
    KIRQL irql;

    Dma->InitializeDmaTransferContext(Adapter, Context);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    status = Dma->GetScatterGatherListEx(Adapter, Edu->Self, Context, Chain, OFFSET, LENGTH, flags, routine, NULL,
                                         toDevice, NULL, NULL, list);
    KeLowerIrql(irql);
    return status;
}

static VOID PutList(PSCATTER_GATHER_LIST list, BOOLEAN toDevice)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Adapter->DmaOperations->PutScatterGatherList(Adapter, list, toDevice);
    KeLowerIrql(irql);
}

/* The device gets the bytes before the other tests fetch them back. */
static ULONG ListCoversTheChain(PDEVICE_OBJECT device)
{
    TRANSFER_INFO info = { .Version = 1 };
    ULONG i;

    for (i = 0; i < FIRST + SECOND; i++)
        Buffer[i] = ByteAt(i);
    CHECK(Dma->GetDmaTransferInfo(Adapter, Chain, OFFSET, LENGTH, TRUE, &info) == STATUS_SUCCESS);
    CHECK(info.ScatterGatherElementCount >= 2 && info.MapRegisterCount >= 2);
    Granted = NULL;
    CHECK(GetList(0, OnList, TRUE, NULL) == STATUS_SUCCESS && Granted != NULL);
    CHECK(Granted->NumberOfElements == info.ScatterGatherElementCount);
    CHECK(Move(Granted, FALSE) == LENGTH);
    PutList(Granted, TRUE);
    return 0;
}

static ULONG CheckFetched(VOID)
{
    ULONG i;

    for (i = 0; i < FIRST + SECOND; i++)
        CHECK(Buffer[i] == (i < OFFSET ? 0 : ByteAt(i)));
    return 0;
}

static ULONG ListComesWithoutARoutine(PDEVICE_OBJECT device)
{
    PSCATTER_GATHER_LIST list = NULL;

    RtlZeroMemory(Buffer, FIRST + SECOND);
    CHECK(GetList(0, NULL, FALSE, &list) == STATUS_INVALID_PARAMETER);
    CHECK(GetList(DMA_SYNCHRONOUS_CALLBACK, NULL, FALSE, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(GetList(DMA_SYNCHRONOUS_CALLBACK, NULL, FALSE, &list) == STATUS_SUCCESS && list != NULL);
    CHECK(Move(list, TRUE) == LENGTH);
    PutList(list, FALSE);
    return CheckFetched();
}

static ULONG MapTransferWalksTheChain(PDEVICE_OBJECT device)
{
    TRANSFER_INFO info = { .Version = 1 };
    LIST list;
    PVOID base = NULL;
    ULONG length = LENGTH;
    KIRQL irql;

    RtlZeroMemory(Buffer, FIRST + SECOND);
    CHECK(Dma->GetDmaTransferInfo(Adapter, Chain, OFFSET, LENGTH, FALSE, &info) == STATUS_SUCCESS);
    Dma->InitializeDmaTransferContext(Adapter, Context);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Dma->AllocateAdapterChannelEx(Adapter, Edu->Self, Context, info.MapRegisterCount, DMA_SYNCHRONOUS_CALLBACK, NULL,
                                  NULL, &base);
    KeLowerIrql(irql);
    CHECK(base != NULL);
    CHECK(Dma->MapTransferEx(Adapter, Chain, base, OFFSET, 0, &length, FALSE, &list.List, sizeof(list), NULL, NULL)
        == STATUS_SUCCESS);
    CHECK(length == LENGTH && Move(&list.List, TRUE) == LENGTH);
    CHECK(Dma->FlushAdapterBuffersEx(Adapter, Chain, base, OFFSET, LENGTH, FALSE) == STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Dma->FreeAdapterObject(Adapter, DeallocateObjectKeepRegisters);
    Adapter->DmaOperations->FreeMapRegisters(Adapter, base, info.MapRegisterCount);
    KeLowerIrql(irql);
    return CheckFetched();
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(ListCoversTheChain),
    CHECK_CASE_OF(ListComesWithoutARoutine),
    CHECK_CASE_OF(MapTransferWalksTheChain),
};

static NTSTATUS ChainsControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), edu->Self, irp, number);
}

static NTSTATUS ChainsStart(PEDU_DEVICE edu)
{
    DESCRIPTION3 description;
    PMDL second;
    ULONG registers;

    Edu = edu;
    RtlZeroMemory(&description, sizeof(description));
    description.Base.Version = 3;
    description.Base.Master = TRUE;
    description.Base.ScatterGather = TRUE;
    description.Base.InterfaceType = PCIBus;
    description.Base.MaximumLength = PAGE_SIZE * 4;
    *(PULONG)((PUCHAR)&description + 44) = 28; /* DmaAddressWidth */
    Adapter = IoGetDmaAdapter(edu->Physical, &description.Base, &registers);
    Buffer = ExAllocatePoolWithTag(NonPagedPool, FIRST + SECOND, TAG);
    if (Adapter == NULL || Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Dma = (OPERATIONS3 *)Adapter->DmaOperations;
    Chain = IoAllocateMdl(Buffer, FIRST, FALSE, FALSE, NULL);
    second = IoAllocateMdl(Buffer + FIRST, SECOND, FALSE, FALSE, NULL);
    if (Chain == NULL || second == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(Chain);
    MmBuildMdlForNonPagedPool(second);
    Chain->Next = second;
    return STATUS_SUCCESS;
}

static VOID ChainsStop(PEDU_DEVICE edu)
{
    if (Chain == NULL)
        return;
    IoFreeMdl(Chain->Next);
    IoFreeMdl(Chain);
    ExFreePoolWithTag(Buffer, TAG);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    Chain = NULL;
}

static BOOLEAN ChainsInterrupt(PEDU_DEVICE edu)
{
    return EduAcknowledge(edu);
}

EDU_HOOKS EduHooks = { ChainsInterrupt, ChainsStart, ChainsControl, LEGACY_NAMES(L"HilChains"), ChainsStop, NULL };
