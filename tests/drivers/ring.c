/*
 * Self-checking: a driver for QEMU's e1000 that talks to its device through descriptor rings, as nearly all drivers do. The
 * device learns of the rings by registers, and of everything else by addresses that the driver leaves in memory. What it
 * sends comes back, since the PHY is in loopback.
 *
 * RING_MOVED is the same driver, written in another way: its buffers are allocated in another order, in other sizes, and
 * handed out in another order. See Intel, PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual,
 * chapters 3 (descriptors) and 13 (registers).
 */

#include "edu_device.h"
#include "check.h"

#define NIC_CONTROL 0x0
#define NIC_CONTROL_SET_LINK_UP 0x40
#define NIC_CONTROL_RESET 0x4000000
#define NIC_MDI 0x20
#define NIC_MDI_WRITE_CONTROL 0x4200000 /* PHY 1, register 0 */
#define NIC_MDI_READY 0x10000000
#define NIC_INTERRUPT_CAUSE 0xC0
#define NIC_INTERRUPT_SET 0xD0
#define NIC_INTERRUPT_CLEAR 0xD8
#define NIC_RECEIVED 0x80
#define NIC_RECEIVE_CONTROL 0x100
#define NIC_RECEIVE_ALL 0x400801A /* on, promiscuous, broadcast too, without checksum */
#define NIC_TRANSMIT_CONTROL 0x400
#define NIC_TRANSMIT_ON 0xA /* pads short frames */
#define NIC_RECEIVE_RING 0x2800
#define NIC_TRANSMIT_RING 0x3800
#define NIC_RING_LENGTH 0x8
#define NIC_RING_HEAD 0x10
#define NIC_RING_TAIL 0x18
#define PHY_LOOPBACK 0x4000

#define RING_ENTRIES 8
#define RING_LENGTH (RING_ENTRIES * sizeof(NIC_DESCRIPTOR))
#define FRAME_MAX 2048
#define HEADER_LENGTH 14
#define SPARE_COUNT 3
#define BUFFER_COUNT (RING_ENTRIES + SPARE_COUNT)

#define COMMAND_END 1
#define COMMAND_REPORT 8
#define STATUS_DONE 1

typedef struct NIC_DESCRIPTOR {
    ULONG64 Address;
    USHORT Length;
    UCHAR Offset; /* received: the checksum, with Command */
    UCHAR Command;
    UCHAR Status;
    UCHAR Errors;
    USHORT Special;
} NIC_DESCRIPTOR;

typedef struct BUFFER {
    PUCHAR Bytes;
    PHYSICAL_ADDRESS Address;
    ULONG Length; /* of the common buffer that begins here, or 0 */
} BUFFER;

static PEDU_DEVICE Nic;
static PDMA_ADAPTER Adapter;
static BUFFER Transmit, Receive, Header, Buffers[BUFFER_COUNT];
static ULONG BufferOf[RING_ENTRIES]; /* which buffer stands in which receive descriptor */
static ULONG Spare[SPARE_COUNT];
static ULONG SpareNext, TransmitTail, ReceiveNext;
static KEVENT Received;

static NIC_DESCRIPTOR *Descriptor(BUFFER *ring, ULONG index)
{
    return (NIC_DESCRIPTOR *)ring->Bytes + index;
}

static BOOLEAN Allocate(BUFFER *buffer, ULONG length)
{
    buffer->Length = length;
    buffer->Bytes = Adapter->DmaOperations->AllocateCommonBuffer(Adapter, length, &buffer->Address, TRUE);
    if (buffer->Bytes != NULL)
        RtlZeroMemory(buffer->Bytes, length);
    return buffer->Bytes != NULL;
}

static void Cut(BUFFER *part, const BUFFER *whole, ULONG offset)
{
    part->Bytes = whole->Bytes + offset;
    part->Address.QuadPart = whole->Address.QuadPart + offset;
    part->Length = 0;
}

static BOOLEAN AllocateAll(void)
{
    ULONG i;

#ifdef RING_MOVED
    /* One buffer a frame, last first; then both rings and the headers in one. */
    for (i = BUFFER_COUNT; i-- > 0;) {
        if (!Allocate(&Buffers[i], FRAME_MAX * (i % 3 + 1)))
            return FALSE;
    }
    if (!Allocate(&Header, 4 * PAGE_SIZE))
        return FALSE;
    Cut(&Receive, &Header, PAGE_SIZE);
    Cut(&Transmit, &Header, 3 * PAGE_SIZE);
#else
    if (!Allocate(&Transmit, PAGE_SIZE) || !Allocate(&Receive, PAGE_SIZE) || !Allocate(&Header, PAGE_SIZE)
        || !Allocate(&Buffers[0], BUFFER_COUNT * FRAME_MAX))
        return FALSE;
    for (i = 1; i < BUFFER_COUNT; i++)
        Cut(&Buffers[i], &Buffers[0], i * FRAME_MAX);
#endif
    return TRUE;
}

