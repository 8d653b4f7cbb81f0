namespace Hil.Samples.Edu;

/// <content>Reads and writes, by edu's DMA engine in pieces of at most 4095 bytes, straight from and to the caller's
/// pages.</content>
public sealed unsafe partial class EduDriver
{
    private const uint MapRegisters = 2; // a piece of at most 4095 bytes lies in two pages at most

    // Parameters.Write has the same layout.
    private static uint TransferLength(IRP* irp) => IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;

    private static bool IsWrite(IRP* irp) => IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_WRITE;

    private static void* PieceAddress(EduDevice* edu, IRP* irp) =>
        (byte*)MmGetMdlVirtualAddress(irp->MdlAddress) + edu->Transfer.Done;

    private void BeginTransfer(EduDevice* edu, IRP* irp)
    {
        KeAcquireSpinLockAtDpcLevel(&edu->Lock);
        NTSTATUS status = AdmitLocked(edu, irp);
        if (status == STATUS_SUCCESS)
        {
            bool isCancelled = IoSetCancelRoutine(irp, default).IsNull;
            edu->Phase = isCancelled ? EduPhase.Parked : EduPhase.AwaitsMapping;
            status = isCancelled ? STATUS_PENDING : STATUS_SUCCESS;
        }
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);

        if (status == STATUS_SUCCESS)
            status = AllocateMapRegisters(edu);
        if (status != STATUS_PENDING)
            Finish(edu, irp, status, 0);
    }

    // STATUS_PENDING: GotMapRegisters has been called, or will be. Without Lock, which that takes.
    private NTSTATUS AllocateMapRegisters(EduDevice* edu)
    {
        NTSTATUS status = IoAllocateAdapterChannel(edu->DmaAdapter, edu->Self, MapRegisters, _gotMapRegisters, edu);
        if (NT_SUCCESS(status))
            return STATUS_PENDING;
        KeAcquireSpinLockAtDpcLevel(&edu->Lock);
        ForgetLocked(edu);
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);
        return status;
    }

    private static IO_ALLOCATION_ACTION GotMapRegisters(
        DEVICE_OBJECT* deviceObject, IRP* unused, void* mapRegisterBase, void* context)
    {
        var edu = (EduDevice*)context;
        KeAcquireSpinLockAtDpcLevel(&edu->Lock);
        IRP* irp = edu->Current;
        bool isGone = edu->IsGone;
        if (isGone)
        {
            ForgetLocked(edu);
        }
        else
        {
            edu->Phase = EduPhase.OnDevice;
            edu->Transfer = new EduTransfer { MapRegisterBase = mapRegisterBase, Verdict = STATUS_SUCCESS };
            StartPieceLocked(edu, irp);
        }
        KeReleaseSpinLockFromDpcLevel(&edu->Lock);

        if (isGone)
            Finish(edu, irp, STATUS_DEVICE_DOES_NOT_EXIST, 0);
        return isGone ? IO_ALLOCATION_ACTION.DeallocateObject : IO_ALLOCATION_ACTION.DeallocateObjectKeepRegisters;
    }

    // Has the engine transfer the next piece: what fits between the file offset and the end of edu's buffer.
    private static void StartPieceLocked(EduDevice* edu, IRP* irp)
    {
        EduTransfer* transfer = &edu->Transfer;
        uint offset = (uint)IoGetCurrentIrpStackLocation(irp)->Parameters.Read.ByteOffset.QuadPart + transfer->Done;
        uint place = offset % EduRegisters.BufferLength;
        bool isWrite = IsWrite(irp);
        transfer->PieceLength = Math.Min(TransferLength(irp) - transfer->Done, EduRegisters.BufferLength - place);
        PHYSICAL_ADDRESS address = IoMapTransfer( // shortens the piece to what is contiguous for the device
            edu->DmaAdapter, irp->MdlAddress, transfer->MapRegisterBase, PieceAddress(edu, irp), &transfer->PieceLength,
            isWrite);
        var memory = (uint)address.QuadPart;

        ExpectInterruptLocked(edu);
        Write(edu, EduRegisters.DmaSource, isWrite ? memory : EduRegisters.BufferAddress + place);
        Write(edu, EduRegisters.DmaDestination, isWrite ? EduRegisters.BufferAddress + place : memory);
        Write(edu, EduRegisters.DmaCount, transfer->PieceLength);
        Write(edu, EduRegisters.DmaCommand,
            EduRegisters.DmaRun | EduRegisters.DmaInterruptWhenDone | (isWrite ? 0 : EduRegisters.DmaToMemory));
    }

    // Looks whether the engine is done with the piece, and starts the next one unless that was the last.
    private static NTSTATUS TransferProgressLocked(EduDevice* edu, IRP* irp, ref nuint information)
    {
        ref EduTransfer transfer = ref edu->Transfer;
        if ((Volatile.Read(ref edu->Seen) & EduRegisters.DmaInterrupt) == 0
            || (Read(edu, EduRegisters.DmaCommand) & EduRegisters.DmaRun) != 0)
            return STATUS_PENDING;

        FlushPiece(edu, irp);
        transfer.Done += transfer.PieceLength;
        if (irp->Cancel && transfer.Verdict == STATUS_SUCCESS)
            transfer.Verdict = STATUS_CANCELLED;
        if (transfer.Verdict == STATUS_SUCCESS && transfer.Done < TransferLength(irp))
        {
            StartPieceLocked(edu, irp);
            return STATUS_PENDING;
        }

        IoFreeMapRegisters(edu->DmaAdapter, transfer.MapRegisterBase, MapRegisters);
        information = transfer.Verdict == STATUS_SUCCESS ? transfer.Done : 0;
        return transfer.Verdict;
    }

    // Gives up a piece that the engine is known to be done with, though it has not said so.
    private static void AbandonTransferLocked(EduDevice* edu, IRP* irp)
    {
        FlushPiece(edu, irp);
        IoFreeMapRegisters(edu->DmaAdapter, edu->Transfer.MapRegisterBase, MapRegisters);
    }

    private static void FlushPiece(EduDevice* edu, IRP* irp) =>
        IoFlushAdapterBuffers(edu->DmaAdapter, irp->MdlAddress, edu->Transfer.MapRegisterBase,
            PieceAddress(edu, irp), edu->Transfer.PieceLength, IsWrite(irp));
}
