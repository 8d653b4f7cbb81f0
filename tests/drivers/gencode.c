/*
 * Self-checking: a driver that writes machine code into executable pool and runs it there. The code reads the time stamp
 * counter, where nobody has looked for such instructions.
 */

#include "check.h"

typedef ULONG64 TIME_STAMP(VOID);
typedef PVOID ALLOCATE_POOL2(ULONG64 flags, SIZE_T bytes, ULONG tag); /* newer than the library */

/* rdtsc; shl rdx, 32; or rax, rdx; ret */
static const UCHAR ReadTimeStamp[] = { 0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, 0xc3 };

static ULONG GeneratedCodeReadsTheTimeStamp(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"ExAllocatePool2");
    ALLOCATE_POOL2 *allocate = (ALLOCATE_POOL2 *)MmGetSystemRoutineAddress(&name);
    ULONG64 first, second;
    PVOID code;

    CHECK(allocate != NULL);
    code = allocate(POOL_FLAG_NON_PAGED_EXECUTE, PAGE_SIZE, 'edoC');
    CHECK(code != NULL);
    RtlCopyMemory(code, ReadTimeStamp, sizeof(ReadTimeStamp));
    first = ((TIME_STAMP *)code)();
    second = ((TIME_STAMP *)code)();
    ExFreePoolWithTag(code, 'edoC');
    CHECK(second >= first);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(GeneratedCodeReadsTheTimeStamp),
};

static NTSTATUS GenCodeControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilGenCode"), 0, GenCodeControl, NULL };