static void Free(BUFFER *buffer)
{
    if (buffer->Length != 0)
        Adapter->DmaOperations->FreeCommonBuffer(Adapter, buffer->Length, buffer->Address, buffer->Bytes, TRUE);
    RtlZeroMemory(buffer, sizeof(*buffer));
}

static void Post(ULONG entry, ULONG buffer)
{
    NIC_DESCRIPTOR *descriptor = Descriptor(&Receive, entry);

    RtlZeroMemory(descriptor, sizeof(*descriptor));
    descriptor->Address = Buffers[buffer].Address.QuadPart;
    BufferOf[entry] = buffer;
}

static void TellRing(ULONG registers, const BUFFER *ring)
{
    EduWrite(Nic, registers, ring->Address.LowPart);
    EduWrite(Nic, registers + 4, ring->Address.HighPart);
    EduWrite(Nic, registers + NIC_RING_LENGTH, RING_LENGTH);
    EduWrite(Nic, registers + NIC_RING_HEAD, 0);
    EduWrite(Nic, registers + NIC_RING_TAIL, 0);
}

static void SetUp(void)
{
    ULONG i;

    EduWrite(Nic, NIC_CONTROL, NIC_CONTROL_RESET);
    EduWrite(Nic, NIC_INTERRUPT_CLEAR, ~0u);
    EduWrite(Nic, NIC_CONTROL, NIC_CONTROL_SET_LINK_UP);
    EduWrite(Nic, NIC_MDI, NIC_MDI_WRITE_CONTROL | PHY_LOOPBACK);
    while (!(EduRead(Nic, NIC_MDI) & NIC_MDI_READY))
        ;
    TransmitTail = ReceiveNext = SpareNext = 0;
    for (i = 0; i < RING_ENTRIES; i++)
#ifdef RING_MOVED
        Post(i, BUFFER_COUNT - 1 - i);
#else
        Post(i, i);
#endif
    for (i = 0; i < SPARE_COUNT; i++)
#ifdef RING_MOVED
        Spare[i] = i;
#else
        Spare[i] = RING_ENTRIES + i;
#endif
    TellRing(NIC_RECEIVE_RING, &Receive);
    TellRing(NIC_TRANSMIT_RING, &Transmit);
    EduWrite(Nic, NIC_RECEIVE_RING + NIC_RING_TAIL, RING_ENTRIES - 1);
    EduWrite(Nic, NIC_RECEIVE_CONTROL, NIC_RECEIVE_ALL);
    EduWrite(Nic, NIC_TRANSMIT_CONTROL, NIC_TRANSMIT_ON);
}

static NIC_DESCRIPTOR *Append(ULONG64 address, USHORT length, UCHAR command)
{
    NIC_DESCRIPTOR *descriptor = Descriptor(&Transmit, TransmitTail);

    RtlZeroMemory(descriptor, sizeof(*descriptor));
    descriptor->Address = address;
    descriptor->Length = length;
    descriptor->Command = command;
    TransmitTail = (TransmitTail + 1) % RING_ENTRIES;
    return descriptor;
}

static UCHAR Pattern(ULONG frame, ULONG i)
{
    return (UCHAR)(frame * 37 + i * 11 + 1);
}

/* A header from the common buffer, the rest from pool that only this frame uses. */
static ULONG Send(ULONG frame, ULONG length)
{
    PUCHAR payload = ExAllocatePoolWithTag(NonPagedPool, FRAME_MAX, 'gniR');
    volatile NIC_DESCRIPTOR *last;
    ULONG i;

    CHECK(payload != NULL);
    for (i = 0; i < HEADER_LENGTH; i++)
        Header.Bytes[i] = Pattern(frame, i);
    for (i = HEADER_LENGTH; i < length; i++)
        payload[i - HEADER_LENGTH] = Pattern(frame, i);
    Append(Header.Address.QuadPart, HEADER_LENGTH, 0);
    last = Append(MmGetPhysicalAddress(payload).QuadPart, (USHORT)(length - HEADER_LENGTH), COMMAND_END | COMMAND_REPORT);
    EduWrite(Nic, NIC_TRANSMIT_RING + NIC_RING_TAIL, TransmitTail);
    while (!(last->Status & STATUS_DONE))
        ;
    ExFreePool(payload);
    return 0;
}

