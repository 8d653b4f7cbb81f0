/* What the files of the edu driver share: the registers, the device extension, and who calls whom. */

#ifndef EDU_H
#define EDU_H

#include <wdm.h>
#include "edu_ioctl.h"
#include "edu_wdk.h"

/* Registers in BAR 0. */
#define EDU_IDENTIFICATION 0x00
#define EDU_LIVENESS 0x04
#define EDU_FACTORIAL 0x08
#define EDU_STATUS 0x20
#define EDU_INTERRUPT_STATUS 0x24
#define EDU_INTERRUPT_RAISE 0x60
#define EDU_INTERRUPT_ACKNOWLEDGE 0x64
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_DESTINATION 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_REGISTERS_LENGTH 0x100

#define EDU_STATUS_COMPUTING 0x01
#define EDU_STATUS_INTERRUPT_WHEN_COMPUTED 0x80
#define EDU_INTERRUPT_FACTORIAL 0x001
#define EDU_INTERRUPT_DMA 0x100
#define EDU_DMA_RUN 0x1
#define EDU_DMA_TO_MEMORY 0x2
#define EDU_DMA_INTERRUPT_WHEN_DONE 0x4

#define EDU_BUFFER_ADDRESS 0x40000 /* of the DMA buffer, as the DMA engine sees it */
/* Of edu's 4096 bytes the last one stays unused: QEMU up to 9.0 ends itself on a transfer that touches it. */
#define EDU_BUFFER_LENGTH 4095
#define EDU_DMA_ADDRESS_BITS 28
#define EDU_MAP_REGISTERS 2 /* a piece of at most 4095 bytes lies in two pages at most */
#define EDU_ID_REVISION_1 0x010000ed
#define EDU_FACTORIAL_MAX 12 /* 13! does not fit into 32 bits */
#define EDU_DEFAULT_TIMEOUT_MS 5000

typedef enum EDU_PHASE {
    EduIdle,         /* Current is NULL */
    EduParked,       /* Current waits for EduResume, or for the cancel routine that has already been called */
    EduAwaitsMapping,/* Current waits for DMA map registers */
    EduOnDevice      /* the hardware works on Current */
} EDU_PHASE;

typedef struct EDU_TRANSFER {
    PVOID MapRegisterBase;
    ULONG Done;        /* bytes transferred by earlier pieces */
    ULONG PieceLength; /* bytes the engine is transferring */
    NTSTATUS Verdict;  /* STATUS_SUCCESS, or what ends the transfer after this piece */
} EDU_TRANSFER;

typedef struct EDU_DEVICE {
    PDEVICE_OBJECT Self;
    PDEVICE_OBJECT Lower;
    PDEVICE_OBJECT Physical;
    UNICODE_STRING InterfaceName;
    IO_REMOVE_LOCK RemoveLock;

    PUCHAR Registers;
    PDMA_ADAPTER DmaAdapter;
    PVOID Interrupt; /* what IoConnectInterruptEx gave: a message table or an interrupt object */
    ULONG InterruptVersion;
    ULONG Messages;
    BOOLEAN Started;

    KSPIN_LOCK Lock; /* guards everything below */
    PIRP Current;
    EDU_PHASE Phase;
    BOOLEAN Held; /* EduStartIo parks what it gets */
    BOOLEAN Gone; /* EduStartIo fails what it gets */
    KEVENT Idle;  /* set when Current goes while Held */
    volatile LONG Seen; /* interrupt status since Current was started; the ISR writes it without Lock, interlocked */
    EDU_TRANSFER Transfer;

    KTIMER Timer;
    KDPC TimerDpc;
    BOOLEAN TimerArmed;
    ULONG TimeoutMs;
    ULONG Sequence;      /* counts what the hardware was told to do */
    ULONG TimedSequence; /* Sequence when the timer was set */
} EDU_DEVICE, *PEDU_DEVICE;

FORCEINLINE ULONG EduRead(PEDU_DEVICE edu, ULONG offset)
{
    return READ_REGISTER_ULONG((PULONG)(edu->Registers + offset));
}

FORCEINLINE VOID EduWrite(PEDU_DEVICE edu, ULONG offset, ULONG value)
{
    WRITE_REGISTER_ULONG((PULONG)(edu->Registers + offset), value);
}

FORCEINLINE BOOLEAN EduIsTransfer(PIRP irp)
{
    return IoGetCurrentIrpStackLocation(irp)->MajorFunction != IRP_MJ_DEVICE_CONTROL;
}

FORCEINLINE ULONG EduTransferLength(PIRP irp)
{
    return IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length; /* Parameters.Write has the same layout */
}

FORCEINLINE PULONG EduUlongs(PIRP irp)
{
    return irp->AssociatedIrp.SystemBuffer;
}

FORCEINLINE NTSTATUS EduComplete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

FORCEINLINE NTSTATUS EduPassDown(PEDU_DEVICE edu, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(edu->Lower, irp);
}

/* request.c: the dispatch routines, and the way of a request into the device queue and out of it. */
DRIVER_DISPATCH EduCreateClose;
DRIVER_DISPATCH EduCleanup;
DRIVER_DISPATCH EduReadWrite;
DRIVER_DISPATCH EduDeviceControl;
NTSTATUS EduAdmit(PEDU_DEVICE edu, PIRP irp);
BOOLEAN EduTake(PEDU_DEVICE edu);
VOID EduForget(PEDU_DEVICE edu);
VOID EduFinish(PEDU_DEVICE edu, PIRP irp, NTSTATUS status, ULONG_PTR information);
VOID EduHold(PEDU_DEVICE edu);
VOID EduResume(PEDU_DEVICE edu);
VOID EduFailAll(PEDU_DEVICE edu);

/* device.c: StartIo, interrupt, DPC, timeout. */
DRIVER_STARTIO EduStartIo;
KSERVICE_ROUTINE EduLineInterrupt;
KMESSAGE_SERVICE_ROUTINE EduMessageInterrupt;
IO_DPC_ROUTINE EduDpc;
KDEFERRED_ROUTINE EduTimeout;
VOID EduExpectInterrupt(PEDU_DEVICE edu);

/* control.c: control requests. */
NTSTATUS EduCheckControl(PIRP irp);
VOID EduBeginControl(PEDU_DEVICE edu, PIRP irp);
NTSTATUS EduControlProgress(PEDU_DEVICE edu, PIRP irp, PULONG_PTR information);

/* transfer.c: reads and writes by DMA. */
VOID EduBeginTransfer(PEDU_DEVICE edu, PIRP irp);
NTSTATUS EduTransferProgress(PEDU_DEVICE edu, PIRP irp, PULONG_PTR information);
VOID EduAbandonTransfer(PEDU_DEVICE edu, PIRP irp);

/* pnp.c: the hardware resources and IRP_MJ_PNP. */
DRIVER_DISPATCH EduPnp;

#endif
