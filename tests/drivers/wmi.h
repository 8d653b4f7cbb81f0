/*
 * Self-checking drivers that provide WMI data and are its only consumers: how their tests run and hear of events. For
 * one source file of a driver.
 */

#ifndef WMI_H
#define WMI_H

#include <ntifs.h>
#include <wmistr.h>
#include "check.h"

#define WMI_CLASS(Number) { 0x48494c00 + (Number), 1, 1, { 1, 2, 3, 4, 5, 6, 7, 8 } }
#define METHOD_ADD 7

static PUCHAR Room;     /* for all answers: a page, while tests run */
static ULONG Enabled;   /* how often events were enabled, less how often disabled */
static KEVENT Told;     /* of an event */
static ULONG ToldValue; /* the number in it, or 0 without one, and 1 more for PASSIVE_LEVEL */

static VOID NTAPI WmiTell(PVOID wnode, PVOID context)
{
    PWNODE_SINGLE_INSTANCE node = wnode;
    ULONG value = node->SizeDataBlock == 0 ? 0 : *(PULONG)((PUCHAR)node + node->DataBlockOffset);

    ToldValue = value + (KeGetCurrentIrql() == PASSIVE_LEVEL);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

/* Listens to an event's class until the object is dereferenced. */
static inline NTSTATUS WmiListen(const GUID *guid, PVOID *block)
{
    NTSTATUS status = IoWMIOpenBlock((GUID *)guid, WMIGUID_NOTIFICATION | SYNCHRONIZE, block);

    KeInitializeEvent(&Told, SynchronizationEvent, FALSE);
    return status == STATUS_SUCCESS ? IoWMISetNotificationCallback(*block, WmiTell, &Told) : status;
}

static inline NTSTATUS WmiWait(VOID)
{
    LARGE_INTEGER timeout = { .QuadPart = -10000LL * 10000 };

    return KeWaitForSingleObject(&Told, Executive, KernelMode, FALSE, &timeout);
}

/* CheckRun with room for answers, the device registered. */
static inline NTSTATUS WmiRun(const CHECK_CASE *tests, ULONG count, PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    NTSTATUS status;

    Room = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, 'wHil');
    if (Room == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = IoWMIRegistrationControl(device, WMIREG_ACTION_REGISTER);
    if (NT_SUCCESS(status))
        status = CheckRun(tests, count, device, irp, number);
    IoWMIRegistrationControl(device, WMIREG_ACTION_DEREGISTER);
    ExFreePoolWithTag(Room, 'wHil');
    return status;
}

#endif
