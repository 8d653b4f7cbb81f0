/* Self-checking: the C run-time that ntoskrnl.exe exports, with buffer sizes, callbacks and scanning. */

#include "check.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRUNCATE ((SIZE_T)-1)

typedef int COMPARE(const void *left, const void *right);

int sprintf_s(char *buffer, SIZE_T size, const char *format, ...);
int _snwprintf_s(WCHAR *buffer, SIZE_T size, SIZE_T count, const WCHAR *format, ...);
int sscanf_s(const char *text, const char *format, ...);
int swscanf_s(const WCHAR *text, const WCHAR *format, ...);
int atoi(const char *text);
ULONG wcstoul(const WCHAR *text, WCHAR **end, int radix);
void qsort(void *array, SIZE_T count, SIZE_T width, COMPARE *compare);
void *bsearch(const void *key, const void *array, SIZE_T count, SIZE_T width, COMPARE *compare);
WCHAR towupper(WCHAR character);
SIZE_T mbstowcs(WCHAR *wide, const char *narrow, SIZE_T count);

static BOOLEAN Same(const char *left, const char *right)
{
    while (*left != 0 && *left == *right)
        left++, right++;
    return *left == *right;
}

static BOOLEAN SameWide(const WCHAR *left, const WCHAR *right)
{
    while (*left != 0 && *left == *right)
        left++, right++;
    return *left == *right;
}

static ULONG BoundedCopiesTellWhatIsWrong(PDEVICE_OBJECT device)
{
    char narrow[6];
    WCHAR wide[6];

    CHECK(strcpy_s(narrow, sizeof(narrow), "hello") == 0 && Same(narrow, "hello"));
    CHECK(strcat_s(narrow, sizeof(narrow), "!") == ERANGE && narrow[0] == 0);
    CHECK(strncpy_s(narrow, sizeof(narrow), "too long", TRUNCATE) == STRUNCATE && Same(narrow, "too l"));
    CHECK(strcpy_s(NULL, 1, "x") == EINVAL);
    CHECK(wcscpy_s(wide, RTL_NUMBER_OF(wide), L"ab") == 0);
    CHECK(wcsncat_s(wide, RTL_NUMBER_OF(wide), L"cdef", 3) == 0 && SameWide(wide, L"abcde"));
    CHECK(memcpy_s(narrow, 2, "abc", 3) == ERANGE && narrow[0] == 0 && narrow[1] == 0 && narrow[2] == 'o');
    return 0;
}

static ULONG StringsAreTakenApart(PDEVICE_OBJECT device)
{
    char text[] = "one,two;;three";
    char *context;
    char *token = strtok_s(text, ",;", &context);
    WCHAR name[8];

    CHECK(token != NULL && Same(token, "one"));
    token = strtok_s(NULL, ",;", &context);
    CHECK(token != NULL && Same(_strrev(token), "owt"));
    token = strtok_s(NULL, ",;", &context);
    CHECK(token != NULL && Same(token, "three"));
    CHECK(strtok_s(NULL, ",;", &context) == NULL);
    CHECK(_wsplitpath_s(L"\\SystemRoot\\hil.sys", NULL, 0, NULL, 0, name, RTL_NUMBER_OF(name), NULL, 0) == 0);
    CHECK(SameWide(name, L"hil"));
    return 0;
}

static ULONG NumbersGoBothWays(PDEVICE_OBJECT device)
{
    char narrow[72];
    WCHAR wide[16];
    WCHAR *end;

    CHECK(_ui64toa_s(~0ULL, narrow, sizeof(narrow), 2) == 0 && narrow[63] == '1' && narrow[64] == 0);
    CHECK(_itow_s(-42, wide, RTL_NUMBER_OF(wide), 10) == 0 && SameWide(wide, L"-42"));
    CHECK(atoi(" 12x") == 12);
    CHECK(wcstoul(L"0xFFg", &end, 0) == 0xFF && *end == L'g');
    CHECK(_strtoui64("18446744073709551615", NULL, 10) == ~0ULL);
    CHECK(isdigit('7') != 0 && isdigit('x') == 0 && towupper(L'\x00E4') == L'\x00C4');
    CHECK(mbstowcs(wide, "abc", RTL_NUMBER_OF(wide)) == 3 && SameWide(wide, L"abc"));
    return 0;
}