/* The frame's buffer goes to the end of the spares, and the next spare takes its place. */
static ULONG Take(ULONG frame, ULONG length)
{
    NIC_DESCRIPTOR *descriptor = Descriptor(&Receive, ReceiveNext);
    ULONG buffer = BufferOf[ReceiveNext];
    ULONG i;

    CHECK(descriptor->Length == length);
    for (i = 0; i < length; i++)
        CHECK(Buffers[buffer].Bytes[i] == Pattern(frame, i));
    Post(ReceiveNext, Spare[SpareNext]);
    Spare[SpareNext] = buffer;
    SpareNext = (SpareNext + 1) % SPARE_COUNT;
    EduWrite(Nic, NIC_RECEIVE_RING + NIC_RING_TAIL, ReceiveNext);
    ReceiveNext = (ReceiveNext + 1) % RING_ENTRIES;
    return 0;
}

/* QEMU's device drops what it receives in the first second after it was told to receive. */
static ULONG SendUntilOneComesBack(void)
{
    LARGE_INTEGER interval;
    ULONG line, tries;

    interval.QuadPart = -2000000; /* 200 ms */
    for (tries = 0; tries < 100; tries++) {
        line = Send(0, 60);
        if (line != 0)
            return line;
        if (Descriptor(&Receive, ReceiveNext)->Status & STATUS_DONE)
            return Take(0, 60);
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
    }
    return __LINE__;
}

static ULONG FramesComeBackToAPollingDriver(PDEVICE_OBJECT device)
{
    ULONG frame, line;

    for (frame = 0; frame < 3 * RING_ENTRIES; frame++) {
        ULONG length = 60 + frame * 29;
        line = Send(frame, length);
        if (line != 0)
            return line;
        while (!(((volatile NIC_DESCRIPTOR *)Descriptor(&Receive, ReceiveNext))->Status & STATUS_DONE))
            ;
        line = Take(frame, length);
        if (line != 0)
            return line;
    }
    return 0;
}

static ULONG FramesComeBackWithAnInterrupt(PDEVICE_OBJECT device)
{
    ULONG frame, line;

    EduWrite(Nic, NIC_INTERRUPT_SET, NIC_RECEIVED);
    for (frame = 100; frame < 100 + RING_ENTRIES; frame++) {
        line = Send(frame, 1500);
        if (line != 0)
            return line;
        KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL);
        line = Take(frame, 1500);
        if (line != 0)
            return line;
    }
    EduWrite(Nic, NIC_INTERRUPT_CLEAR, NIC_RECEIVED);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(FramesComeBackToAPollingDriver),
    CHECK_CASE_OF(FramesComeBackWithAnInterrupt),
};

static KDPC ReceivedDpc;
static KDEFERRED_ROUTINE RingReceived;

static VOID RingReceived(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
}

static BOOLEAN RingInterrupt(PEDU_DEVICE edu)
{
    ULONG cause = EduRead(edu, NIC_INTERRUPT_CAUSE); /* which clears it */

    if (cause & NIC_RECEIVED)
        KeInsertQueueDpc(&ReceivedDpc, NULL, NULL);
    return cause != 0;
}

static NTSTATUS RingStart(PEDU_DEVICE edu)
{
    Nic = edu;
    KeInitializeEvent(&Received, SynchronizationEvent, FALSE);
    KeInitializeDpc(&ReceivedDpc, RingReceived, NULL);
    Adapter = EduGetDmaAdapter(edu, FRAME_MAX);
    if (Adapter == NULL || !AllocateAll())
        return STATUS_INSUFFICIENT_RESOURCES;
    SetUp();
    return SendUntilOneComesBack() == 0 ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY;
}

static VOID RingStop(PEDU_DEVICE edu)
{
    ULONG i;

    if (Adapter == NULL)
        return;
    EduWrite(edu, NIC_CONTROL, NIC_CONTROL_RESET);
    Free(&Transmit);
    Free(&Receive);
    Free(&Header);
    for (i = 0; i < BUFFER_COUNT; i++)
        Free(&Buffers[i]);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    Adapter = NULL;
}

static NTSTATUS RingControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), edu->Self, irp, number);
}

EDU_HOOKS EduHooks = { RingInterrupt, RingStart, RingControl, LEGACY_NAMES(L"HilRing"), RingStop, NULL };
