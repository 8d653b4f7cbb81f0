/* Self-checking: strings, memory, numbers and formats of the run-time library. */

#include <ntifs.h>
#include "check.h"
#include <stdarg.h>
#include <string.h>

int __cdecl _snprintf(char *buffer, size_t count, const char *format, ...);
int __cdecl _vsnprintf(char *buffer, size_t count, const char *format, va_list arguments);
int __cdecl _snwprintf(WCHAR *buffer, size_t count, const WCHAR *format, ...);
int __cdecl sprintf(char *buffer, const char *format, ...);

/* The compiler must call the export, not compute the result. */
#define OPAQUE(Value) ({ __typeof__(Value) volatile opaque_ = (Value); opaque_; })

/* ---- Strings with a length ---- */

static ULONG InitUnicodeStringCountsBytes(PDEVICE_OBJECT device)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, L"abc");
    CHECK(string.Length == 6 && string.MaximumLength == 8);
    RtlInitUnicodeString(&string, NULL);
    CHECK(string.Length == 0 && string.MaximumLength == 0 && string.Buffer == NULL);
    return 0;
}

static ULONG InitAnsiStringCountsBytes(PDEVICE_OBJECT device)
{
    ANSI_STRING string;

    RtlInitAnsiString(&string, "abc");
    CHECK(string.Length == 3 && string.MaximumLength == 4);
    RtlInitString(&string, "");
    CHECK(string.Length == 0 && string.MaximumLength == 1);
    return 0;
}

static ULONG CopyAndAppendStopAtMaximumLength(PDEVICE_OBJECT device)
{
    WCHAR buffer[6];
    UNICODE_STRING target = { 0, sizeof(buffer), buffer };
    UNICODE_STRING source = RTL_CONSTANT_STRING(L"abcd");

    RtlCopyUnicodeString(&target, &source);
    CHECK(target.Length == 8 && RtlEqualUnicodeString(&target, &source, FALSE));
    CHECK(RtlAppendUnicodeStringToString(&target, &source) == STATUS_BUFFER_TOO_SMALL);
    CHECK(target.Length == 8);
    CHECK(RtlAppendUnicodeToString(&target, L"ef") == STATUS_SUCCESS);
    CHECK(target.Length == 12 && RtlCompareMemory(buffer, L"abcdef", 12) == 12);
    CHECK(RtlAppendUnicodeToString(&target, L"g") == STATUS_BUFFER_TOO_SMALL);
    target.MaximumLength = 4;
    RtlCopyUnicodeString(&target, &source);
    CHECK(target.Length == 4); /* cut off */
    return 0;
}

static ULONG CompareUnicodeStrings(PDEVICE_OBJECT device)
{
    UNICODE_STRING lower = RTL_CONSTANT_STRING(L"device");
    UNICODE_STRING upper = RTL_CONSTANT_STRING(L"DEVICE");
    UNICODE_STRING longer = RTL_CONSTANT_STRING(L"device0");

    CHECK(!RtlEqualUnicodeString(&lower, &upper, FALSE));
    CHECK(RtlEqualUnicodeString(&lower, &upper, TRUE));
    CHECK(RtlCompareUnicodeString(&lower, &upper, TRUE) == 0);
    CHECK(RtlCompareUnicodeString(&lower, &upper, FALSE) > 0);
    CHECK(RtlCompareUnicodeString(&lower, &longer, FALSE) < 0);
    return 0;
}

static ULONG AnsiAndUnicodeConvert(PDEVICE_OBJECT device)
{
    ANSI_STRING ansi = RTL_CONSTANT_STRING("COM1");
    ANSI_STRING back;
    UNICODE_STRING wide;

    CHECK(RtlAnsiStringToUnicodeSize(&ansi) == 10);
    CHECK(RtlAnsiStringToUnicodeString(&wide, &ansi, TRUE) == STATUS_SUCCESS);
    CHECK(wide.Length == 8 && RtlCompareMemory(wide.Buffer, L"COM1", 8) == 8);
    CHECK(RtlUnicodeStringToAnsiString(&back, &wide, TRUE) == STATUS_SUCCESS);
    CHECK(back.Length == 4 && RtlCompareMemory(back.Buffer, "COM1", 4) == 4);
    RtlFreeUnicodeString(&wide);
    CHECK(wide.Buffer == NULL && wide.Length == 0);
    RtlFreeAnsiString(&back);
    return 0;
}