static ULONG TextIsPrintedAndScanned(PDEVICE_OBJECT device)
{
    char narrow[8];
    WCHAR wide[8];
    int bus = 0, slot = 0;
    ULONG64 base = 0;
    UCHAR small = 0xFF;

    CHECK(sprintf_s(narrow, sizeof(narrow), "%d-%s", 12, "abc") == 6 && Same(narrow, "12-abc"));
    CHECK(sprintf_s(narrow, sizeof(narrow), "%s", "too long for it") == -1 && narrow[0] == 0);
    CHECK(_snwprintf_s(wide, RTL_NUMBER_OF(wide), TRUNCATE, L"%d", 123456789) == -1);
    CHECK(SameWide(wide, L"1234567"));
    CHECK(sscanf_s("pci 2:11 0xFEBC0000", "pci %d:%d %I64x", &bus, &slot, &base) == 3);
    CHECK(bus == 2 && slot == 11 && base == 0xFEBC0000);
    CHECK(swscanf_s(L"name = 7", L"%[a-z] = %hhu", wide, (ULONG)RTL_NUMBER_OF(wide), &small) == 2);
    CHECK(SameWide(wide, L"name") && small == 7);
    CHECK(sscanf_s("12345678", "%s", narrow, (ULONG)sizeof(narrow)) == 0);
    CHECK(sscanf_s("", "%d", &bus) == -1);
    return 0;
}

static ULONG Comparisons;

static int CompareNumbers(const void *left, const void *right)
{
    Comparisons++;
    return *(const int *)left < *(const int *)right ? -1 : *(const int *)left > *(const int *)right;
}

static ULONG TheKernelCallsTheDriversComparison(PDEVICE_OBJECT device)
{
    int numbers[100];
    int key = 42;
    ULONG i;
    int *found;

    for (i = 0; i < RTL_NUMBER_OF(numbers); i++)
        numbers[i] = (int)(i * 37 % 100);
    qsort(numbers, RTL_NUMBER_OF(numbers), sizeof(numbers[0]), CompareNumbers);
    for (i = 0; i < RTL_NUMBER_OF(numbers); i++)
        CHECK(numbers[i] == (int)i);
    CHECK(Comparisons > 100 && Comparisons < 2000);
    found = bsearch(&key, numbers, RTL_NUMBER_OF(numbers), sizeof(numbers[0]), CompareNumbers);
    CHECK(found == &numbers[42]);
    key = 100;
    CHECK(bsearch(&key, numbers, RTL_NUMBER_OF(numbers), sizeof(numbers[0]), CompareNumbers) == NULL);
    return 0;
}

/* What Microsoft's compiler puts before `sub rsp, rax`: no register may change. */
static ULONG LargeFramesAreChecked(PDEVICE_OBJECT device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"__chkstk");
    PVOID routine = MmGetSystemRoutineAddress(&name);
    ULONG64 sizes[] = { 0, 16, 4096, 4104, 8192, 12345 };
    ULONG64 before, after;
    ULONG i;

    CHECK(routine != NULL);
    for (i = 0; i < RTL_NUMBER_OF(sizes); i++) {
        register ULONG64 rax __asm__("rax") = sizes[i];
        register ULONG64 rcx __asm__("rcx") = 0xc;
        register ULONG64 rdx __asm__("rdx") = 0xd;
        register ULONG64 r8 __asm__("r8") = 8;
        register ULONG64 r9 __asm__("r9") = 9;
        register ULONG64 r10 __asm__("r10") = 10;
        register ULONG64 r11 __asm__("r11") = 11;

        __asm__ volatile("mov %%rsp, %[before]\n\tcall *%[routine]\n\tmov %%rsp, %[after]"
            : "+r"(rax), "+r"(rcx), "+r"(rdx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r11),
              [before] "=&b"(before), [after] "=&S"(after)
            : [routine] "D"(routine) : "cc", "memory");
        CHECK(rax == sizes[i] && rcx == 0xc && rdx == 0xd && r8 == 8 && r9 == 9 && r10 == 10 && r11 == 11);
        CHECK(before == after);
    }
    return 0;
}

static const CHECK_CASE Cases[] = {
    CHECK_CASE_OF(BoundedCopiesTellWhatIsWrong),
    CHECK_CASE_OF(StringsAreTakenApart),
    CHECK_CASE_OF(NumbersGoBothWays),
    CHECK_CASE_OF(TextIsPrintedAndScanned),
    CHECK_CASE_OF(TheKernelCallsTheDriversComparison),
    CHECK_CASE_OF(LargeFramesAreChecked),
};

static NTSTATUS CrtControl(PDEVICE_OBJECT device, PIRP irp, ULONG number)
{
    return CheckRun(Cases, RTL_NUMBER_OF(Cases), device, irp, number);
}

LEGACY_DRIVER LegacyDriver = { LEGACY_NAMES(L"HilCrt"), 0, CrtControl, NULL };
