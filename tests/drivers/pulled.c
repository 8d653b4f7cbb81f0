/*
 * Looks at its device's registers when it lets go of them, by loads and stores of its own and through a mapping that it
 * makes then, and prints what it saw: all ones if the device was pulled out.
 */

#include "edu_device.h"

#define EDU_ID 0x00
#define EDU_LIVENESS 0x04
#define EDU_DMA_SOURCE 0x80

static BOOLEAN PulledInterrupt(PEDU_DEVICE edu)
{
    return EduAcknowledge(edu);
}

static NTSTATUS PulledControl(PEDU_DEVICE edu, PIRP irp, ULONG number)
{
    return STATUS_SUCCESS;
}

static VOID PulledStop(PEDU_DEVICE edu)
{
    PUCHAR late;
    ULONG live;

    if (edu->Registers == NULL)
        return; /* stopped before */
    late = MmMapIoSpace(edu->RegistersAddress, PAGE_SIZE, MmNonCached);
    EduWrite(edu, EDU_LIVENESS, 0x12345678);
    live = EduRead(edu, EDU_LIVENESS);
    DbgPrint("id %x, live %x, 64 bits %I64x, late %x", EduRead(edu, EDU_ID), live,
        *(volatile ULONG64 *)(edu->Registers + EDU_DMA_SOURCE), READ_REGISTER_ULONG((PULONG)(late + EDU_ID)));
    MmUnmapIoSpace(late, PAGE_SIZE);
}

EDU_HOOKS EduHooks = {
    PulledInterrupt, NULL, PulledControl, RTL_CONSTANT_STRING(L"\\Device\\HilPulled"),
    RTL_CONSTANT_STRING(L"\\DosDevices\\HilPulled"), PulledStop, NULL
};
