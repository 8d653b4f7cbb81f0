namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Writes a number in base 2, 8, 10 (or 0) or 16, zero-terminated.</summary>
    /// <remarks>WDK: RtlIntegerToUnicodeString. STATUS_BUFFER_OVERFLOW when digits and terminator do not fit.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlIntegerToUnicodeString(uint value, uint @base, UNICODE_STRING* @string) =>
        WriteInteger(value, @base, @string);

    /// <summary>As RtlIntegerToUnicodeString, for 64 bits.</summary>
    /// <remarks>WDK: RtlInt64ToUnicodeString.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlInt64ToUnicodeString(ulong value, uint @base, UNICODE_STRING* @string) =>
        WriteInteger(value, @base, @string);

    /// <summary>Reads a number; leading blanks and a sign may stand before it, anything behind it.</summary>
    /// <param name="base">0 takes the base from the prefix 0x, 0o or 0b, else 10.</param>
    /// <remarks>WDK: RtlUnicodeStringToInteger. No digits make 0.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlUnicodeStringToInteger(UNICODE_STRING* @string, uint @base, uint* value) =>
        ReadInteger(CharsOf(@string, "String"), @base, value);

    /// <summary>As RtlUnicodeStringToInteger, for a zero-terminated narrow string.</summary>
    /// <remarks>WDK: RtlCharToInteger.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlCharToInteger([UncheckedPointer] byte* @string, uint @base, uint* value) =>
        ReadInteger(AnsiText(@string), @base, value);

    private static NTSTATUS ReadInteger(ReadOnlySpan<char> text, uint radix, uint* value)
    {
        while (text.Length > 0 && text[0] <= ' ')
            text = text[1..];
        bool isNegative = text is ['-', ..];
        if (text is ['-' or '+', ..])
            text = text[1..];
        if (radix == 0)
            radix = TakePrefix(ref text);
        if (!IsBase(radix))
            return STATUS_INVALID_PARAMETER;
        uint number = ReadDigits(text, radix);
        *value = isNegative ? 0 - number : number;
        return STATUS_SUCCESS;
    }

    private static bool IsBase(uint @base) => @base is 2 or 8 or 10 or 16;

    private static NTSTATUS WriteInteger(ulong value, uint radix, UNICODE_STRING* destination)
    {
        if (radix == 0)
            radix = 10;
        if (!IsBase(radix))
            return STATUS_INVALID_PARAMETER;
        Span<char> digits = stackalloc char[64];
        int at = digits.Length;
        do
        {
            digits[--at] = "0123456789ABCDEF"[(int)(value % radix)];
            value /= radix;
        }
        while (value > 0);
        Span<char> text = digits[at..];
        if ((text.Length + 1) * sizeof(char) > destination->MaximumLength)
            return STATUS_BUFFER_OVERFLOW;
        destination->Length = 0;
        return Append(destination, text);
    }

    private static uint TakePrefix(ref ReadOnlySpan<char> text)
    {
        uint radix = text switch
        {
            ['0', 'x', ..] => 16,
            ['0', 'o', ..] => 8,
            ['0', 'b', ..] => 2,
            _ => 10u,
        };
        if (radix != 10)
            text = text[2..];
        return radix;
    }

    private static uint ReadDigits(ReadOnlySpan<char> text, uint radix)
    {
        uint number = 0;
        foreach (char character in text)
        {
            uint digit = character switch
            {
                >= '0' and <= '9' => character - (uint)'0',
                >= 'A' and <= 'F' => character - (uint)'A' + 10,
                >= 'a' and <= 'f' => character - (uint)'a' + 10,
                _ => uint.MaxValue,
            };
            if (digit >= radix)
                break;
            number = number * radix + digit;
        }
        return number;
    }
}
