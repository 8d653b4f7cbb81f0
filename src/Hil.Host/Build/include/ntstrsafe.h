/*
 * mingw-w64's ntstrsafe.h has the routines for terminated strings; the WDK's has those for UNICODE_STRINGs as well.
 * What does not fit is cut off, and STATUS_BUFFER_OVERFLOW says so. None of them writes a terminator.
 */

#include_next <ntstrsafe.h>

#if !defined(HIL_NTSTRSAFE_H) && !defined(NTSTRSAFE_NO_UNICODE_STRING_FUNCTIONS)
#define HIL_NTSTRSAFE_H

#include <stdarg.h>

#ifndef NTSTRSAFE_UNICODE_STRING_MAX_CCH
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(WCHAR))
#endif

static inline NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING SourceString)
{
    if (SourceString == NULL)
        return STATUS_INVALID_PARAMETER;
    if ((SourceString->Length | SourceString->MaximumLength) % sizeof(WCHAR) != 0 ||
        SourceString->Length > SourceString->MaximumLength)
        return STATUS_INVALID_PARAMETER;
    return SourceString->Buffer == NULL && SourceString->MaximumLength != 0 ? STATUS_INVALID_PARAMETER
                                                                            : STATUS_SUCCESS;
}

static inline NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING DestinationString, PCWSTR pszSrc)
{
    SIZE_T count = 0;

    if (DestinationString == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlZeroMemory(DestinationString, sizeof(*DestinationString));
    if (pszSrc == NULL)
        return STATUS_SUCCESS;
    while (count <= NTSTRSAFE_UNICODE_STRING_MAX_CCH && pszSrc[count] != 0)
        count++;
    if (count > NTSTRSAFE_UNICODE_STRING_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    DestinationString->Length = (USHORT)(count * sizeof(WCHAR));
    DestinationString->MaximumLength = count == NTSTRSAFE_UNICODE_STRING_MAX_CCH
                                           ? DestinationString->Length
                                           : (USHORT)(DestinationString->Length + sizeof(WCHAR));
    DestinationString->Buffer = (PWSTR)pszSrc;
    return STATUS_SUCCESS;
}

static inline NTSTATUS HilAppendCharacters(PUNICODE_STRING destination, USHORT length, PCWSTR source, SIZE_T count)
{
    SIZE_T room;

    if (!NT_SUCCESS(RtlUnicodeStringValidate(destination)))
        return STATUS_INVALID_PARAMETER;
    room = (destination->MaximumLength - length) / sizeof(WCHAR);
    if (count != 0)
        RtlMoveMemory((PUCHAR)destination->Buffer + length, source, (count < room ? count : room) * sizeof(WCHAR));
    destination->Length = (USHORT)(length + (count < room ? count : room) * sizeof(WCHAR));
    return count > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static inline NTSTATUS HilAppend(PUNICODE_STRING destination, USHORT length, PCUNICODE_STRING source)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(source)))
        return STATUS_INVALID_PARAMETER;
    return HilAppendCharacters(destination, length, source->Buffer, source->Length / sizeof(WCHAR));
}

static inline NTSTATUS HilAppendText(PUNICODE_STRING destination, USHORT length, PCWSTR source)
{
    UNICODE_STRING text;

    if (source == NULL || !NT_SUCCESS(RtlUnicodeStringInit(&text, source)))
        return STATUS_INVALID_PARAMETER;
    return HilAppend(destination, length, &text);
}

static inline NTSTATUS RtlUnicodeStringCopy(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    return HilAppend(DestinationString, 0, SourceString);
}

static inline NTSTATUS RtlUnicodeStringCopyString(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
    return HilAppendText(DestinationString, 0, pszSrc);
}

static inline NTSTATUS RtlUnicodeStringCat(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    if (DestinationString == NULL)
        return STATUS_INVALID_PARAMETER;
    return HilAppend(DestinationString, DestinationString->Length, SourceString);
}

static inline NTSTATUS RtlUnicodeStringCatString(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
    if (DestinationString == NULL)
        return STATUS_INVALID_PARAMETER;
    return HilAppendText(DestinationString, DestinationString->Length, pszSrc);
}

static inline NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat,
                                               va_list argList)
{
    int room, count;

    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) || pszFormat == NULL)
        return STATUS_INVALID_PARAMETER;
    room = DestinationString->MaximumLength / sizeof(WCHAR);
    count = _vsnwprintf(DestinationString->Buffer, room, pszFormat, argList);
    DestinationString->Length = (USHORT)((count < 0 || count > room ? room : count) * sizeof(WCHAR));
    return count < 0 || count > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static inline NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, pszFormat);
    status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, arguments);
    va_end(arguments);
    return status;
}

#endif
