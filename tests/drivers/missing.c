/* Imports a routine of the cache manager, which is out of Hil's scope, and calls it when TEST_IOCTL(1) says so. */

#include "legacy.h"

NTKERNELAPI VOID NTAPI CcFlushCache(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset,
                                    ULONG Length, PIO_STATUS_BLOCK IoStatus);

static NTSTATUS MissingControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    if (number == 1)
        CcFlushCache(NULL, NULL, 0, NULL);
    return STATUS_SUCCESS;
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilMissing"), 0, MissingControl, NULL };
