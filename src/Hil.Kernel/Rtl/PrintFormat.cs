using System.Globalization;
using System.Text;

namespace Hil.Kernel;

// printf as the kernel's C runtime speaks it, which is older than C99: %I64d and %p with sixteen upper-case digits,
// %ws, %hs, %S and %wZ for the other kind of string, zero padding for strings too, hh as h, characters of unknown
// conversions printed as they are. Floating point is not there (WDK: DbgPrint). The text is made as UTF-16 here; the
// narrow routines convert it, which loses nothing of narrow input because the ANSI code page maps all 256 bytes to
// different characters.

/// <summary>Formats text in the dialect of Microsoft's kernel C runtime.</summary>
internal unsafe ref struct PrintFormat
{
    private readonly ReadOnlySpan<char> _format;
    private readonly bool _isWide;
    private readonly StringBuilder _text = new();
    private PrintArguments _arguments;
    private int _at;

    private PrintFormat(ReadOnlySpan<char> format, bool isWide, ulong* slots)
    {
        _format = format;
        _isWide = isWide;
        _arguments = new PrintArguments(slots);
    }

    /// <summary>Whether a conversion needed the code page, which drivers may do at PASSIVE_LEVEL only.</summary>
    private bool UsesCodePage { get; set; }

    /// <summary>Formats a narrow format string.</summary>
    /// <param name="format">Zero-terminated.</param>
    public static string Narrow(byte* format, ulong* slots, out bool usesCodePage)
    {
        var bytes = new ReadOnlySpan<byte>(format, (int)DriverMemory.MeasureString(format, 1, "a print routine"));
        char[] characters = new char[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
            characters[i] = AnsiCodePage.ToChar(bytes[i]);
        return Run(characters, isWide: false, slots, out usesCodePage);
    }

    /// <summary>Formats a wide format string.</summary>
    /// <param name="format">Zero-terminated.</param>
    public static string Wide(char* format, ulong* slots)
    {
        int length = (int)DriverMemory.MeasureString(format, sizeof(char), "a print routine") / sizeof(char);
        return Run(new ReadOnlySpan<char>(format, length), isWide: true, slots, out _);
    }

    private static string Run(ReadOnlySpan<char> format, bool isWide, ulong* slots, out bool usesCodePage)
    {
        var run = new PrintFormat(format, isWide, slots);
        run.Run();
        usesCodePage = run.UsesCodePage;
        return run._text.ToString();
    }

    private void Run()
    {
        while (_at < _format.Length)
        {
            char next = _format[_at++];
            if (next != '%')
                _text.Append(next);
            else if (_at < _format.Length)
                Convert(ReadSpecification());
        }
    }

    private PrintSpecification ReadSpecification()
    {
        var specification = new PrintSpecification { Precision = -1 };
        ReadFlags(ref specification);
        specification.Width = ReadNumber();
        if (specification.Width < 0)
            (specification.IsLeft, specification.Width) = (true, -specification.Width);
        if (Accept('.'))
            specification.Precision = Math.Max(ReadNumber(), -1);
        ReadSize(ref specification);
        specification.Type = _at < _format.Length ? _format[_at++] : '\0';
        return specification;
    }

    private void ReadFlags(ref PrintSpecification specification)
    {
        for (; _at < _format.Length; _at++)
        {
            switch (_format[_at])
            {
                case '-': specification.IsLeft = true; break;
                case '+': specification.HasPlus = true; break;
                case ' ': specification.HasBlank = true; break;
                case '#': specification.IsAlternate = true; break;
                case '0': specification.IsZeroPadded = true; break;
                default: return;
            }
        }
    }

    private int ReadNumber()
    {
        const int Limit = 1 << 16; // No sane field is wider; a wild argument must not fill memory with blanks.
        if (Accept('*'))
            return Math.Clamp((int)_arguments.Next(), -Limit, Limit);
        int number = 0;
        for (; _at < _format.Length && char.IsAsciiDigit(_format[_at]); _at++)
            number = Math.Min(number * 10 + (_format[_at] - '0'), Limit);
        return number;
    }

    private void ReadSize(ref PrintSpecification specification)
    {
        for (; _at < _format.Length; _at++)
        {
            switch (_format[_at])
            {
                case 'h': specification.Size = PrintSize.Short; break;
                case 'w': specification.Size = PrintSize.Wide; break;
                case 'l':
                    specification.Size = specification.Size == PrintSize.Long ? PrintSize.Quad : PrintSize.Long;
                    break;
                case 'I' when AcceptAhead("64"): specification.Size = PrintSize.Quad; break;
                case 'I' when AcceptAhead("32"): specification.Size = PrintSize.Default; break;
                case 'I' or 'z' or 't' or 'j': specification.Size = PrintSize.Quad; break;
                case 'L' or 'F' or 'N': break;
                default: return;
            }
        }
    }

    private void Convert(in PrintSpecification specification)
    {
        switch (specification.Type)
        {
            case 'd' or 'i': ConvertSigned(specification); break;
            case 'u': ConvertUnsigned(specification, 10); break;
            case 'o': ConvertUnsigned(specification, 8); break;
            case 'x' or 'X': ConvertUnsigned(specification, 16); break;
            case 'p': ConvertPointer(specification); break;
            case 'c' or 'C': ConvertCharacter(specification); break;
            case 's' or 'S': ConvertString(specification); break;
            case 'Z': ConvertCountedString(specification); break;
            case 'e' or 'E' or 'f' or 'g' or 'G' or 'a' or 'A':
                _arguments.Next();
                _text.Append('%').Append(specification.Type);
                break;
            case 'n': _arguments.Next(); break; // Writing through it is what attackers want; nobody else uses it.
            case '\0': break;
            default: _text.Append(specification.Type); break;
        }
    }

    private void ConvertSigned(in PrintSpecification specification)
    {
        ulong slot = _arguments.Next();
        long value = specification.Size switch
        {
            PrintSize.Quad => (long)slot,
            PrintSize.Short => (short)slot,
            _ => (int)slot,
        };
        string prefix = value < 0 ? "-" : specification.HasPlus ? "+" : specification.HasBlank ? " " : "";
        ulong magnitude = value < 0 ? 0 - (ulong)value : (ulong)value;
        PadNumber(specification, prefix, Digits(magnitude, 10, upper: false, specification.Precision));
    }

    private void ConvertUnsigned(in PrintSpecification specification, uint radix)
    {
        ulong slot = _arguments.Next();
        ulong value = specification.Size switch
        {
            PrintSize.Quad => slot,
            PrintSize.Short => (ushort)slot,
            _ => (uint)slot,
        };
        bool upper = specification.Type == 'X';
        string digits = Digits(value, radix, upper, specification.Precision);
        string prefix = "";
        if (specification.IsAlternate && radix == 16 && value != 0)
            prefix = upper ? "0X" : "0x";
        else if (specification.IsAlternate && radix == 8 && !digits.StartsWith('0'))
            digits = "0" + digits;
        PadNumber(specification, prefix, digits);
    }

    private void ConvertPointer(in PrintSpecification specification)
    {
        const int PointerDigits = 16;
        string digits = Digits(_arguments.Next(), 16, upper: true, PointerDigits);
        Pad(specification, specification.IsAlternate ? "0X" : "", digits, zeros: false);
    }

    private void ConvertCharacter(in PrintSpecification specification)
    {
        ulong slot = _arguments.Next();
        char character = IsWideText(specification) ? (char)slot : AnsiCodePage.ToChar((byte)slot);
        Pad(specification, "", character.ToString(), specification.IsZeroPadded);
    }

    private void ConvertString(in PrintSpecification specification)
    {
        var address = (void*)_arguments.Next();
        bool isWide = IsWideText(specification);
        nuint unitsMax = specification.Precision < 0 ? nuint.MaxValue : (nuint)specification.Precision;
        string text;
        if (address == null)
        {
            text = "(null)";
            if (unitsMax < (nuint)text.Length)
                text = text[..(int)unitsMax];
        }
        else
        {
            nuint bytes = DriverMemory.MeasureString(address, isWide ? sizeof(char) : 1, "a print routine", unitsMax);
            text = TextOf(address, (int)bytes, isWide);
        }
        Pad(specification, "", text, specification.IsZeroPadded);
    }

    private void ConvertCountedString(in PrintSpecification specification)
    {
        // ANSI_STRING and UNICODE_STRING have the same layout; only a prefix makes it the wide one, in wide routines
        // too.
        bool isWide = specification.Size is PrintSize.Wide or PrintSize.Long;
        UsesCodePage |= isWide != _isWide;
        var counted = (UNICODE_STRING*)_arguments.Next();
        if (counted != null)
            DriverMemory.RequireReadable(counted, (nuint)sizeof(UNICODE_STRING), "a print routine");
        string text = "(null)";
        if (counted != null && counted->Buffer != null)
        {
            DriverMemory.RequireReadable(counted->Buffer, counted->Length, "a print routine");
            text = TextOf(counted->Buffer, counted->Length, isWide);
        }
        Pad(specification, "", text, specification.IsZeroPadded);
    }

    // Lower-case c and s mean the routine's own kind of text, upper-case the other kind, unless a prefix says which.
    private bool IsWideText(in PrintSpecification specification)
    {
        bool isWide = specification.Size switch
        {
            PrintSize.Short => false,
            PrintSize.Wide or PrintSize.Long => true,
            _ => char.IsAsciiLetterUpper(specification.Type) ? !_isWide : _isWide,
        };
        UsesCodePage |= isWide != _isWide;
        return isWide;
    }

    private static string TextOf(void* address, int bytes, bool isWide)
    {
        if (isWide)
            return new string((char*)address, 0, bytes / sizeof(char));
        return string.Create(bytes, (nint)address, static (text, address) =>
        {
            for (int i = 0; i < text.Length; i++)
                text[i] = AnsiCodePage.ToChar(((byte*)address)[i]);
        });
    }

    private static string Digits(ulong value, uint radix, bool upper, int precision)
    {
        string digits = radix switch
        {
            _ when value == 0 => "",
            8 => System.Convert.ToString((long)value, 8),
            16 => value.ToString(upper ? "X" : "x", CultureInfo.InvariantCulture),
            _ => value.ToString(CultureInfo.InvariantCulture),
        };
        return digits.PadLeft(precision < 0 ? 1 : precision, '0');
    }

    // A precision already says how many digits there are, so it switches zero padding off.
    private void PadNumber(in PrintSpecification specification, string prefix, string digits) =>
        Pad(specification, prefix, digits, specification.IsZeroPadded && specification.Precision < 0);

    private void Pad(in PrintSpecification specification, string prefix, string text, bool zeros)
    {
        int padding = Math.Max(0, specification.Width - prefix.Length - text.Length);
        if (!specification.IsLeft && !zeros)
            _text.Append(' ', padding);
        _text.Append(prefix);
        if (!specification.IsLeft && zeros)
            _text.Append('0', padding);
        _text.Append(text);
        if (specification.IsLeft)
            _text.Append(' ', padding);
    }

    private bool Accept(char expected)
    {
        if (_at >= _format.Length || _format[_at] != expected)
            return false;
        _at++;
        return true;
    }

    // Steps onto the last character of a longer size prefix when the format goes on with it.
    private bool AcceptAhead(string rest)
    {
        if (!_format[(_at + 1)..].StartsWith(rest))
            return false;
        _at += rest.Length;
        return true;
    }
}
