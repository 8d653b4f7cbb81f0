/* Self-checking: what hil's headers have besides mingw-w64's. */

#include <ntifs.h>
#include <ntstrsafe.h>
#include "check.h"

DECLARE_GLOBAL_CONST_UNICODE_STRING(Global, L"global");

static ULONG SafeStringsAreCutOff(PDEVICE_OBJECT device)
{
    WCHAR buffer[8];
    UNICODE_STRING string = { 0, sizeof(buffer), buffer };
    UNICODE_STRING odd = { 1, sizeof(buffer), buffer };

    CHECK(RtlUnicodeStringCopyString(&string, L"abc") == STATUS_SUCCESS && string.Length == 6);
    CHECK(RtlUnicodeStringCat(&string, &string) == STATUS_SUCCESS && string.Length == 12);
    CHECK(RtlUnicodeStringCatString(&string, L"de") == STATUS_SUCCESS && string.Length == sizeof(buffer));
    CHECK(RtlCompareMemory(buffer, L"abcabcde", sizeof(buffer)) == sizeof(buffer));
    CHECK(RtlUnicodeStringCatString(&string, L"f") == STATUS_BUFFER_OVERFLOW && string.Length == sizeof(buffer));
    CHECK(RtlUnicodeStringPrintf(&string, L"%s-%d", L"n", 42) == STATUS_SUCCESS && string.Length == 8);
    CHECK(RtlCompareMemory(buffer, L"n-42", 8) == 8);
    CHECK(RtlUnicodeStringPrintf(&string, L"%d", 123456789) == STATUS_BUFFER_OVERFLOW);
    CHECK(string.Length == sizeof(buffer) && buffer[7] == L'8');
    CHECK(RtlUnicodeStringCopy(&string, &Global) == STATUS_SUCCESS && RtlEqualUnicodeString(&string, &Global, FALSE));
    CHECK(RtlUnicodeStringCopy(&string, &odd) == STATUS_INVALID_PARAMETER);
    CHECK(RtlUnicodeStringInit(&string, NULL) == STATUS_SUCCESS && string.MaximumLength == 0);
    CHECK(RtlUnicodeStringCopyString(&string, L"a") == STATUS_BUFFER_OVERFLOW && string.Length == 0);
    return 0;
}

static ULONG SharedVariablesAreReadAndWritten(PDEVICE_OBJECT device)
{
    volatile LONG number = -3;
    volatile LONG64 big = 0;
    volatile ULONG mask = 0;
    PVOID volatile pointer = NULL;
    EX_SPIN_LOCK lock = 0;
    KIRQL irql;

    CHECK(ReadAcquire(&number) == -3 && ReadNoFence(&number) == -3);
    WriteRelease64(&big, 1ll << 40);
    CHECK(ReadNoFence64(&big) == 1ll << 40);
    WriteULongRelease(&mask, 0x80000000);
    CHECK(ReadULongAcquire(&mask) == 0x80000000);
    WritePointerRelease(&pointer, device);
    CHECK(ReadPointerNoFence(&pointer) == device);
    CHECK(InterlockedIncrementNoFence(&number) == -2 && InterlockedCompareExchangeAcquire(&number, 5, -2) == -2);
    irql = ExAcquireSpinLockShared(&lock);
    CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL && ReadNoFence(&lock) != 0);
    ExReleaseSpinLockShared(&lock, irql);
    CHECK(ReadNoFence(&lock) == 0 && number == 5);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(SafeStringsAreCutOff),
    CHECK_CASE_OF(SharedVariablesAreReadAndWritten),
};

static NTSTATUS HeadersControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilHeaders"), 0, HeadersControl, NULL };