static ULONG ConversionIntoTooSmallABufferFails(PDEVICE_OBJECT device)
{
    ANSI_STRING ansi = RTL_CONSTANT_STRING("COM1");
    WCHAR buffer[4];
    UNICODE_STRING wide = { 0, sizeof(buffer), buffer };

    CHECK(RtlAnsiStringToUnicodeString(&wide, &ansi, FALSE) == STATUS_BUFFER_OVERFLOW);
    return 0;
}

static ULONG StringsAreDuplicated(PDEVICE_OBJECT device)
{
    UNICODE_STRING source = RTL_CONSTANT_STRING(L"name"), empty = { 0, 0, NULL }, odd = { 3, 4, source.Buffer };
    UNICODE_STRING copy;

    CHECK(RtlDuplicateUnicodeString(0, &source, &copy) == STATUS_SUCCESS);
    CHECK(copy.Length == 8 && copy.MaximumLength == 8 && copy.Buffer != source.Buffer);
    CHECK(RtlEqualUnicodeString(&copy, &source, FALSE));
    RtlFreeUnicodeString(&copy);
    CHECK(RtlDuplicateUnicodeString(1, &source, &copy) == STATUS_SUCCESS);
    CHECK(copy.Length == 8 && copy.MaximumLength == 10 && copy.Buffer[4] == 0);
    RtlFreeUnicodeString(&copy);
    CHECK(RtlDuplicateUnicodeString(1, &empty, &copy) == STATUS_SUCCESS && copy.Buffer == NULL);
    CHECK(RtlDuplicateUnicodeString(3, &empty, &copy) == STATUS_SUCCESS);
    CHECK(copy.Length == 0 && copy.MaximumLength == 2 && copy.Buffer[0] == 0);
    RtlFreeUnicodeString(&copy);
    CHECK(RtlDuplicateUnicodeString(2, &source, &copy) == STATUS_INVALID_PARAMETER);
    CHECK(RtlDuplicateUnicodeString(0, &odd, &copy) == STATUS_INVALID_PARAMETER);
    return 0;
}

