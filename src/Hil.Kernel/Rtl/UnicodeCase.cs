namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Compares strings by code unit; negative, zero or positive.</summary>
    /// <remarks>WDK: RtlCompareUnicodeString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static int RtlCompareUnicodeString(
        UNICODE_STRING* string1, UNICODE_STRING* string2, BOOLEAN caseInSensitive) =>
        Compare(CharsOf(string1, "String1"), CharsOf(string2, "String2"), caseInSensitive);

    /// <summary>As RtlCompareUnicodeString, for lengths in characters.</summary>
    /// <remarks>WDK: RtlCompareUnicodeStrings.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static int RtlCompareUnicodeStrings(
        [UncheckedPointer] char* string1, nuint string1Length, [UncheckedPointer] char* string2, nuint string2Length,
        BOOLEAN caseInSensitive)
    {
        DriverMemory.RequireReadable(string1, string1Length * sizeof(char), nameof(RtlCompareUnicodeStrings));
        DriverMemory.RequireReadable(string2, string2Length * sizeof(char), nameof(RtlCompareUnicodeStrings));
        return Compare(new(string1, (int)string1Length), new(string2, (int)string2Length), caseInSensitive);
    }

    /// <summary>Whether strings are equal.</summary>
    /// <remarks>WDK: RtlEqualUnicodeString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN RtlEqualUnicodeString(
        UNICODE_STRING* string1, UNICODE_STRING* string2, BOOLEAN caseInSensitive) =>
        string1->Length == string2->Length && RtlCompareUnicodeString(string1, string2, caseInSensitive) == 0;

    /// <summary>Whether the second string begins with the first.</summary>
    /// <remarks>WDK: RtlPrefixUnicodeString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN RtlPrefixUnicodeString(
        UNICODE_STRING* string1, UNICODE_STRING* string2, BOOLEAN caseInSensitive)
    {
        ReadOnlySpan<char> prefix = CharsOf(string1, "String1");
        ReadOnlySpan<char> text = CharsOf(string2, "String2");
        return prefix.Length <= text.Length && Compare(prefix, text[..prefix.Length], caseInSensitive) == 0;
    }

    /// <summary>Copies a string in upper case, into fresh pool on request; STATUS_BUFFER_OVERFLOW when it does not
    /// fit.</summary>
    /// <remarks>WDK: RtlUpcaseUnicodeString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUpcaseUnicodeString(
        UNICODE_STRING* destinationString, UNICODE_STRING* sourceString, BOOLEAN allocateDestinationString) =>
        ChangeCase(destinationString, sourceString, allocateDestinationString, toUpper: true);

    /// <summary>As RtlUpcaseUnicodeString, to lower case.</summary>
    /// <remarks>WDK: RtlDowncaseUnicodeString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlDowncaseUnicodeString(
        UNICODE_STRING* destinationString, UNICODE_STRING* sourceString, BOOLEAN allocateDestinationString) =>
        ChangeCase(destinationString, sourceString, allocateDestinationString, toUpper: false);

    /// <summary>Upper case of one character.</summary>
    /// <remarks>WDK: RtlUpcaseUnicodeChar.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static char RtlUpcaseUnicodeChar(char sourceCharacter) => char.ToUpperInvariant(sourceCharacter);

    /// <summary>Lower case of one character.</summary>
    /// <remarks>WDK: RtlDowncaseUnicodeChar.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static char RtlDowncaseUnicodeChar(char sourceCharacter) => char.ToLowerInvariant(sourceCharacter);

    private static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right, bool ignoreCase)
    {
        int common = Math.Min(left.Length, right.Length);
        for (int i = 0; i < common; i++)
        {
            int difference = ignoreCase
                ? char.ToUpperInvariant(left[i]) - char.ToUpperInvariant(right[i])
                : left[i] - right[i];
            if (difference != 0)
                return difference;
        }
        return left.Length - right.Length;
    }

    private static NTSTATUS ChangeCase(
        UNICODE_STRING* destination, UNICODE_STRING* sourceString, bool allocate, bool toUpper)
    {
        ReadOnlySpan<char> source = CharsOf(sourceString, "SourceString");
        int bytes = source.Length * sizeof(char);
        if (allocate && !AllocateBuffer(destination, bytes))
            return STATUS_NO_MEMORY;
        if (bytes > destination->MaximumLength)
            return STATUS_BUFFER_OVERFLOW;
        DriverMemory.RequireWritable(destination->Buffer, (nuint)bytes, "a string routine");
        for (int i = 0; i < source.Length; i++)
            destination->Buffer[i] = toUpper ? char.ToUpperInvariant(source[i]) : char.ToLowerInvariant(source[i]);
        destination->Length = (ushort)bytes;
        return STATUS_SUCCESS;
    }
}
