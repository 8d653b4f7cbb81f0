namespace Hil.Kernel;

// scanf as Microsoft's C runtime speaks it, in the form with buffer sizes: a string or character conversion takes two
// arguments, the buffer and its size in characters (unsigned). Input and format are UTF-16 here, as in PrintFormat.
// There is no floating point in the kernel; such a conversion never matches.

/// <summary>Reads formatted text in the dialect of Microsoft's C runtime.</summary>
internal unsafe ref struct ScanFormat
{
    private const int EndOfFile = -1;
    private const string Caller = "a scan routine";

    private readonly ReadOnlySpan<char> _input;
    private readonly ReadOnlySpan<char> _format;
    private readonly bool _isWide;
    private PrintArguments _arguments;
    private int _at;
    private int _formatAt;
    private int _assigned;
    private bool _hasConverted;
    private bool _isStarved;

    private ScanFormat(ReadOnlySpan<char> input, ReadOnlySpan<char> format, bool isWide, ulong* slots)
    {
        _input = input;
        _format = format;
        _isWide = isWide;
        _arguments = new PrintArguments(slots);
    }

    private readonly bool IsAtEnd => _at == _input.Length;

    /// <summary>Reads narrow text.</summary>
    /// <returns>How many conversions were stored; -1 when the text ended before the first one, and for null
    /// pointers.</returns>
    public static int Narrow(byte* input, ulong inputMax, byte* format, ulong* slots)
    {
        if (input == null || format == null)
            return EndOfFile;
        char[] text = CrtText<byte>.Decode(input, CrtText<byte>.Measure(input, Caller, inputMax));
        char[] conversions = CrtText<byte>.Decode(format, CrtText<byte>.Measure(format, Caller));
        return new ScanFormat(text, conversions, isWide: false, slots).Run();
    }

    /// <inheritdoc cref="Narrow"/>
    public static int Wide(char* input, ulong inputMax, char* format, ulong* slots)
    {
        if (input == null || format == null)
            return EndOfFile;
        var text = new ReadOnlySpan<char>(input, (int)CrtText<char>.Measure(input, Caller, inputMax));
        var conversions = new ReadOnlySpan<char>(format, (int)CrtText<char>.Measure(format, Caller));
        return new ScanFormat(text, conversions, isWide: true, slots).Run();
    }

    private int Run()
    {
        while (_formatAt < _format.Length)
        {
            char next = _format[_formatAt++];
            if (CrtCharacters.IsSpace(next))
                SkipSpaces();
            else if (!(next == '%' && !AcceptFormat('%') ? Convert(ReadSpecification()) : AcceptInput(next)))
                return _isStarved && !_hasConverted ? EndOfFile : _assigned;
        }
        return _assigned;
    }

    private ScanSpecification ReadSpecification()
    {
        var specification = new ScanSpecification { IsSuppressed = AcceptFormat('*'), Bytes = sizeof(int) };
        for (; _formatAt < _format.Length && char.IsAsciiDigit(_format[_formatAt]); _formatAt++)
            specification.Width = Math.Min(specification.Width * 10 + (_format[_formatAt] - '0'), ushort.MaxValue);
        while (ReadSize(ref specification))
        {
        }
        specification.Type = _formatAt < _format.Length ? _format[_formatAt++] : '\0';
        if (specification.Type == 'p')
            specification.Bytes = sizeof(ulong);
        else if (specification.Type == '[')
            specification.Set = ReadSet();
        return specification;
    }

    private bool ReadSize(ref ScanSpecification specification)
    {
        if (AcceptFormat('h'))
            (specification.Bytes, specification.IsWide) =
                (specification.Bytes == sizeof(short) ? 1 : sizeof(short), false);
        else if (AcceptFormat('l'))
            (specification.Bytes, specification.IsWide) =
                (specification.IsWide == true ? sizeof(long) : sizeof(int), true);
        else if (AcceptFormat('w'))
            specification.IsWide = true;
        else if (AcceptFormat('I'))
            specification.Bytes = AcceptFormat('3') && AcceptFormat('2') ? sizeof(int) : SkipSixtyFour();
        else if (AcceptFormat('z') || AcceptFormat('t') || AcceptFormat('j') || AcceptFormat('L'))
            specification.Bytes = sizeof(long);
        else
            return false;
        return true;
    }

    private int SkipSixtyFour()
    {
        if (AcceptFormat('6'))
            AcceptFormat('4');
        return sizeof(long);
    }

    // A bracket right at the start is a character of the set.
    private ReadOnlySpan<char> ReadSet()
    {
        int start = _formatAt;
        AcceptFormat('^');
        AcceptFormat(']');
        while (_formatAt < _format.Length && _format[_formatAt] != ']')
            _formatAt++;
        ReadOnlySpan<char> set = _format[start.._formatAt];
        AcceptFormat(']');
        return set;
    }

    private bool Convert(in ScanSpecification specification)
    {
        bool isText = specification.Type is 'c' or 'C' or '[';
        if (!isText && specification.Type != 'n')
            SkipSpaces();
        _isStarved = IsAtEnd;
        bool isGood = specification.Type switch
        {
            'd' or 'u' => ConvertInteger(specification, 10),
            'i' => ConvertInteger(specification, 0),
            'o' => ConvertInteger(specification, 8),
            'x' or 'X' or 'p' => ConvertInteger(specification, 16),
            'c' or 'C' => ConvertText(specification, CountCharacters(specification), hasTerminator: false),
            's' or 'S' => ConvertText(specification, CountWord(specification), hasTerminator: true),
            '[' => ConvertText(specification, CountSet(specification), hasTerminator: true),
            'n' => StorePosition(specification),
            _ => false,
        };
        if (isGood && specification.Type != 'n')
        {
            _hasConverted = true;
            _assigned += specification.IsSuppressed ? 0 : 1;
        }
        return isGood;
    }

    private bool ConvertInteger(in ScanSpecification specification, uint radix)
    {
        int end = specification.Width == 0 ? _input.Length : Math.Min(_input.Length, _at + specification.Width);
        int at = _at;
        bool isNegative = at < end && _input[at] == '-';
        if (at < end && _input[at] is '-' or '+')
            at++;
        bool hasZero = at < end && _input[at] == '0';
        if (radix is 0 or 16 && hasZero && at + 1 < end && _input[at + 1] is 'x' or 'X')
            (radix, at) = (16, at + 2);
        else if (radix == 0)
            radix = hasZero ? 8u : 10u;
        int digits = at;
        ulong number = 0;
        for (; at < end && CrtCharacters.DigitOf(_input[at]) is uint digit && digit < radix; at++)
            number = number * radix + digit;
        _at = at;
        if (at == digits && !hasZero)
            return false;
        if (!specification.IsSuppressed)
            StoreInteger(isNegative ? 0 - number : number, specification.Bytes);
        return true;
    }

    private bool StorePosition(in ScanSpecification specification)
    {
        if (!specification.IsSuppressed)
            StoreInteger((ulong)_at, specification.Bytes);
        return true;
    }

    private void StoreInteger(ulong number, int bytes)
    {
        var address = (byte*)_arguments.Next();
        DriverMemory.RequireWritable(address, (nuint)bytes, Caller);
        new ReadOnlySpan<byte>(&number, bytes).CopyTo(new Span<byte>(address, bytes));
    }

    private readonly int CountCharacters(in ScanSpecification specification)
    {
        int count = Math.Max(specification.Width, 1);
        return count <= _input.Length - _at ? count : 0;
    }

    private readonly int CountWord(in ScanSpecification specification)
    {
        ReadOnlySpan<char> rest = Rest(specification);
        int length = 0;
        while (length < rest.Length && !CrtCharacters.IsSpace(rest[length]))
            length++;
        return length;
    }

    private readonly int CountSet(in ScanSpecification specification)
    {
        ReadOnlySpan<char> rest = Rest(specification);
        bool isInverted = specification.Set is ['^', ..];
        ReadOnlySpan<char> set = isInverted ? specification.Set[1..] : specification.Set;
        int length = 0;
        while (length < rest.Length && IsInSet(set, rest[length]) != isInverted)
            length++;
        return length;
    }

    private readonly ReadOnlySpan<char> Rest(in ScanSpecification specification) =>
        specification.Width == 0 || specification.Width > _input.Length - _at
            ? _input[_at..]
            : _input.Slice(_at, specification.Width);

    // A hyphen between two characters stands for all between them.
    private static bool IsInSet(ReadOnlySpan<char> set, char character)
    {
        for (int i = 0; i < set.Length; i++)
        {
            bool isRange = i + 2 < set.Length && set[i + 1] == '-';
            if (isRange ? InRange(character, set[i], set[i + 2]) : character == set[i])
                return true;
            i += isRange ? 2 : 0;
        }
        return false;
    }

    private static bool InRange(char character, char first, char second) =>
        character >= Math.Min(first, second) && character <= Math.Max(first, second);

    // Nothing is written to a buffer that is too small, and the scan ends there (Microsoft C runtime: scanf_s).
    private bool ConvertText(in ScanSpecification specification, int length, bool hasTerminator)
    {
        if (length == 0)
            return false;
        ReadOnlySpan<char> text = _input.Slice(_at, length);
        _at += length;
        if (specification.IsSuppressed)
            return true;
        ulong address = _arguments.Next();
        var size = (uint)_arguments.Next();
        int units = hasTerminator ? length + 1 : length;
        if ((uint)units > size)
            return false;
        if (specification.IsWide ?? (char.IsAsciiLetterUpper(specification.Type) ? !_isWide : _isWide))
            StoreText((char*)address, text, units);
        else
            StoreText((byte*)address, text, units);
        return true;
    }

    private static void StoreText<T>(T* address, ReadOnlySpan<char> text, int units)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        DriverMemory.RequireWritable(address, (nuint)(units * sizeof(T)), Caller);
        for (int i = 0; i < units; i++)
            address[i] = i < text.Length ? CrtText<T>.Encode(text[i]) : T.Zero;
    }

    private void SkipSpaces()
    {
        while (!IsAtEnd && CrtCharacters.IsSpace(_input[_at]))
            _at++;
    }

    private bool AcceptInput(char expected)
    {
        _isStarved = IsAtEnd;
        if (IsAtEnd || _input[_at] != expected)
            return false;
        _at++;
        return true;
    }

    private bool AcceptFormat(char expected)
    {
        if (_formatAt >= _format.Length || _format[_formatAt] != expected)
            return false;
        _formatAt++;
        return true;
    }
}