static ULONG OemAndUnicodeConvert(PDEVICE_OBJECT device)
{
    OEM_STRING oem = RTL_CONSTANT_STRING("\x81" "ber\xe0"), back; /* u with two dots, alpha */
    UNICODE_STRING wide, strange = RTL_CONSTANT_STRING(L"a\x4e2d"), lower = RTL_CONSTANT_STRING(L"\xfc-a\xe0");
    CHAR small[4], bytes[8];
    WCHAR character = 0xfc;
    ULONG count;

    CHECK(RtlIsValidOemCharacter(&character) && character == 0xdc);
    character = 0x4e2d;
    CHECK(!RtlIsValidOemCharacter(&character) && character == 0x4e2d);
    CHECK(RtlxOemStringToUnicodeSize(&oem) == 12);
    CHECK(RtlOemStringToUnicodeString(&wide, &oem, TRUE) == STATUS_SUCCESS);
    CHECK(wide.Length == 10 && wide.MaximumLength == 12 && memcmp(wide.Buffer, L"\xfc" L"ber\x3b1", 12) == 0);
    CHECK(RtlxUnicodeStringToOemSize(&wide) == 6);
    CHECK(RtlUnicodeStringToOemString(&back, &wide, TRUE) == STATUS_SUCCESS);
    CHECK(back.Length == 5 && back.MaximumLength == 6 && memcmp(back.Buffer, oem.Buffer, 6) == 0);
    RtlFreeOemString(&back);
    CHECK(back.Buffer == NULL);
    back.Buffer = small;
    back.MaximumLength = 5;
    CHECK(RtlUnicodeStringToOemString(&back, &wide, FALSE) == STATUS_BUFFER_OVERFLOW);
    RtlFreeUnicodeString(&wide);

    CHECK(RtlOemStringToCountedUnicodeString(&wide, &oem, TRUE) == STATUS_SUCCESS);
    CHECK(wide.Length == 10 && wide.MaximumLength == 10);
    CHECK(RtlUnicodeStringToCountedOemString(&back, &wide, TRUE) == STATUS_SUCCESS);
    CHECK(back.Length == 5 && back.MaximumLength == 5);
    RtlFreeOemString(&back);
    RtlFreeUnicodeString(&wide);

    CHECK(RtlUpcaseUnicodeStringToOemString(&back, &lower, TRUE) == STATUS_SUCCESS);
    CHECK(memcmp(back.Buffer, "\x9a-A\x85", 5) == 0); /* no A with a grave accent in the code page */
    RtlFreeOemString(&back);
    CHECK(RtlUpcaseUnicodeStringToOemString(&back, &strange, TRUE) == STATUS_UNMAPPABLE_CHARACTER);
    CHECK(RtlUpcaseUnicodeStringToCountedOemString(&back, &strange, TRUE) == STATUS_UNMAPPABLE_CHARACTER);
    CHECK(RtlUnicodeStringToOemString(&back, &strange, TRUE) == STATUS_SUCCESS && back.Buffer[1] == '?');
    RtlFreeOemString(&back);

    CHECK(RtlUnicodeToOemN(bytes, 1, &count, strange.Buffer, 4) == STATUS_BUFFER_OVERFLOW && count == 1);
    CHECK(RtlUpcaseUnicodeToOemN(bytes, 8, &count, strange.Buffer, 4) == STATUS_SUCCESS && count == 2);
    CHECK(bytes[0] == 'A' && bytes[1] == '?');
    CHECK(RtlOemToUnicodeN((PWCH)bytes, 8, &count, bytes, 2) == STATUS_SUCCESS && count == 4); /* in place */
    CHECK(memcmp(bytes, L"A?", 4) == 0);
    CHECK(!NlsMbOemCodePageTag);
    CHECK(RtlUpcaseUnicodeToMultiByteN(bytes, 8, &count, lower.Buffer, lower.Length) == STATUS_SUCCESS);
    CHECK(count == 4 && memcmp(bytes, "\xdc-A\xc0", 4) == 0);
    return 0;
}

static ULONG NumbersBecomeText(PDEVICE_OBJECT device)
{
    WCHAR buffer[40];
    UNICODE_STRING text = { 0, sizeof(buffer), buffer };
    ULONG value = 0;

    CHECK(NT_SUCCESS(RtlIntegerToUnicodeString(255, 10, &text)));
    CHECK(text.Length == 6 && RtlCompareMemory(buffer, L"255", 6) == 6);
    CHECK(NT_SUCCESS(RtlIntegerToUnicodeString(255, 16, &text)));
    CHECK(text.Length == 4 && RtlCompareMemory(buffer, L"FF", 4) == 4);
    CHECK(NT_SUCCESS(RtlUnicodeStringToInteger(&text, 16, &value)));
    CHECK(value == 255);
    CHECK(RtlIntegerToUnicodeString(1, 7, &text) == STATUS_INVALID_PARAMETER);
    return 0;
}

static ULONG GuidsBecomeText(PDEVICE_OBJECT device)
{
    static const GUID guid = { 0x7d3f0a52, 0x91c4, 0x4b1e, { 0xa6, 0x0d, 0x35, 0xe8, 0x52, 0x4c, 0x17, 0x9b } };
    static const WCHAR expected[] = L"{7D3F0A52-91C4-4B1E-A60D-35E8524C179B}";
    UNICODE_STRING text;
    GUID back;

    CHECK(NT_SUCCESS(RtlStringFromGUID(&guid, &text)));
    CHECK(text.Length == sizeof(expected) - sizeof(WCHAR));
    CHECK(_wcsnicmp(text.Buffer, expected, RTL_NUMBER_OF(expected) - 1) == 0);
    CHECK(NT_SUCCESS(RtlGUIDFromString(&text, &back)));
    CHECK(RtlCompareMemory(&guid, &back, sizeof(guid)) == sizeof(guid));
    RtlFreeUnicodeString(&text);
    return 0;
}

/* ---- Strings of C ---- */

