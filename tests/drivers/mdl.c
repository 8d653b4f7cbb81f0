/* Self-checking: MDLs, their mappings and physical pages, and pool alignment. */

#include "check.h"

#define LENGTH (3 * PAGE_SIZE + 100)

static ULONG SizesAndOffsetsAreComputed(PDEVICE_OBJECT device)
{
    PUCHAR memory = ExAllocatePoolWithTag(NonPagedPool, LENGTH + 16, ' ldM');
    PMDL mdl;

    CHECK(memory != NULL);
    CHECK(((ULONG_PTR)memory & (PAGE_SIZE - 1)) == 0); /* a page or more is page aligned */
    mdl = IoAllocateMdl(memory + 16, LENGTH, FALSE, FALSE, NULL);
    CHECK(mdl != NULL);
    CHECK(MmGetMdlByteCount(mdl) == LENGTH);
    CHECK(MmGetMdlByteOffset(mdl) == 16);
    CHECK(MmGetMdlVirtualAddress(mdl) == memory + 16);
    CHECK(mdl->Next == NULL);
    CHECK((ULONG)mdl->Size >= sizeof(MDL) + 4 * sizeof(PFN_NUMBER));
    IoFreeMdl(mdl);
    ExFreePoolWithTag(memory, ' ldM');
    return 0;
}

static ULONG NonPagedMdlIsItsOwnMapping(PDEVICE_OBJECT device)
{
    PUCHAR memory = ExAllocatePoolWithTag(NonPagedPool, LENGTH, ' ldM');
    PMDL mdl = IoAllocateMdl(memory, LENGTH, FALSE, FALSE, NULL);
    PPFN_NUMBER pages;
    ULONG i;

    CHECK(memory != NULL && mdl != NULL);
    MmBuildMdlForNonPagedPool(mdl);
    CHECK(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
    CHECK(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == memory);
    pages = MmGetMdlPfnArray(mdl);
    for (i = 0; i < ADDRESS_AND_SIZE_TO_SPAN_PAGES(memory, LENGTH); i++)
        CHECK(pages[i] == (PFN_NUMBER)(MmGetPhysicalAddress(memory + i * PAGE_SIZE).QuadPart >> PAGE_SHIFT));
    IoFreeMdl(mdl);
    ExFreePoolWithTag(memory, ' ldM');
    return 0;
}

static ULONG LockedPagesMapToTheSameBytes(PDEVICE_OBJECT device)
{
    PUCHAR memory = ExAllocatePoolWithTag(PagedPool, LENGTH, ' ldM');
    PMDL mdl = IoAllocateMdl(memory, LENGTH, FALSE, FALSE, NULL);
    PUCHAR mapped;
    ULONG i;

    CHECK(memory != NULL && mdl != NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
    CHECK(mdl->MdlFlags & MDL_PAGES_LOCKED);
    mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    CHECK(mapped != NULL);
    CHECK(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    CHECK(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == mapped);
    for (i = 0; i < LENGTH; i++)
        mapped[i] = (UCHAR)(i * 7);
    for (i = 0; i < LENGTH; i++)
        CHECK(memory[i] == (UCHAR)(i * 7));
    MmUnlockPages(mdl);
    CHECK(!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA)));
    IoFreeMdl(mdl);
    ExFreePoolWithTag(memory, ' ldM');
    return 0;
}

static ULONG PartialMdlCoversPart(PDEVICE_OBJECT device)
{
    PUCHAR memory = ExAllocatePoolWithTag(NonPagedPool, LENGTH, ' ldM');
    PMDL whole = IoAllocateMdl(memory, LENGTH, FALSE, FALSE, NULL);
    PMDL part = IoAllocateMdl(memory + PAGE_SIZE + 10, 200, FALSE, FALSE, NULL);

    CHECK(memory != NULL && whole != NULL && part != NULL);
    MmBuildMdlForNonPagedPool(whole);
    IoBuildPartialMdl(whole, part, memory + PAGE_SIZE + 10, 200);
    CHECK(part->MdlFlags & MDL_PARTIAL);
    CHECK(MmGetMdlByteCount(part) == 200);
    CHECK(MmGetMdlPfnArray(part)[0] == MmGetMdlPfnArray(whole)[1]);
    CHECK(MmGetSystemAddressForMdlSafe(part, NormalPagePriority) == memory + PAGE_SIZE + 10);
    IoFreeMdl(part);
    IoFreeMdl(whole);
    ExFreePoolWithTag(memory, ' ldM');
    return 0;
}

static ULONG PagesForMdlAreZeroedAndBelowTheLimit(PDEVICE_OBJECT device)
{
    PHYSICAL_ADDRESS low = { .QuadPart = 0 };
    PHYSICAL_ADDRESS high = { .QuadPart = 0x0fffffff };
    PHYSICAL_ADDRESS skip = { .QuadPart = 0 };
    PMDL mdl = MmAllocatePagesForMdl(low, high, skip, 4 * PAGE_SIZE);
    PULONG mapped;
    ULONG i;

    CHECK(mdl != NULL);
    CHECK(MmGetMdlByteCount(mdl) == 4 * PAGE_SIZE);
    for (i = 0; i < 4; i++)
        CHECK(MmGetMdlPfnArray(mdl)[i] <= (0x0fffffff >> PAGE_SHIFT));
    mapped = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    CHECK(mapped != NULL);
    for (i = 0; i < 4 * PAGE_SIZE / sizeof(ULONG); i++)
        CHECK(mapped[i] == 0);
    MmUnmapLockedPages(mapped, mdl);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
    return 0;
}

static ULONG ContiguousMemoryIsContiguous(PDEVICE_OBJECT device)
{
    PHYSICAL_ADDRESS highest = { .QuadPart = 0x0fffffff };
    PUCHAR memory = MmAllocateContiguousMemory(LENGTH, highest);
    PHYSICAL_ADDRESS first = MmGetPhysicalAddress(memory);
    ULONG i;

    CHECK(memory != NULL);
    CHECK(first.QuadPart + LENGTH <= highest.QuadPart + 1);
    for (i = 0; i < LENGTH; i += 1000)
        CHECK(MmGetPhysicalAddress(memory + i).QuadPart == first.QuadPart + i);
    MmFreeContiguousMemory(memory);
    return 0;
}

static ULONG IoAllocateMdlHangsIntoIrp(PDEVICE_OBJECT device)
{
    PUCHAR memory = ExAllocatePoolWithTag(NonPagedPool, LENGTH, ' ldM');
    PIRP irp = IoAllocateIrp(1, FALSE);
    PMDL first, second;

    CHECK(memory != NULL && irp != NULL);
    first = IoAllocateMdl(memory, 100, FALSE, FALSE, irp);
    CHECK(irp->MdlAddress == first);
    second = IoAllocateMdl(memory, 200, TRUE, FALSE, irp);
    CHECK(irp->MdlAddress == first && first->Next == second);
    IoFreeMdl(second);
    IoFreeMdl(first);
    IoFreeIrp(irp);
    ExFreePoolWithTag(memory, ' ldM');
    return 0;
}

static ULONG SmallPoolIsAlignedTo16(PDEVICE_OBJECT device)
{
    PVOID blocks[64];
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(blocks); i++) {
        blocks[i] = ExAllocatePoolWithTag(NonPagedPool, i + 1, ' ldM');
        CHECK(blocks[i] != NULL);
        CHECK(((ULONG_PTR)blocks[i] & 15) == 0);
        RtlFillMemory(blocks[i], i + 1, i);
    }
    for (i = 0; i < RTL_NUMBER_OF(blocks); i++) {
        CHECK(((PUCHAR)blocks[i])[0] == (UCHAR)i);
        CHECK(((PUCHAR)blocks[i])[i] == (UCHAR)i);
        ExFreePoolWithTag(blocks[i], ' ldM');
    }
    return 0;
}

