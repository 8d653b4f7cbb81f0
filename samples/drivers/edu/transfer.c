/* Reads and writes, by edu's DMA engine in pieces of at most 4095 bytes, straight from and to the caller's pages. */

#include "edu.h"

static DRIVER_CONTROL EduGotMapRegisters;

static BOOLEAN EduIsWrite(PIRP irp)
{
    return IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_WRITE;
}

static PVOID EduPieceAddress(PEDU_DEVICE edu, PIRP irp)
{
    return (PUCHAR)MmGetMdlVirtualAddress(irp->MdlAddress) + edu->Transfer.Done;
}

/* Has the engine transfer the next piece: what fits between the file offset and the end of edu's buffer. Lock held. */
static VOID EduStartPiece(PEDU_DEVICE edu, PIRP irp)
{
    EDU_TRANSFER *transfer = &edu->Transfer;
    LARGE_INTEGER offset = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.ByteOffset;
    ULONG place = (offset.LowPart + transfer->Done) % EDU_BUFFER_LENGTH;
    ULONG length = EduTransferLength(irp) - transfer->Done;
    BOOLEAN write = EduIsWrite(irp);
    PHYSICAL_ADDRESS memory;

    if (length > EDU_BUFFER_LENGTH - place)
        length = EDU_BUFFER_LENGTH - place;

    /* MapTransfer shortens length to what is contiguous for the device. */
    memory = edu->DmaAdapter->DmaOperations->MapTransfer(edu->DmaAdapter, irp->MdlAddress, transfer->MapRegisterBase,
                                                         EduPieceAddress(edu, irp), &length, write);
    transfer->PieceLength = length;

    EduExpectInterrupt(edu);
    EduWrite(edu, EDU_DMA_SOURCE, write ? memory.LowPart : EDU_BUFFER_ADDRESS + place);
    EduWrite(edu, EDU_DMA_DESTINATION, write ? EDU_BUFFER_ADDRESS + place : memory.LowPart);
    EduWrite(edu, EDU_DMA_COUNT, length);
    EduWrite(edu, EDU_DMA_COMMAND, EDU_DMA_RUN | EDU_DMA_INTERRUPT_WHEN_DONE | (write ? 0 : EDU_DMA_TO_MEMORY));
}

static VOID EduFlushPiece(PEDU_DEVICE edu, PIRP irp)
{
    edu->DmaAdapter->DmaOperations->FlushAdapterBuffers(edu->DmaAdapter, irp->MdlAddress,
                                                        edu->Transfer.MapRegisterBase, EduPieceAddress(edu, irp),
                                                        edu->Transfer.PieceLength, EduIsWrite(irp));
}

static VOID EduFreeMapRegisters(PEDU_DEVICE edu)
{
    edu->DmaAdapter->DmaOperations->FreeMapRegisters(edu->DmaAdapter, edu->Transfer.MapRegisterBase,
                                                     EDU_MAP_REGISTERS);
}

/* Gives up a piece that the engine is known to be done with, though it has not said so. Lock held. */
VOID EduAbandonTransfer(PEDU_DEVICE edu, PIRP irp)
{
    EduFlushPiece(edu, irp);
    EduFreeMapRegisters(edu);
}

/* Looks whether the engine is done with the piece, and starts the next one unless that was the last. Lock held. */
NTSTATUS EduTransferProgress(PEDU_DEVICE edu, PIRP irp, PULONG_PTR information)
{
    EDU_TRANSFER *transfer = &edu->Transfer;

    if (!(edu->Seen & EDU_INTERRUPT_DMA) || (EduRead(edu, EDU_DMA_COMMAND) & EDU_DMA_RUN))
        return STATUS_PENDING;

    EduFlushPiece(edu, irp);
    transfer->Done += transfer->PieceLength;
    if (irp->Cancel && transfer->Verdict == STATUS_SUCCESS)
        transfer->Verdict = STATUS_CANCELLED;
    if (transfer->Verdict == STATUS_SUCCESS && transfer->Done < EduTransferLength(irp)) {
        EduStartPiece(edu, irp);
        return STATUS_PENDING;
    }

    EduFreeMapRegisters(edu);
    *information = transfer->Verdict == STATUS_SUCCESS ? transfer->Done : 0;
    return transfer->Verdict;
}

/* Called with map registers, either by AllocateAdapterChannel at once or later, when some have become free. */
static IO_ALLOCATION_ACTION EduGotMapRegisters(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID MapRegisterBase,
                                               PVOID Context)
{
    PEDU_DEVICE edu = Context;
    PIRP irp;
    BOOLEAN gone;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);

    KeAcquireSpinLockAtDpcLevel(&edu->Lock);
    irp = edu->Current;
    gone = edu->Gone;
    if (gone) {
        EduForget(edu);
    } else {
        edu->Phase = EduOnDevice;
        edu->Transfer.MapRegisterBase = MapRegisterBase;
        edu->Transfer.Done = 0;
        edu->Transfer.Verdict = STATUS_SUCCESS;
        EduStartPiece(edu, irp);
    }
    KeReleaseSpinLockFromDpcLevel(&edu->Lock);

    if (gone)
        EduFinish(edu, irp, STATUS_DEVICE_DOES_NOT_EXIST, 0);
    return gone ? DeallocateObject : DeallocateObjectKeepRegisters;
}

VOID EduBeginTransfer(PEDU_DEVICE edu, PIRP irp)
{
    NTSTATUS status;

    KeAcquireSpinLockAtDpcLevel(&edu->Lock);
    status = EduAdmit(edu, irp);
    if (status == STATUS_SUCCESS) {
        BOOLEAN cancelled = IoSetCancelRoutine(irp, NULL) == NULL;
        edu->Phase = cancelled ? EduParked : EduAwaitsMapping;
        status = cancelled ? STATUS_PENDING : STATUS_SUCCESS;
    }
    KeReleaseSpinLockFromDpcLevel(&edu->Lock);

    if (status == STATUS_SUCCESS) {
        KeFlushIoBuffers(irp->MdlAddress, !EduIsWrite(irp), TRUE);
        /* Without Lock: EduGotMapRegisters takes it. */
        status = edu->DmaAdapter->DmaOperations->AllocateAdapterChannel(edu->DmaAdapter, edu->Self, EDU_MAP_REGISTERS,
                                                                        EduGotMapRegisters, edu);
        if (NT_SUCCESS(status))
            return;
        KeAcquireSpinLockAtDpcLevel(&edu->Lock);
        EduForget(edu);
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);
    }
    if (status != STATUS_PENDING)
        EduFinish(edu, irp, status, 0);
}