static ULONG NarrowStringsOfC(PDEVICE_OBJECT device)
{
    char buffer[8];

    CHECK(strlen(OPAQUE((const char *)"hello")) == 5);
    CHECK(strcmp(OPAQUE((const char *)"a"), "b") < 0 && strcmp(OPAQUE((const char *)"a"), "a") == 0);
    CHECK(strncmp(OPAQUE((const char *)"abc"), "abd", 2) == 0);
    CHECK(_stricmp("AbC", "aBc") == 0 && _stricmp("a", "b") < 0);
    strncpy(buffer, OPAQUE((const char *)"hi"), OPAQUE(sizeof(buffer)));
    CHECK(buffer[0] == 'h' && buffer[2] == 0 && buffer[7] == 0);
    return 0;
}

static ULONG WideStringsOfC(PDEVICE_OBJECT device)
{
    WCHAR buffer[8];

    CHECK(wcslen(OPAQUE((const WCHAR *)L"hello")) == 5);
    CHECK(wcscmp(L"a", L"b") < 0 && wcscmp(L"a", L"a") == 0);
    CHECK(_wcsnicmp(L"ABx", L"aby", 2) == 0);
    CHECK(wcsstr(L"PCI\\VEN_1234", L"VEN_") != NULL && wcsstr(L"PCI", L"USB") == NULL);
    CHECK(wcschr(L"a,b", L',') != NULL);
    CHECK(wcscmp(wcscpy(buffer, L"abc"), L"abc") == 0);
    wcsncpy(buffer, L"xy", RTL_NUMBER_OF(buffer));
    CHECK(buffer[1] == L'y' && buffer[2] == 0 && buffer[7] == 0);
    return 0;
}

/* ---- Memory ---- */

static ULONG MemoryIsMovedComparedAndFilled(PDEVICE_OBJECT device)
{
    UCHAR bytes[64];
    SIZE_T count = OPAQUE((SIZE_T)32);
    ULONG i;

    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (UCHAR)i;
    memmove(bytes + 8, bytes, count); /* overlapping, upwards */
    CHECK(bytes[8] == 0 && bytes[39] == 31 && bytes[40] == 40);
    memmove(bytes, bytes + 8, count); /* and downwards */
    CHECK(bytes[0] == 0 && bytes[31] == 31);
    CHECK(memcmp(bytes, bytes + 8, count) < 0);
    RtlFillMemory(bytes, count, 0xa5);
    CHECK(bytes[0] == 0xa5 && bytes[31] == 0xa5 && bytes[32] != 0xa5);
    RtlZeroMemory(bytes, count);
    CHECK(bytes[31] == 0);
    bytes[20] = 1;
    CHECK(RtlCompareMemory(bytes, bytes + 32, 0) == 0);
    RtlCopyMemory(bytes + 32, bytes, count);
    CHECK(RtlCompareMemory(bytes, bytes + 32, count) == count);
    bytes[52] = 2;
    CHECK(RtlCompareMemory(bytes, bytes + 32, count) == 20);
    return 0;
}

static ULONG BitmapsFindRuns(PDEVICE_OBJECT device)
{
    ULONG bits[4];
    RTL_BITMAP map;

    RtlInitializeBitMap(&map, bits, 100);
    RtlClearAllBits(&map);
    CHECK(RtlNumberOfSetBits(&map) == 0);
    RtlSetBits(&map, 3, 5);
    CHECK(RtlNumberOfSetBits(&map) == 5);
    CHECK(RtlCheckBit(&map, 3) && RtlCheckBit(&map, 7) && !RtlCheckBit(&map, 8));
    CHECK(RtlFindClearBits(&map, 4, 0) == 8);
    CHECK(RtlFindClearBitsAndSet(&map, 3, 0) == 0);
    CHECK(RtlFindSetBits(&map, 8, 0) == 0);
    CHECK(RtlFindClearBits(&map, 101, 0) == 0xffffffff);
    CHECK(RtlAreBitsSet(&map, 0, 8) && !RtlAreBitsSet(&map, 0, 9));
    CHECK(RtlAreBitsClear(&map, 8, 92));
    RtlClearBits(&map, 0, 8);
    RtlSetAllBits(&map);
    CHECK(RtlNumberOfSetBits(&map) == 100);
    return 0;
}

