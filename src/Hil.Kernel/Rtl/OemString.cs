namespace Hil.Kernel;

// An OEM_STRING is an ANSI_STRING by another name; only the code page differs. What a counted string lacks is the
// terminator, and an empty one has no buffer.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Tells whether the OEM code page has a character, in upper case.</summary>
    /// <param name="character">Becomes what the code page makes of it, in upper case, if the answer is TRUE.</param>
    /// <remarks>WDK: RtlIsValidOemCharacter.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN RtlIsValidOemCharacter(char* character)
    {
        if (!OemCodePage.Has([*character]))
            return false;
        *character = OemCodePage.ToChar(OemCodePage.ToUpperByte(*character));
        return true;
    }

    /// <summary>Converts the OEM code page to UTF-16, into fresh pool on request. The result is
    /// zero-terminated.</summary>
    /// <returns>STATUS_BUFFER_OVERFLOW when text and terminator do not fit, STATUS_INVALID_PARAMETER_2 for a text too
    /// long, STATUS_NO_MEMORY.</returns>
    /// <remarks>WDK: RtlOemStringToUnicodeString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlOemStringToUnicodeString(
        UNICODE_STRING* destinationString, ANSI_STRING* sourceString, BOOLEAN allocateDestinationString) =>
        OemToUnicode(destinationString, sourceString, allocateDestinationString, terminator: 1);

    /// <summary>As RtlOemStringToUnicodeString, without a terminator.</summary>
    /// <inheritdoc cref="RtlOemStringToUnicodeString"/>
    /// <remarks>WDK: RtlOemStringToCountedUnicodeString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlOemStringToCountedUnicodeString(
        UNICODE_STRING* destinationString, ANSI_STRING* sourceString, BOOLEAN allocateDestinationString) =>
        OemToUnicode(destinationString, sourceString, allocateDestinationString, terminator: 0);

    /// <summary>Converts UTF-16 to the OEM code page, into fresh pool on request; '?' for what it lacks. The result is
    /// zero-terminated.</summary>
    /// <returns>STATUS_BUFFER_OVERFLOW when text and terminator do not fit, STATUS_NO_MEMORY.</returns>
    /// <remarks>WDK: RtlUnicodeStringToOemString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUnicodeStringToOemString(
        ANSI_STRING* destinationString, UNICODE_STRING* sourceString, BOOLEAN allocateDestinationString) =>
        UnicodeToOem(destinationString, sourceString, allocateDestinationString, toUpper: false, terminator: 1);

    /// <summary>Converts UTF-16 to upper case in the OEM code page, into fresh pool on request. The result is
    /// zero-terminated.</summary>
    /// <returns>STATUS_UNMAPPABLE_CHARACTER, and nothing converted, for what the code page lacks;
    /// STATUS_BUFFER_OVERFLOW, STATUS_NO_MEMORY.</returns>
    /// <remarks>WDK: RtlUpcaseUnicodeStringToOemString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUpcaseUnicodeStringToOemString(
        ANSI_STRING* destinationString, UNICODE_STRING* sourceString, BOOLEAN allocateDestinationString) =>
        MappableToOem(destinationString, sourceString, allocateDestinationString, toUpper: true, terminator: 1);

    /// <summary>Converts UTF-16 to the OEM code page, without a terminator, into fresh pool on request.</summary>
    /// <inheritdoc cref="RtlUpcaseUnicodeStringToOemString"/>
    /// <remarks>WDK: RtlUnicodeStringToCountedOemString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUnicodeStringToCountedOemString(
        ANSI_STRING* destinationString, UNICODE_STRING* sourceString, BOOLEAN allocateDestinationString) =>
        MappableToOem(destinationString, sourceString, allocateDestinationString, toUpper: false, terminator: 0);

    /// <summary>As RtlUnicodeStringToCountedOemString, to upper case.</summary>
    /// <inheritdoc cref="RtlUpcaseUnicodeStringToOemString"/>
    /// <remarks>WDK: RtlUpcaseUnicodeStringToCountedOemString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUpcaseUnicodeStringToCountedOemString(
        ANSI_STRING* destinationString, UNICODE_STRING* sourceString, BOOLEAN allocateDestinationString) =>
        MappableToOem(destinationString, sourceString, allocateDestinationString, toUpper: true, terminator: 0);

    /// <summary>Frees the buffer of a string that an Rtl routine allocated, and empties the string.</summary>
    /// <remarks>WDK: RtlFreeOemString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void RtlFreeOemString(ANSI_STRING* oemString) => RtlFreeAnsiString(oemString);

    /// <summary>Bytes that a string takes as UTF-16, terminator included.</summary>
    /// <remarks>WDK: RtlxOemStringToUnicodeSize.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static uint RtlxOemStringToUnicodeSize(ANSI_STRING* oemString) => (oemString->Length + 1u) * sizeof(char);

    /// <summary>Bytes that a string takes in the OEM code page, terminator included.</summary>
    /// <remarks>WDK: RtlxUnicodeStringToOemSize.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static uint RtlxUnicodeStringToOemSize(UNICODE_STRING* unicodeString) =>
        unicodeString->Length / (uint)sizeof(char) + 1;

    /// <summary>Converts bytes of the OEM code page, as many as fit; no terminator.</summary>
    /// <param name="oemString">May be where the characters go.</param>
    /// <returns>STATUS_BUFFER_OVERFLOW if not all fit.</returns>
    /// <remarks>WDK: RtlOemToUnicodeN.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlOemToUnicodeN(
        char* unicodeString, uint maxBytesInUnicodeString, uint* bytesInUnicodeString,
        byte* oemString, uint bytesInOemString)
    {
        uint count = Math.Min(bytesInOemString, maxBytesInUnicodeString / sizeof(char));
        DriverMemory.RequireReadable(oemString, count, nameof(RtlOemToUnicodeN));
        DriverMemory.RequireWritable(unicodeString, count * sizeof(char), nameof(RtlOemToUnicodeN));
        for (uint i = count; i-- != 0;)
            unicodeString[i] = OemCodePage.ToChar(oemString[i]);
        if (bytesInUnicodeString != null)
            *bytesInUnicodeString = count * sizeof(char);
        return count == bytesInOemString ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
    }

    /// <summary>Converts UTF-16 to the OEM code page, as much as fits; no terminator, '?' for what it lacks.</summary>
    /// <returns>STATUS_BUFFER_OVERFLOW if not all fit.</returns>
    /// <remarks>WDK: RtlUnicodeToOemN.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlUnicodeToOemN(
        byte* oemString, uint maxBytesInOemString, uint* bytesInOemString,
        char* unicodeString, uint bytesInUnicodeString) =>
        UnicodeToOem(
            oemString, maxBytesInOemString, bytesInOemString, unicodeString, bytesInUnicodeString, toUpper: false);

    /// <summary>As RtlUnicodeToOemN, to upper case.</summary>
    /// <inheritdoc cref="RtlUnicodeToOemN"/>
    /// <remarks>WDK: RtlUpcaseUnicodeToOemN.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlUpcaseUnicodeToOemN(
        byte* oemString, uint maxBytesInOemString, uint* bytesInOemString,
        char* unicodeString, uint bytesInUnicodeString) =>
        UnicodeToOem(
            oemString, maxBytesInOemString, bytesInOemString, unicodeString, bytesInUnicodeString, toUpper: true);

    [ExportData("NlsMbOemCodePageTag", 1)]
    public static void InitializeNlsMbOemCodePageTag(byte* storage) => *storage = 0; // The code page is single-byte.

    [ExportData("NlsOemCodePage", 2)]
    public static void InitializeNlsOemCodePage(byte* storage) => *(ushort*)storage = OemCodePage.Number;

    /// <summary>As NlsLeadByteInfo, for the OEM code page.</summary>
    [ExportData("NlsOemLeadByteInfo", 16 + 512)]
    public static void InitializeNlsOemLeadByteInfo(byte* storage) => InitializeNlsLeadByteInfo(storage);

    private static NTSTATUS OemToUnicode(
        UNICODE_STRING* destination, ANSI_STRING* source, bool allocates, int terminator)
    {
        int length = source->Length;
        int bytes = (length + terminator) * sizeof(char);
        if (bytes > ushort.MaxValue)
            return STATUS_INVALID_PARAMETER_2;
        if (bytes == 0)
        {
            destination->Length = 0;
            if (allocates)
                *destination = default;
            return STATUS_SUCCESS;
        }
        if (allocates)
        {
            if (!AllocateBuffer(destination, bytes))
                return STATUS_NO_MEMORY;
        }
        else if (bytes > destination->MaximumLength)
        {
            return STATUS_BUFFER_OVERFLOW;
        }
        DriverMemory.RequireWritable(destination->Buffer, (nuint)bytes, nameof(RtlOemStringToUnicodeString));
        RtlOemToUnicodeN(
            destination->Buffer, (uint)length * sizeof(char), null, source->Buffer, (uint)length);
        if (terminator != 0)
            destination->Buffer[length] = '\0';
        destination->Length = (ushort)(length * sizeof(char));
        return STATUS_SUCCESS;
    }

    private static NTSTATUS MappableToOem(
        ANSI_STRING* destination, UNICODE_STRING* source, bool allocates, bool toUpper, int terminator) =>
        OemCodePage.Has(CharsOf(source, "SourceString"))
            ? UnicodeToOem(destination, source, allocates, toUpper, terminator)
            : STATUS_UNMAPPABLE_CHARACTER;

    private static NTSTATUS UnicodeToOem(
        ANSI_STRING* destination, UNICODE_STRING* source, bool allocates, bool toUpper, int terminator)
    {
        int length = source->Length / sizeof(char);
        int bytes = length + terminator;
        if (allocates)
        {
            *destination = default;
            if (bytes == 0)
                return STATUS_SUCCESS;
            destination->Buffer = (byte*)ExAllocatePoolWithTag(POOL_TYPE.PagedPool, (nuint)bytes, StringTag);
            if (destination->Buffer == null)
                return STATUS_NO_MEMORY;
            destination->MaximumLength = (ushort)bytes;
        }
        else if (bytes > destination->MaximumLength)
        {
            return STATUS_BUFFER_OVERFLOW;
        }
        DriverMemory.RequireWritable(destination->Buffer, (nuint)bytes, nameof(RtlUnicodeStringToOemString));
        UnicodeToOem(destination->Buffer, (uint)length, null, source->Buffer, source->Length, toUpper);
        if (terminator != 0)
            destination->Buffer[length] = 0;
        destination->Length = (ushort)length;
        return STATUS_SUCCESS;
    }

    private static NTSTATUS UnicodeToOem(
        byte* oem, uint oemBytesMax, uint* oemBytes, char* unicode, uint unicodeBytes, bool toUpper)
    {
        uint count = Math.Min(oemBytesMax, unicodeBytes / sizeof(char));
        DriverMemory.RequireReadable(unicode, count * sizeof(char), nameof(RtlUnicodeToOemN));
        DriverMemory.RequireWritable(oem, count, nameof(RtlUnicodeToOemN));
        for (uint i = 0; i < count; i++)
            oem[i] = toUpper ? OemCodePage.ToUpperByte(unicode[i]) : OemCodePage.ToByte(unicode[i]);
        if (oemBytes != null)
            *oemBytes = count;
        return count == unicodeBytes / sizeof(char) ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
    }
}
