using System.Text.Unicode;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Converts to UTF-16, into fresh pool on request. The result is zero-terminated.</summary>
    /// <remarks>WDK: RtlAnsiStringToUnicodeString. STATUS_BUFFER_OVERFLOW when text and terminator do not
    /// fit.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlAnsiStringToUnicodeString(
        UNICODE_STRING* destinationString, ANSI_STRING* sourceString, BOOLEAN allocateDestinationString)
    {
        uint bytes = RtlxAnsiStringToUnicodeSize(sourceString);
        if (bytes > ushort.MaxValue)
            return STATUS_INVALID_PARAMETER_2;
        if (allocateDestinationString)
        {
            if (!AllocateBuffer(destinationString, (int)bytes))
                return STATUS_NO_MEMORY;
        }
        else if (bytes > destinationString->MaximumLength)
        {
            return STATUS_BUFFER_OVERFLOW;
        }
        return WriteUnicode(destinationString, BytesOf(sourceString, "SourceString"));
    }

    /// <summary>Converts to the ANSI code page, into fresh pool on request. The result is zero-terminated.</summary>
    /// <remarks>WDK: RtlUnicodeStringToAnsiString. STATUS_BUFFER_OVERFLOW after converting as much as fits.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUnicodeStringToAnsiString(
        ANSI_STRING* destinationString, UNICODE_STRING* sourceString, BOOLEAN allocateDestinationString)
    {
        uint bytes = RtlxUnicodeStringToAnsiSize(sourceString);
        if (allocateDestinationString)
        {
            destinationString->Buffer = (byte*)ExAllocatePoolWithTag(POOL_TYPE.PagedPool, bytes, StringTag);
            if (destinationString->Buffer == null)
                return STATUS_NO_MEMORY;
            destinationString->MaximumLength = (ushort)bytes;
        }
        if (destinationString->MaximumLength == 0)
            return STATUS_BUFFER_OVERFLOW;
        ReadOnlySpan<char> source = CharsOf(sourceString, "SourceString");
        int count = Math.Min(source.Length, destinationString->MaximumLength - 1);
        DriverMemory.RequireWritable(destinationString->Buffer, (nuint)count + 1, nameof(RtlUnicodeStringToAnsiString));
        for (int i = 0; i < count; i++)
            destinationString->Buffer[i] = AnsiCodePage.ToByte(source[i]);
        destinationString->Buffer[count] = 0;
        destinationString->Length = (ushort)count;
        return count == source.Length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
    }

    /// <summary>Bytes that a string takes as UTF-16, terminator included.</summary>
    /// <remarks>WDK: RtlxAnsiStringToUnicodeSize.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static uint RtlxAnsiStringToUnicodeSize(ANSI_STRING* ansiString) => (ansiString->Length + 1u) * sizeof(char);

    /// <summary>As RtlxAnsiStringToUnicodeSize.</summary>
    /// <remarks>WDK: RtlAnsiStringToUnicodeSize.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static uint RtlAnsiStringToUnicodeSize(ANSI_STRING* ansiString) => RtlxAnsiStringToUnicodeSize(ansiString);

    /// <summary>Bytes that a string takes in the ANSI code page, terminator included.</summary>
    /// <remarks>WDK: RtlxUnicodeStringToAnsiSize.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static uint RtlxUnicodeStringToAnsiSize(UNICODE_STRING* unicodeString) =>
        unicodeString->Length / (uint)sizeof(char) + 1;

    /// <summary>As RtlxUnicodeStringToAnsiSize.</summary>
    /// <remarks>WDK: RtlUnicodeStringToAnsiSize.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static uint RtlUnicodeStringToAnsiSize(UNICODE_STRING* unicodeString) =>
        RtlxUnicodeStringToAnsiSize(unicodeString);

    /// <summary>Converts bytes of the ANSI code page, as many as fit; no terminator.</summary>
    /// <remarks>WDK: RtlMultiByteToUnicodeN.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlMultiByteToUnicodeN(
        char* unicodeString, uint maxBytesInUnicodeString, uint* bytesInUnicodeString,
        byte* multiByteString, uint bytesInMultiByteString)
    {
        uint count = Math.Min(bytesInMultiByteString, maxBytesInUnicodeString / sizeof(char));
        DriverMemory.RequireReadable(multiByteString, count, nameof(RtlMultiByteToUnicodeN));
        DriverMemory.RequireWritable(unicodeString, count * sizeof(char), nameof(RtlMultiByteToUnicodeN));
        for (uint i = 0; i < count; i++)
            unicodeString[i] = AnsiCodePage.ToChar(multiByteString[i]);
        if (bytesInUnicodeString != null)
            *bytesInUnicodeString = count * sizeof(char);
        return STATUS_SUCCESS;
    }

    /// <summary>Converts UTF-16 to the ANSI code page, as much as fits; no terminator.</summary>
    /// <remarks>WDK: RtlUnicodeToMultiByteN.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUnicodeToMultiByteN(
        byte* multiByteString, uint maxBytesInMultiByteString, uint* bytesInMultiByteString,
        char* unicodeString, uint bytesInUnicodeString)
    {
        uint count = Math.Min(maxBytesInMultiByteString, bytesInUnicodeString / sizeof(char));
        DriverMemory.RequireReadable(unicodeString, count * sizeof(char), nameof(RtlUnicodeToMultiByteN));
        DriverMemory.RequireWritable(multiByteString, count, nameof(RtlUnicodeToMultiByteN));
        for (uint i = 0; i < count; i++)
            multiByteString[i] = AnsiCodePage.ToByte(unicodeString[i]);
        if (bytesInMultiByteString != null)
            *bytesInMultiByteString = count;
        return STATUS_SUCCESS;
    }

    /// <summary>As RtlUnicodeToMultiByteN, to upper case.</summary>
    /// <remarks>WDK: RtlUpcaseUnicodeToMultiByteN.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUpcaseUnicodeToMultiByteN(
        byte* multiByteString, uint maxBytesInMultiByteString, uint* bytesInMultiByteString,
        char* unicodeString, uint bytesInUnicodeString)
    {
        uint count = 0;
        RtlUnicodeToMultiByteN(
            multiByteString, maxBytesInMultiByteString, &count, unicodeString, bytesInUnicodeString);
        for (uint i = 0; i < count; i++)
            multiByteString[i] = AnsiCodePage.ToUpper(multiByteString[i]);
        if (bytesInMultiByteString != null)
            *bytesInMultiByteString = count;
        return STATUS_SUCCESS;
    }

    /// <summary>Bytes that UTF-16 takes in the ANSI code page, without terminator.</summary>
    /// <remarks>WDK: RtlUnicodeToMultiByteSize.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUnicodeToMultiByteSize(
        uint* bytesInMultiByteString, char* unicodeString, uint bytesInUnicodeString)
    {
        *bytesInMultiByteString = bytesInUnicodeString / sizeof(char);
        return STATUS_SUCCESS;
    }

    /// <summary>Bytes that text of the ANSI code page takes as UTF-16, without terminator.</summary>
    /// <remarks>WDK: RtlMultiByteToUnicodeSize.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlMultiByteToUnicodeSize(
        uint* bytesInUnicodeString, byte* multiByteString, uint bytesInMultiByteString)
    {
        *bytesInUnicodeString = bytesInMultiByteString * sizeof(char);
        return STATUS_SUCCESS;
    }

    /// <summary>Converts the character at a pointer and advances the pointer past it.</summary>
    /// <remarks>WDK: RtlAnsiCharToUnicodeChar.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static char RtlAnsiCharToUnicodeChar(byte** sourceCharacter)
    {
        byte* source = *sourceCharacter;
        DriverMemory.RequireReadable(source, 1, nameof(RtlAnsiCharToUnicodeChar));
        *sourceCharacter = source + 1;
        return AnsiCodePage.ToChar(*source);
    }

    /// <summary>Converts UTF-8 to UTF-16; a null destination only measures.</summary>
    /// <remarks>WDK: RtlUTF8ToUnicodeN. STATUS_SOME_NOT_MAPPED when malformed text became U+FFFD.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUTF8ToUnicodeN(
        char* unicodeStringDestination, uint unicodeStringMaxByteCount, uint* unicodeStringActualByteCount,
        byte* utf8StringSource, uint utf8StringByteCount)
    {
        DriverMemory.RequireReadable(utf8StringSource, utf8StringByteCount, nameof(RtlUTF8ToUnicodeN));
        var source = new ReadOnlySpan<byte>(utf8StringSource, (int)utf8StringByteCount);
        bool isValid = Utf8.IsValid(source);
        if (unicodeStringDestination == null)
        {
            *unicodeStringActualByteCount = (uint)System.Text.Encoding.UTF8.GetCharCount(source) * sizeof(char);
            return isValid ? STATUS_SUCCESS : STATUS_SOME_NOT_MAPPED;
        }
        DriverMemory.RequireWritable(unicodeStringDestination, unicodeStringMaxByteCount, nameof(RtlUTF8ToUnicodeN));
        var destination = new Span<char>(unicodeStringDestination, (int)unicodeStringMaxByteCount / sizeof(char));
        System.Buffers.OperationStatus end = Utf8.ToUtf16(source, destination, out _, out int written);
        if (unicodeStringActualByteCount != null)
            *unicodeStringActualByteCount = (uint)written * sizeof(char);
        return end == System.Buffers.OperationStatus.DestinationTooSmall ? STATUS_BUFFER_TOO_SMALL
            : isValid ? STATUS_SUCCESS : STATUS_SOME_NOT_MAPPED;
    }

    /// <summary>Converts UTF-16 to UTF-8; a null destination only measures.</summary>
    /// <remarks>WDK: RtlUnicodeToUTF8N. STATUS_SOME_NOT_MAPPED when a lone surrogate became U+FFFD.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUnicodeToUTF8N(
        byte* utf8StringDestination, uint utf8StringMaxByteCount, uint* utf8StringActualByteCount,
        char* unicodeStringSource, uint unicodeStringByteCount)
    {
        DriverMemory.RequireReadable(unicodeStringSource, unicodeStringByteCount, nameof(RtlUnicodeToUTF8N));
        var source = new ReadOnlySpan<char>(unicodeStringSource, (int)unicodeStringByteCount / sizeof(char));
        bool isValid = IsWellFormed(source);
        if (utf8StringDestination == null)
        {
            *utf8StringActualByteCount = (uint)System.Text.Encoding.UTF8.GetByteCount(source);
            return isValid ? STATUS_SUCCESS : STATUS_SOME_NOT_MAPPED;
        }
        DriverMemory.RequireWritable(utf8StringDestination, utf8StringMaxByteCount, nameof(RtlUnicodeToUTF8N));
        var destination = new Span<byte>(utf8StringDestination, (int)utf8StringMaxByteCount);
        System.Buffers.OperationStatus end = Utf8.FromUtf16(source, destination, out _, out int written);
        if (utf8StringActualByteCount != null)
            *utf8StringActualByteCount = (uint)written;
        return end == System.Buffers.OperationStatus.DestinationTooSmall ? STATUS_BUFFER_TOO_SMALL
            : isValid ? STATUS_SUCCESS : STATUS_SOME_NOT_MAPPED;
    }

    [ExportData("NlsMbCodePageTag", 1)]
    public static void InitializeNlsMbCodePageTag(byte* storage) => *storage = 0; // The code page is single-byte.

    [ExportData("NlsAnsiCodePage", 2)]
    public static void InitializeNlsAnsiCodePage(byte* storage) => *(ushort*)storage = 1252;

    /// <summary>Table of what follows a lead byte, 256 words; a single-byte code page has no lead bytes.</summary>
    [ExportData("NlsLeadByteInfo", 16 + 512)]
    public static void InitializeNlsLeadByteInfo(byte* storage)
    {
        *(void**)storage = storage + 16;
        new Span<byte>(storage + 16, 512).Clear();
    }

    private static NTSTATUS WriteUnicode(UNICODE_STRING* destination, ReadOnlySpan<byte> source)
    {
        DriverMemory.RequireWritable(
            destination->Buffer, (nuint)(source.Length + 1) * sizeof(char), nameof(RtlAnsiStringToUnicodeString));
        for (int i = 0; i < source.Length; i++)
            destination->Buffer[i] = AnsiCodePage.ToChar(source[i]);
        destination->Buffer[source.Length] = '\0';
        destination->Length = (ushort)(source.Length * sizeof(char));
        return STATUS_SUCCESS;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }
        return true;
    }
}