static ULONG BitmapsTellTheirRuns(PDEVICE_OBJECT device)
{
    ULONG bits[2] = { 0xffff0fe3, 0xffffffff }; /* clear: 2 to 4, 12 to 15 */
    RTL_BITMAP map;
    RTL_BITMAP_RUN runs[4];
    ULONG start;

    RtlInitializeBitMap(&map, bits, 64);
    CHECK(RtlFindClearRuns(&map, runs, RTL_NUMBER_OF(runs), TRUE) == 2);
    CHECK(runs[0].StartingIndex == 12 && runs[0].NumberOfBits == 4 && runs[1].StartingIndex == 2);
    CHECK(RtlFindFirstRunClear(&map, &start) == 3 && start == 2);
    CHECK(RtlFindLongestRunClear(&map, &start) == 4 && start == 12);
    CHECK(RtlFindNextForwardRunClear(&map, 5, &start) == 4 && start == 12);
    CHECK(RtlFindLastBackwardRunClear(&map, 11, &start) == 3 && start == 2);
    CHECK(RtlFindMostSignificantBit(0x100) == 8 && RtlFindLeastSignificantBit(0) == -1);
    return 0;
}

/* ---- Tables ---- */

typedef struct NUMBERED {
    RTL_DYNAMIC_HASH_TABLE_ENTRY Link;
    ULONG Number;
} NUMBERED;

static ULONG HashTableHoldsTheDriversElements(PDEVICE_OBJECT device)
{
    static NUMBERED numbers[200];
    RTL_DYNAMIC_HASH_TABLE *table = NULL;
    RTL_DYNAMIC_HASH_TABLE_ENUMERATOR place;
    RTL_DYNAMIC_HASH_TABLE_ENTRY *entry;
    ULONG i, sum = 0;

    CHECK(RtlCreateHashTable(&table, 0, 0));
    for (i = 0; i < RTL_NUMBER_OF(numbers); i++) {
        numbers[i].Number = i;
        CHECK(RtlInsertEntryHashTable(table, &numbers[i].Link, 1000 + i, NULL));
        CHECK(RtlExpandHashTable(table));
    }
    CHECK(RtlTotalEntriesHashTable(table) == 200 && RtlTotalBucketsHashTable(table) == 328);
    entry = RtlLookupEntryHashTable(table, 1042, NULL);
    CHECK(entry != NULL && CONTAINING_RECORD(entry, NUMBERED, Link)->Number == 42);
    CHECK(RtlInitEnumerationHashTable(table, &place));
    while ((entry = RtlEnumerateEntryHashTable(table, &place)) != NULL) {
        sum += CONTAINING_RECORD(entry, NUMBERED, Link)->Number;
        CHECK(RtlRemoveEntryHashTable(table, entry, NULL));
    }
    RtlEndEnumerationHashTable(table, &place);
    CHECK(sum == 199 * 200 / 2 && RtlTotalEntriesHashTable(table) == 0);
    RtlDeleteHashTable(table);
    return 0;
}

static ULONG NTAPI MakeOnce(PRTL_RUN_ONCE once, PVOID parameter, PVOID *context)
{
    ++*(PULONG)parameter;
    *context = (PVOID)0x1000;
    return TRUE;
}

/* At the end a repetition of itself, as far on as distances begin to have five bits. */
static const UCHAR Packed[] = {
    0x15, 0xb0,
    0x00, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',
    0x00, 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p',
    0x02, 'q', 0x11, 0x80, /* 17 back, 20 bytes */
};