NTSYSAPI NTSTATUS NTAPI KeInitializeCrashDumpHeader(ULONG type, ULONG flags, PVOID buffer, ULONG size, PULONG needed);

#define HEADER 0x2000

static ULONG TheHeaderOfADumpDescribesMemory(PDEVICE_OBJECT device)
{
    PPHYSICAL_MEMORY_RANGE ranges = MmGetPhysicalMemoryRanges();
    PUCHAR header = ExAllocatePoolWithTag(NonPagedPool, HEADER, ' ldM');
    LARGE_INTEGER now;
    ULONG needed = 0;
    ULONG64 root;

    CHECK(ranges != NULL && header != NULL && ranges[1].NumberOfBytes.QuadPart == 0);
    CHECK(KeInitializeCrashDumpHeader(2, 0, header, HEADER, &needed) == STATUS_INVALID_PARAMETER_1 && needed == HEADER);
    CHECK(KeInitializeCrashDumpHeader(1, 1, header, HEADER, NULL) == STATUS_INVALID_PARAMETER_2);
    CHECK(KeInitializeCrashDumpHeader(1, 0, NULL, 0, &needed) == STATUS_INVALID_PARAMETER_4);
    CHECK(KeInitializeCrashDumpHeader(1, 0, header, HEADER, NULL) == STATUS_SUCCESS);

    __asm__("movq %%cr3, %0" : "=r"(root));
    KeQuerySystemTime(&now);
    CHECK(RtlCompareMemory(header, "PAGEDU64", 8) == 8 && *(PULONG64)(header + 0x10) == root);
    CHECK(*(PULONG)(header + 0x30) == 0x8664 && *(PULONG)(header + 0x34) == 1 && *(PULONG)(header + 0x38) == 0);
    CHECK(*(PULONG)(header + 0x88) == 1 && *(PULONG)(header + 0xf98) == 1);
    CHECK(*(PULONG64)(header + 0x98) == (ULONG64)ranges[0].BaseAddress.QuadPart >> PAGE_SHIFT);
    CHECK(*(PULONG64)(header + 0xa0) == (ULONG64)ranges[0].NumberOfBytes.QuadPart >> PAGE_SHIFT);
    CHECK(*(PULONG64)(header + 0xfa0) == HEADER + (ULONG64)ranges[0].NumberOfBytes.QuadPart);
    /* The inline KeQuerySystemTime may be half a millisecond behind. */
    CHECK((ULONG64)(now.QuadPart + 600000000 - *(PLONG64)(header + 0xfa8)) < 1200000000);
    ExFreePool(ranges);
    ExFreePoolWithTag(header, ' ldM');
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(SizesAndOffsetsAreComputed),
    CHECK_CASE_OF(NonPagedMdlIsItsOwnMapping),
    CHECK_CASE_OF(LockedPagesMapToTheSameBytes),
    CHECK_CASE_OF(PartialMdlCoversPart),
    CHECK_CASE_OF(PagesForMdlAreZeroedAndBelowTheLimit),
    CHECK_CASE_OF(ContiguousMemoryIsContiguous),
    CHECK_CASE_OF(IoAllocateMdlHangsIntoIrp),
    CHECK_CASE_OF(SmallPoolIsAlignedTo16),
    CHECK_CASE_OF(TheHeaderOfADumpDescribesMemory),
};

static NTSTATUS MdlControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilMdl"), 0, MdlControl, NULL };
