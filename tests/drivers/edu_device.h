/*
 * The least PnP function driver for QEMU's edu, or another device with registers in one BAR, that a test can hang its
 * hooks into: it maps the registers, connects the line interrupt with IoConnectInterrupt and offers \Device\<Name>. It
 * has no remove locks and no queues: not an example to copy, see samples/drivers/edu for one.
 */

#ifndef EDU_DEVICE_H
#define EDU_DEVICE_H

#include "legacy.h"

#define EDU_REGISTERS_LENGTH 0x100000
#define EDU_INTERRUPT_STATUS 0x24
#define EDU_INTERRUPT_RAISE 0x60
#define EDU_INTERRUPT_ACKNOWLEDGE 0x64

typedef struct EDU_DEVICE {
    PDEVICE_OBJECT Self;
    PDEVICE_OBJECT Lower;
    PDEVICE_OBJECT Physical;
    PUCHAR Registers;
    PHYSICAL_ADDRESS RegistersAddress;
    ULONG RegistersLength;
    PKINTERRUPT Interrupt;
    KIRQL InterruptIrql;
    PCM_RESOURCE_LIST Raw;        /* valid during the Start hook only */
    PCM_RESOURCE_LIST Translated; /* likewise */
} EDU_DEVICE, *PEDU_DEVICE;

typedef struct EDU_HOOKS {
    BOOLEAN (*Interrupt)(PEDU_DEVICE edu); /* at DIRQL; its result is the service routine's */
    NTSTATUS (*Start)(PEDU_DEVICE edu);    /* after the hardware is set up; may be NULL */
    NTSTATUS (*Control)(PEDU_DEVICE edu, PIRP irp, ULONG number); /* as LEGACY_CONTROL */
    UNICODE_STRING Device;
    UNICODE_STRING Link;
    VOID (*Stop)(PEDU_DEVICE edu); /* before the hardware is let go; may be NULL */
    NTSTATUS (*Power)(PEDU_DEVICE edu, PIRP irp); /* in place of passing power IRPs down; may be NULL */
} EDU_HOOKS;

/* The driver's source file defines this one. */
extern EDU_HOOKS EduHooks;

static inline ULONG EduRead(PEDU_DEVICE edu, ULONG offset)
{
    return READ_REGISTER_ULONG((PULONG)(edu->Registers + offset));
}

static inline VOID EduWrite(PEDU_DEVICE edu, ULONG offset, ULONG value)
{
    WRITE_REGISTER_ULONG((PULONG)(edu->Registers + offset), value);
}

/* For a bus master that reaches 32 bits; NULL if there is none. At PASSIVE_LEVEL. */
static inline PDMA_ADAPTER EduGetDmaAdapter(PEDU_DEVICE edu, ULONG length)
{
    DEVICE_DESCRIPTION description;
    ULONG mapRegisters;

    RtlZeroMemory(&description, sizeof(description));
    description.Version = DEVICE_DESCRIPTION_VERSION;
    description.Master = TRUE;
    description.ScatterGather = TRUE;
    description.Dma32BitAddresses = TRUE;
    description.InterfaceType = PCIBus;
    description.MaximumLength = length;
    return IoGetDmaAdapter(edu->Physical, &description, &mapRegisters);
}

/* What a service routine does that behaves. */
static inline BOOLEAN EduAcknowledge(PEDU_DEVICE edu)
{
    ULONG status = EduRead(edu, EDU_INTERRUPT_STATUS);

    if (status == 0)
        return FALSE;
    EduWrite(edu, EDU_INTERRUPT_ACKNOWLEDGE, status);
    return TRUE;
}

#endif