static ULONG BuffersAreCompressed(PDEVICE_OBJECT device)
{
    static UCHAR text[10000], packed[12000], unpacked[10000], part[100];
    ULONG room = 0, fragmentRoom = 0, size = 0, again, i;
    PVOID work;

    CHECK(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_LZNT1, &room, &fragmentRoom) == STATUS_SUCCESS);
    CHECK(room != 0 && fragmentRoom != 0);
    CHECK(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_DEFAULT, &room, &again) == STATUS_INVALID_PARAMETER);
    CHECK(RtlGetCompressionWorkSpaceSize(9, &room, &again) == STATUS_UNSUPPORTED_COMPRESSION);
    CHECK(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_LZNT1 | COMPRESSION_ENGINE_HIBER, &room, &again)
        == STATUS_NOT_SUPPORTED);
    work = ExAllocatePoolWithTag(PagedPool, max(room, fragmentRoom), 'krow');
    CHECK(work != NULL);
    for (i = 0; i < sizeof text; i++)
        text[i] = (UCHAR)(i < 5000 ? "repeat "[i % 7] + i / 1000 : i * i >> 5);
    CHECK(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, text, sizeof text, packed, sizeof packed, 4096, &size, work)
        == STATUS_SUCCESS);
    CHECK(size > 100 && size < sizeof text);
    CHECK(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, unpacked, sizeof unpacked, packed, size, &again)
        == STATUS_SUCCESS);
    CHECK(again == sizeof text && RtlCompareMemory(text, unpacked, again) == again);
    CHECK(RtlDecompressFragment(COMPRESSION_FORMAT_LZNT1, part, sizeof part, packed, size, 4050, &again, work)
        == STATUS_SUCCESS);
    CHECK(again == sizeof part && RtlCompareMemory(part, text + 4050, sizeof part) == sizeof part);
    CHECK(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, unpacked, 10, packed, size, &again) == STATUS_SUCCESS);
    CHECK(again == 10);
    CHECK(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, unpacked, sizeof unpacked, packed, size / 2, &again)
        == STATUS_BAD_COMPRESSION_BUFFER);
    CHECK(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1 | COMPRESSION_ENGINE_MAXIMUM, text, sizeof text, packed,
        sizeof packed, 4096, &again, work) == STATUS_SUCCESS && again <= size);
    CHECK(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, text, sizeof text, packed, 50, 4096, &size, work)
        == STATUS_BUFFER_TOO_SMALL);
    RtlZeroMemory(text, sizeof text);
    CHECK(RtlCompressBuffer(COMPRESSION_FORMAT_LZNT1, text, sizeof text, packed, sizeof packed, 4096, &size, work)
        == STATUS_BUFFER_ALL_ZEROS && size < 30);
    ExFreePool(work);
    return 0;
}

static ULONG CompressedDataHasItsForm(PDEVICE_OBJECT device)
{
    UCHAR text[64];
    ULONG size = 0;

    CHECK(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, text, sizeof text, (PUCHAR)Packed, sizeof Packed, &size)
        == STATUS_SUCCESS);
    CHECK(size == 37 && RtlCompareMemory(text, "abcdefghijklmnopqabcdefghijklmnopqabc", size) == size);
    return 0;
}

static ULONG RunOnceCallsTheDriverOnce(PDEVICE_OBJECT device)
{
    RTL_RUN_ONCE once = RTL_RUN_ONCE_INIT;
    PVOID context = NULL;
    ULONG calls = 0;

    CHECK(RtlRunOnceExecuteOnce(&once, MakeOnce, &calls, &context) == STATUS_SUCCESS && calls == 1);
    context = NULL;
    CHECK(RtlRunOnceExecuteOnce(&once, MakeOnce, &calls, &context) == STATUS_SUCCESS && calls == 1);
    CHECK(context == (PVOID)0x1000);
    return 0;
}

static ULONG DescriptorsAndMasksAreEncoded(PDEVICE_OBJECT device)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = { 0 };
    GENERIC_MAPPING mapping = { 1, 2, 4, 8 };
    ACCESS_MASK mask = GENERIC_READ | GENERIC_EXECUTE | 0x10;
    ULONGLONG start, length;

    CHECK(RtlCmEncodeMemIoResource(&descriptor, CmResourceTypeMemory, 0x200000000, 0x800000000) == STATUS_SUCCESS);
    CHECK(descriptor.Type == CmResourceTypeMemoryLarge && descriptor.u.Memory40.Length40 == 0x2000000);
    CHECK(RtlCmDecodeMemIoResource(&descriptor, &start) == 0x200000000 && start == 0x800000000);
    CHECK(RtlFindClosestEncodableLength(0x100000001, &length) == STATUS_SUCCESS && length == 0x100000100);
    RtlMapGenericMask(&mask, &mapping);
    CHECK(mask == 0x15);
    return 0;
}

