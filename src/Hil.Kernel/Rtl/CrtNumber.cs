using System.Numerics;

namespace Hil.Kernel;

/// <summary>Numbers as text in driver memory, of bytes or of UTF-16, as Microsoft's C runtime reads and writes
/// them.</summary>
internal static unsafe class CrtNumber<T>
    where T : unmanaged, IBinaryInteger<T>
{
    private const int DigitsMax = 65; // 64 bits in base 2, and a sign.

    /// <summary>_itoa and its like, into a buffer that is trusted to be large enough.</summary>
    /// <remarks>An impossible base leaves an empty string.</remarks>
    public static T* Write(ulong bits, long value, T* buffer, int radix, string export)
    {
        WriteBounded(bits, value, buffer, DigitsMax + 1, radix, export);
        return buffer;
    }

    /// <summary>_itoa_s and its like: 0, or EINVAL with an empty string where there is room for one.</summary>
    /// <param name="bits">The number.</param>
    /// <param name="value">The number as one with a sign, which it has in base 10; 0 for an unsigned one.</param>
    public static int WriteBounded(ulong bits, long value, T* buffer, nuint size, int radix, string export)
    {
        if (buffer == null || size == 0)
            return EINVAL;
        if (radix is < 2 or > 36)
            return CrtText<T>.Empty(buffer, size, EINVAL, export);
        Span<char> digits = stackalloc char[DigitsMax];
        bool isNegative = radix == 10 && value < 0;
        ReadOnlySpan<char> text = Format(isNegative ? 0 - (ulong)value : bits, isNegative, (uint)radix, digits);
        return CrtText<T>.TryStore(buffer, size, text, export) ? 0 : EINVAL;
    }

    /// <summary>wcstoul and _strtoui64: a number between blanks and anything else.</summary>
    /// <param name="end">Gets the first character that is not of it; may be null.</param>
    /// <param name="radix">2 to 36, or 0 to tell by the prefix 0x or 0; any other reads nothing.</param>
    /// <returns>0 without digits; <paramref name="max"/> for a number above it.</returns>
    public static ulong ReadUnsigned(T* text, T** end, int radix, ulong max, string export)
    {
        var at = new Reader(text, export);
        T* behind = text;
        ulong number = 0;
        bool isNegative = false;
        if (radix is 0 or (>= 2 and <= 36))
        {
            isNegative = at.TakeSign();
            uint used = at.TakePrefix((uint)radix);
            number = at.TakeDigits(used, max, ref behind);
        }
        if (end != null)
            *end = behind;
        return isNegative && number != max ? (0 - number) & max : number;
    }

    /// <summary>atoi and _wtoi: a decimal number, the nearest of 32 bits.</summary>
    public static int ReadInteger(T* text, string export)
    {
        var at = new Reader(text, export);
        T* behind = null;
        bool isNegative = at.TakeSign();
        ulong magnitude = at.TakeDigits(10, 1ul << 31, ref behind);
        return (int)(isNegative ? -(long)magnitude : Math.Min((long)magnitude, int.MaxValue));
    }

    private static ReadOnlySpan<char> Format(ulong magnitude, bool isNegative, uint radix, Span<char> digits)
    {
        int at = digits.Length;
        do
        {
            digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(magnitude % radix)];
            magnitude /= radix;
        }
        while (magnitude > 0);
        if (isNegative)
            digits[--at] = '-';
        return digits[at..];
    }

    private ref struct Reader(T* text, string export)
    {
        private readonly T* _end = text + CrtText<T>.Measure(text, export);
        private T* _at = text;

        private readonly char Next => _at < _end ? CrtText<T>.Decode(*_at) : '\0';

        public bool TakeSign()
        {
            while (CrtCharacters.IsSpace(Next))
                _at++;
            char sign = Next;
            if (sign is '-' or '+')
                _at++;
            return sign == '-';
        }

        // The 0 of a prefix without digits behind it is a number of its own.
        public uint TakePrefix(uint radix)
        {
            bool hasZero = Next == '0';
            bool isHex = hasZero && _end - _at > 2 && CrtText<T>.Decode(_at[1]) is 'x' or 'X'
                && CrtCharacters.DigitOf(CrtText<T>.Decode(_at[2])) < 16;
            if (isHex && radix is 0 or 16)
            {
                _at += 2;
                return 16;
            }
            return radix != 0 ? radix : hasZero ? 8u : 10u;
        }

        public ulong TakeDigits(uint radix, ulong max, ref T* behind)
        {
            ulong number = 0;
            for (bool isOver = false; CrtCharacters.DigitOf(Next) is uint digit && digit < radix; behind = ++_at)
            {
                isOver |= number > (max - digit) / radix;
                number = isOver ? max : number * radix + digit;
            }
            return number;
        }
    }
}
