namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const int AnsiBytesMax = ushort.MaxValue - 1;

    /// <summary>Makes a counted string of a zero-terminated one, without copying; null makes an empty one.</summary>
    /// <remarks>WDK: RtlInitAnsiString.</remarks>
    [Export]
    public static void RtlInitAnsiString(ANSI_STRING* destinationString, [UncheckedPointer] byte* sourceString)
    {
        destinationString->Buffer = sourceString;
        destinationString->Length = destinationString->MaximumLength = 0;
        if (sourceString == null)
            return;
        nuint bytes = DriverMemory.MeasureString(sourceString, 1, nameof(RtlInitAnsiString));
        destinationString->Length = (ushort)Math.Min(bytes, AnsiBytesMax);
        destinationString->MaximumLength = (ushort)(destinationString->Length + 1);
    }

    /// <summary>As RtlInitAnsiString.</summary>
    /// <remarks>WDK: RtlInitString.</remarks>
    [Export]
    public static void RtlInitString(ANSI_STRING* destinationString, [UncheckedPointer] byte* sourceString) =>
        RtlInitAnsiString(destinationString, sourceString);

    /// <summary>Copies as much of a string as fits; null empties the destination.</summary>
    /// <remarks>WDK: RtlCopyString. No terminator is written.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void RtlCopyString(ANSI_STRING* destinationString, ANSI_STRING* sourceString)
    {
        destinationString->Length = 0;
        if (sourceString == null)
            return;
        ReadOnlySpan<byte> source = BytesOf(sourceString, "SourceString");
        source = source[..Math.Min(source.Length, destinationString->MaximumLength)];
        DriverMemory.RequireWritable(destinationString->Buffer, (nuint)source.Length, nameof(RtlCopyString));
        source.CopyTo(new Span<byte>(destinationString->Buffer, source.Length));
        destinationString->Length = (ushort)source.Length;
    }

    /// <summary>Compares strings byte by byte; negative, zero or positive.</summary>
    /// <remarks>WDK: RtlCompareString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static int RtlCompareString(ANSI_STRING* string1, ANSI_STRING* string2, BOOLEAN caseInSensitive)
    {
        ReadOnlySpan<byte> left = BytesOf(string1, "String1");
        ReadOnlySpan<byte> right = BytesOf(string2, "String2");
        int common = Math.Min(left.Length, right.Length);
        for (int i = 0; i < common; i++)
        {
            int difference = caseInSensitive
                ? AnsiCodePage.ToUpper(left[i]) - AnsiCodePage.ToUpper(right[i])
                : left[i] - right[i];
            if (difference != 0)
                return difference;
        }
        return left.Length - right.Length;
    }

    /// <summary>Whether strings are equal.</summary>
    /// <remarks>WDK: RtlEqualString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN RtlEqualString(ANSI_STRING* string1, ANSI_STRING* string2, BOOLEAN caseInSensitive) =>
        string1->Length == string2->Length && RtlCompareString(string1, string2, caseInSensitive) == 0;

    /// <summary>Copies as much of a string as fits, in upper case.</summary>
    /// <remarks>WDK: RtlUpperString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void RtlUpperString(ANSI_STRING* destinationString, ANSI_STRING* sourceString)
    {
        RtlCopyString(destinationString, sourceString);
        for (int i = 0; i < destinationString->Length; i++)
            destinationString->Buffer[i] = AnsiCodePage.ToUpper(destinationString->Buffer[i]);
    }

    /// <summary>Upper case of one character.</summary>
    /// <remarks>WDK: RtlUpperChar.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static byte RtlUpperChar(byte character) => AnsiCodePage.ToUpper(character);

    /// <summary>Frees the buffer of a string that an Rtl routine allocated, and empties the string.</summary>
    /// <remarks>WDK: RtlFreeAnsiString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void RtlFreeAnsiString(ANSI_STRING* ansiString)
    {
        if (ansiString->Buffer != null)
            ExFreePool(ansiString->Buffer);
        *ansiString = default;
    }

    /// <summary>The bytes of a counted string that a driver handed over; its buffer is checked.</summary>
    internal static ReadOnlySpan<byte> BytesOf(ANSI_STRING* text, string what)
    {
        if (text->Length == 0)
            return [];
        DriverMemory.RequireReadable(text->Buffer, text->Length, what);
        return new ReadOnlySpan<byte>(text->Buffer, text->Length);
    }
}