#undef RtlGetCallersAddress
VOID NTAPI RtlGetCallersAddress(PVOID *callersAddress, PVOID *callersCaller);

static __attribute__((noinline)) ULONG TellCallers(PVOID *frame, PVOID *caller)
{
    PVOID callersCaller;
    ULONG frames = RtlWalkFrameChain(frame, 1, 0);

    RtlGetCallersAddress(caller, &callersCaller);
    return frames;
}

static ULONG CallersAreTold(PDEVICE_OBJECT device)
{
    PVOID frame = NULL;
    PVOID caller = NULL;

    CHECK(TellCallers(&frame, &caller) == 1);
    CHECK((ULONG_PTR)frame - (ULONG_PTR)TellCallers < 0x100);
    CHECK((ULONG_PTR)caller - (ULONG_PTR)CallersAreTold < 0x100);
    return 0;
}

/* ---- Resources ---- */

/* Type 10 (data), number 7, English: four bytes. */
__asm__(".section .rsrc,\"dr\"\n"
        "hil_rsrc: .long 0, 0, 0, 0x10000, 10, 0x80000018\n"
        ".long 0, 0, 0, 0x10000, 7, 0x80000030\n"
        ".long 0, 0, 0, 0x10000, 0x409, 0x48\n"
        ".rva hil_rsrc_data\n"
        ".long 4, 0, 0\n"
        "hil_rsrc_data: .ascii \"HIL!\"\n"
        ".text\n");

typedef struct FOUND_RESOURCE {
    ULONG OffsetToData, Size, CodePage, Reserved;
} FOUND_RESOURCE;

NTSTATUS NTAPI LdrFindResource_U(PVOID image, const ULONG_PTR *path, ULONG level, FOUND_RESOURCE **entry);
NTSTATUS NTAPI LdrAccessResource(PVOID image, FOUND_RESOURCE *entry, PVOID *resource, PULONG size);
extern UCHAR __ImageBase[];

static ULONG ImageHasItsResources(PDEVICE_OBJECT device)
{
    ULONG_PTR path[3] = { 10, 7, 0 };
    FOUND_RESOURCE *entry = NULL;
    PVOID resource = NULL;
    ULONG size = 0;

    CHECK(LdrFindResource_U(__ImageBase, path, 3, &entry) == STATUS_SUCCESS);
    CHECK(LdrAccessResource(__ImageBase, entry, &resource, &size) == STATUS_SUCCESS);
    CHECK(size == 4 && RtlCompareMemory(resource, "HIL!", 4) == 4);
    path[1] = 8;
    CHECK(LdrFindResource_U(__ImageBase, path, 3, &entry) == STATUS_RESOURCE_NAME_NOT_FOUND);
    return 0;
}

/* ---- Formats ---- */

static char Text[128];
static WCHAR WideText[128];

static BOOLEAN Formats(const char *expected, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnprintf(Text, sizeof(Text), format, arguments);
    va_end(arguments);
    if (length == (int)strlen(expected) && strcmp(Text, expected) == 0)
        return TRUE;
    DbgPrint("format '%s' gave '%s' (%d), expected '%s'\n", format, Text, length, expected);
    return FALSE;
}

