namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint StringTag = 0x53526C52; // 'RlRS', what the kernel's own string buffers are tagged with here.

    // A length that leaves room for the terminator and stays even.
    private const int UnicodeBytesMax = (ushort.MaxValue & ~1) - sizeof(char);

    /// <summary>Makes a counted string of a zero-terminated one, without copying; null makes an empty one.</summary>
    /// <remarks>WDK: RtlInitUnicodeString. Longer strings are cut at 65,532 bytes.</remarks>
    [Export]
    public static void RtlInitUnicodeString(
        UNICODE_STRING* destinationString, [UncheckedPointer] char* sourceString)
    {
        destinationString->Buffer = sourceString;
        destinationString->Length = destinationString->MaximumLength = 0;
        if (sourceString == null)
            return;
        nuint bytes = DriverMemory.MeasureString(sourceString, sizeof(char), nameof(RtlInitUnicodeString));
        destinationString->Length = (ushort)Math.Min(bytes, UnicodeBytesMax);
        destinationString->MaximumLength = (ushort)(destinationString->Length + sizeof(char));
    }

    /// <summary>As RtlInitUnicodeString; STATUS_NAME_TOO_LONG instead of cutting.</summary>
    /// <remarks>WDK: RtlInitUnicodeStringEx.</remarks>
    [Export]
    public static NTSTATUS RtlInitUnicodeStringEx(
        UNICODE_STRING* destinationString, [UncheckedPointer] char* sourceString)
    {
        if (sourceString != null
            && DriverMemory.MeasureString(sourceString, sizeof(char), nameof(RtlInitUnicodeStringEx)) > UnicodeBytesMax)
            return STATUS_NAME_TOO_LONG;
        RtlInitUnicodeString(destinationString, sourceString);
        return STATUS_SUCCESS;
    }

    /// <summary>Copies as much of a string as fits, with a terminator if that fits too; null empties the
    /// destination.</summary>
    /// <remarks>WDK: RtlCopyUnicodeString.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void RtlCopyUnicodeString(UNICODE_STRING* destinationString, UNICODE_STRING* sourceString)
    {
        destinationString->Length = 0;
        if (sourceString == null)
            return;
        ReadOnlySpan<char> source = CharsOf(sourceString, "SourceString");
        Append(destinationString, source[..Math.Min(source.Length, destinationString->MaximumLength / sizeof(char))]);
    }

    /// <summary>Appends a zero-terminated string; STATUS_BUFFER_TOO_SMALL, and nothing appended, when it does not
    /// fit.</summary>
    /// <remarks>WDK: RtlAppendUnicodeToString.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS RtlAppendUnicodeToString(UNICODE_STRING* destination, [UncheckedPointer] char* source)
    {
        if (source == null)
            return STATUS_SUCCESS;
        nuint bytes = DriverMemory.MeasureString(source, sizeof(char), nameof(RtlAppendUnicodeToString));
        return bytes > ushort.MaxValue
            ? STATUS_BUFFER_TOO_SMALL
            : Append(destination, new ReadOnlySpan<char>(source, (int)bytes / sizeof(char)));
    }

    /// <summary>Appends a counted string; STATUS_BUFFER_TOO_SMALL, and nothing appended, when it does not
    /// fit.</summary>
    /// <remarks>WDK: RtlAppendUnicodeStringToString.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS RtlAppendUnicodeStringToString(UNICODE_STRING* destination, UNICODE_STRING* source) =>
        Append(destination, CharsOf(source, "Source"));

    /// <summary>Copies a zero-terminated string into fresh pool; FALSE when there is no memory or it is too
    /// long.</summary>
    /// <remarks>WDK: RtlCreateUnicodeString. RtlFreeUnicodeString frees it.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN RtlCreateUnicodeString(
        UNICODE_STRING* destinationString, [UncheckedPointer] char* sourceString)
    {
        nuint bytes = DriverMemory.MeasureString(sourceString, sizeof(char), nameof(RtlCreateUnicodeString));
        if (bytes > UnicodeBytesMax || !AllocateBuffer(destinationString, (int)bytes + sizeof(char)))
            return false;
        destinationString->Length = 0;
        Append(destinationString, new ReadOnlySpan<char>(sourceString, (int)bytes / sizeof(char)));
        return true;
    }

    /// <summary>Copies a string into fresh pool.</summary>
    /// <param name="flags">1: with a terminator; 3: also an empty string gets a buffer, for its terminator.</param>
    /// <returns>STATUS_INVALID_PARAMETER for other flags or a string that contradicts itself, STATUS_NAME_TOO_LONG if
    /// the terminator has no room, STATUS_NO_MEMORY.</returns>
    /// <remarks>WDK: RtlDuplicateUnicodeString. RtlFreeUnicodeString frees the copy.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlDuplicateUnicodeString(
        uint flags, UNICODE_STRING* stringIn, UNICODE_STRING* stringOut)
    {
        const uint NullTerminate = 1;
        const uint AllocateNullString = 2;
        bool isTerminated = (flags & NullTerminate) != 0;
        bool buffersEmpty = (flags & AllocateNullString) != 0;
        if (flags > (NullTerminate | AllocateNullString) || (buffersEmpty && !isTerminated) || stringOut == null
            || !RtlValidateUnicodeString(0, stringIn).IsSuccess)
            return STATUS_INVALID_PARAMETER;
        ReadOnlySpan<char> source = stringIn == null ? [] : CharsOf(stringIn, "StringIn");
        int bytes = (source.Length + (isTerminated ? 1 : 0)) * sizeof(char);
        if (bytes > ushort.MaxValue)
            return STATUS_NAME_TOO_LONG;
        if (source.Length == 0 && !buffersEmpty)
        {
            *stringOut = default;
            return STATUS_SUCCESS;
        }
        UNICODE_STRING made;
        if (!AllocateBuffer(&made, bytes))
            return STATUS_NO_MEMORY;
        Append(&made, source);
        *stringOut = made;
        return STATUS_SUCCESS;
    }

    /// <summary>Frees the buffer of a string that an Rtl routine allocated, and empties the string.</summary>
    /// <remarks>WDK: RtlFreeUnicodeString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void RtlFreeUnicodeString(UNICODE_STRING* unicodeString)
    {
        if (unicodeString->Buffer != null)
            ExFreePool(unicodeString->Buffer);
        *unicodeString = default;
    }

    /// <summary>Checks the fields of a string against each other.</summary>
    /// <remarks>WDK: RtlValidateUnicodeString (flags are reserved).</remarks>
    [Export]
    public static NTSTATUS RtlValidateUnicodeString(uint flags, UNICODE_STRING* @string)
    {
        if (flags != 0)
            return STATUS_INVALID_PARAMETER;
        bool isSane = @string == null
            || (@string->Length % sizeof(char) == 0 && @string->MaximumLength % sizeof(char) == 0
                && @string->Length <= @string->MaximumLength
                && (@string->Buffer != null || (@string->Length == 0 && @string->MaximumLength == 0)));
        return isSane ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }

    /// <summary>A hash of a string, the same for strings that differ in case only, on request.</summary>
    /// <remarks>WDK: RtlHashUnicodeString. Algorithm 0 (default) and 1 (x65599) are the same one.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlHashUnicodeString(
        UNICODE_STRING* @string, BOOLEAN caseInSensitive, uint hashAlgorithm, uint* hashValue)
    {
        if (hashAlgorithm > 1 || @string == null || hashValue == null)
            return STATUS_INVALID_PARAMETER;
        uint hash = 0;
        foreach (char unit in CharsOf(@string, "String"))
            hash = hash * 65599 + (caseInSensitive ? char.ToUpperInvariant(unit) : unit);
        *hashValue = hash;
        return STATUS_SUCCESS;
    }

    /// <summary>The characters of a counted string that a driver handed over; its buffer is checked.</summary>
    /// <param name="what">Names the string in the report of a wild buffer.</param>
    internal static ReadOnlySpan<char> CharsOf(UNICODE_STRING* text, string what)
    {
        if (text->Length < sizeof(char))
            return [];
        if (!PointerCheck.IsReadable((ulong)text->Buffer, text->Length))
            DriverMemory.RequireReadable(text->Buffer, text->Length, what);
        return new ReadOnlySpan<char>(text->Buffer, text->Length / sizeof(char));
    }

    private static NTSTATUS Append(UNICODE_STRING* destination, ReadOnlySpan<char> source)
    {
        int start = destination->Length / sizeof(char);
        int room = destination->MaximumLength / sizeof(char);
        if (source.Length > room - start)
            return STATUS_BUFFER_TOO_SMALL;
        if (room == 0)
            return STATUS_SUCCESS;
        DriverMemory.RequireWritable(
            destination->Buffer, (nuint)Math.Min(start + source.Length + 1, room) * sizeof(char), "a string routine");
        source.CopyTo(new Span<char>(destination->Buffer + start, source.Length));
        destination->Length = (ushort)((start + source.Length) * sizeof(char));
        if (start + source.Length < room)
            destination->Buffer[start + source.Length] = '\0';
        return STATUS_SUCCESS;
    }

    private static bool AllocateBuffer(UNICODE_STRING* destination, int bytes)
    {
        destination->Buffer = (char*)ExAllocatePoolWithTag(POOL_TYPE.PagedPool, (nuint)bytes, StringTag);
        destination->MaximumLength = destination->Buffer == null ? (ushort)0 : (ushort)bytes;
        destination->Length = 0;
        return destination->Buffer != null;
    }
}