static ULONG IntegerFormats(PDEVICE_OBJECT device)
{
    CHECK(Formats("-5 5 5", "%d %u %i", -5, 5u, 5));
    CHECK(Formats("ff FF 0xff 017", "%x %X %#x %#o", 255, 255, 255, 15));
    CHECK(Formats("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42));
    CHECK(Formats("[+42][ 42]", "[%+d][% d]", 42, 42));
    CHECK(Formats("[  042][042]", "[%5.3d][%.3d]", 42, 42));
    CHECK(Formats("123456789012345 ffffffffffffffff", "%I64d %I64x", 123456789012345LL, ~0ULL));
    CHECK(Formats("-1 18446744073709551615", "%lld %llu", -1LL, ~0ULL));
    CHECK(Formats("-7 65535", "%hd %hu", (short)-7, (unsigned short)65535));
    CHECK(Formats("  7", "%*d", 3, 7));
    CHECK(Formats("12345678", "%lx", 0x12345678ul));
    return 0;
}

static ULONG PointerAndCharacterFormats(PDEVICE_OBJECT device)
{
    CHECK(Formats("00000000DEADBEEF", "%p", (PVOID)0xdeadbeefULL));
    CHECK(Formats("FFFFF80000000000", "%p", (PVOID)0xfffff80000000000ULL));
    CHECK(Formats("x%y", "%c%%%c", 'x', 'y'));
    return 0;
}

static ULONG StringFormats(PDEVICE_OBJECT device)
{
    UNICODE_STRING wide = RTL_CONSTANT_STRING(L"wide");
    ANSI_STRING narrow = RTL_CONSTANT_STRING("narrow");

    CHECK(Formats("abc ab [  abc][abc  ]", "%s %.2s [%5s][%-5s]", "abc", "abc", "abc", "abc"));
    CHECK(Formats("xyz xyz", "%ws %S", L"xyz", L"xyz"));
    CHECK(Formats("wide narrow", "%wZ %Z", &wide, &narrow));
    CHECK(Formats("(null)", "%s", NULL));
    return 0;
}

static ULONG FormatThatDoesNotFitGivesMinusOne(PDEVICE_OBJECT device)
{
    char small[4] = { 1, 1, 1, 1 };

    CHECK(_snprintf(small, 3, "%d", 12345) == -1);
    CHECK(small[0] == '1' && small[2] == '3' && small[3] == 1);
    CHECK(_snprintf(small, 3, "%d", 123) == 3); /* and no terminator */
    CHECK(small[3] == 1);
    CHECK(sprintf(Text, "%s", "a") == 1 && Text[1] == 0);
    return 0;
}

static ULONG WideFormats(PDEVICE_OBJECT device)
{
    CHECK(_snwprintf(WideText, RTL_NUMBER_OF(WideText), L"%s-%d-%S", L"abc", 7, "def") == 9);
    CHECK(wcscmp(WideText, L"abc-7-def") == 0);
    CHECK(_snwprintf(WideText, 3, L"%d", 12345) == -1);
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(InitUnicodeStringCountsBytes),
    CHECK_CASE_OF(InitAnsiStringCountsBytes),
    CHECK_CASE_OF(CopyAndAppendStopAtMaximumLength),
    CHECK_CASE_OF(CompareUnicodeStrings),
    CHECK_CASE_OF(AnsiAndUnicodeConvert),
    CHECK_CASE_OF(ConversionIntoTooSmallABufferFails),
    CHECK_CASE_OF(StringsAreDuplicated),
    CHECK_CASE_OF(OemAndUnicodeConvert),
    CHECK_CASE_OF(NumbersBecomeText),
    CHECK_CASE_OF(GuidsBecomeText),
    CHECK_CASE_OF(NarrowStringsOfC),
    CHECK_CASE_OF(WideStringsOfC),
    CHECK_CASE_OF(MemoryIsMovedComparedAndFilled),
    CHECK_CASE_OF(BitmapsFindRuns),
    CHECK_CASE_OF(BitmapsTellTheirRuns),
    CHECK_CASE_OF(HashTableHoldsTheDriversElements),
    CHECK_CASE_OF(BuffersAreCompressed),
    CHECK_CASE_OF(CompressedDataHasItsForm),
    CHECK_CASE_OF(RunOnceCallsTheDriverOnce),
    CHECK_CASE_OF(DescriptorsAndMasksAreEncoded),
    CHECK_CASE_OF(CallersAreTold),
    CHECK_CASE_OF(ImageHasItsResources),
    CHECK_CASE_OF(IntegerFormats),
    CHECK_CASE_OF(PointerAndCharacterFormats),
    CHECK_CASE_OF(StringFormats),
    CHECK_CASE_OF(FormatThatDoesNotFitGivesMinusOne),
    CHECK_CASE_OF(WideFormats),
};

static NTSTATUS RtlControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilRtl"), 0, RtlControl, NULL };
