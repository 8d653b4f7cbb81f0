using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Hil.Host.Yaml;

/// <summary>Reads data such as <c>u32 1 2, hex 0a0b, text "a, b", random 4096 seed 7</c>.</summary>
internal sealed class DataParser
{
    private static readonly string[] s_pieces =
        ["u8", "u16", "u32", "u64", "hex", "text", "wtext", "zeros", "count", "random", "any"];

    private readonly YamlSection _section;
    private readonly string _key;
    private readonly string _text;
    private readonly bool _mayBeAny;
    private readonly ImmutableArray<DataPiece>.Builder _pieces = ImmutableArray.CreateBuilder<DataPiece>();
    private int _at;
    private long _length;

    private DataParser(YamlSection section, string key, bool mayBeAny)
    {
        _section = section;
        _key = key;
        _text = section.RawText(key, "data");
        _mayBeAny = mayBeAny;
    }

    /// <param name="mayBeAny">Whether this is expected data, of which parts may stay uncompared.</param>
    public static DataPattern Parse(YamlSection section, string key, bool mayBeAny) =>
        section.Has(key) ? new DataParser(section, key, mayBeAny).Parse() : DataPattern.Empty;

    /// <summary>Data, or the number of bytes: of any for expected data, else of count.</summary>
    public static DataPattern ParseOrLength(YamlSection section, string key, bool mayBeAny)
    {
        if (!YamlValues.TryNumber(section.Text(key, "data or a number of bytes"), out ulong length))
            return Parse(section, key, mayBeAny);
        if (length > DataPattern.LengthMax)
            throw section.Fault(section.Find(key)!, $"'{key}' must be 0 to 16M, not {section.Text(key)}");
        return new DataPattern([mayBeAny ? DataPiece.Any((int)length) : DataPiece.Count((int)length)]);
    }

    private DataPattern Parse()
    {
        do
        {
            string kind = NextWord();
            ParsePiece(kind);
            SkipSpaces();
        }
        while (TryTake(','));
        if (_at < _text.Length)
            throw Fault($"'{_text[_at]}' is not expected here; pieces are parted by commas");
        return new DataPattern(_pieces.ToImmutable());
    }

    private void ParsePiece(string kind)
    {
        switch (kind)
        {
            case "u8" or "u16" or "u32" or "u64":
                AddNumbers(kind, int.Parse(kind.AsSpan(1), CultureInfo.InvariantCulture) / 8);
                break;
            case "hex":
                AddHex();
                break;
            case "text":
                Add(DataPiece.Literal(Encoding.UTF8.GetBytes(Quoted(kind))));
                break;
            case "wtext":
                Add(DataPiece.Literal(Encoding.Unicode.GetBytes(Quoted(kind))));
                break;
            case "zeros" or "count" or "random" or "any":
                AddMade(kind);
                break;
            default:
                throw Fault($"unknown piece '{kind}'; pieces are {string.Join(", ", s_pieces)}");
        }
    }

    private void AddNumbers(string kind, int bytes)
    {
        var values = new List<byte>();
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        do
        {
            string word = NextWord();
            if (!YamlValues.TryNumber(word, out ulong number))
                throw Fault($"{kind} takes numbers, not '{word}'");
            if (bytes < sizeof(ulong) && number >> (bytes * 8) != 0)
                throw Fault($"{word} does not fit {kind}");
            BinaryPrimitives.WriteUInt64LittleEndian(value, number);
            values.AddRange(value[..bytes]);
        }
        while (IsAtWord());
        Add(DataPiece.Literal([.. values]));
    }

    private void AddHex()
    {
        var digits = new StringBuilder();
        while (IsAtWord())
        {
            string word = NextWord();
            if (word.Length % 2 != 0 || !word.All(char.IsAsciiHexDigit))
                throw Fault($"hex takes pairs of digits, not '{word}'");
            digits.Append(word);
        }
        if (digits.Length == 0)
            throw Fault("hex takes pairs of digits");
        Add(DataPiece.Literal(Convert.FromHexString(digits.ToString())));
    }

    private void AddMade(string kind)
    {
        if (kind == "any" && !_mayBeAny)
            throw Fault("'any' goes with expected data only");
        string word = NextWord();
        if (!YamlValues.TryNumber(word, out ulong length))
            throw Fault($"{kind} takes a number of bytes, not '{word}'");
        if (length > DataPattern.LengthMax)
            throw Fault("more than 16 MB");
        Add(kind switch
        {
            "zeros" => DataPiece.Zeros((int)length),
            "count" => DataPiece.Count((int)length),
            "any" => DataPiece.Any((int)length),
            _ => DataPiece.Random((int)length, Seed()),
        });
    }

    private ulong Seed()
    {
        if (!IsAtWord())
            return 0;
        string word = NextWord();
        if (word != "seed")
            throw Fault($"'seed' is expected, not '{word}'");
        word = NextWord();
        return YamlValues.TryNumber(word, out ulong seed) ? seed : throw Fault($"seed takes a number, not '{word}'");
    }

    private string Quoted(string kind)
    {
        SkipSpaces();
        if (!TryTake('"'))
            throw Fault($"{kind} takes a text in double quotes");
        var text = new StringBuilder();
        while (_at < _text.Length && _text[_at] != '"')
            text.Append(_text[_at] == '\\' ? Escaped() : _text[_at++]);
        return TryTake('"') ? text.ToString() : throw Fault("a closing quote is missing");
    }

    private char Escaped()
    {
        _at++;
        char escape = _at < _text.Length ? _text[_at++] : '\0';
        return escape switch
        {
            '"' or '\\' => escape,
            'n' => '\n',
            '0' => '\0',
            _ => throw Fault("""escapes are \" \\ \n and \0"""),
        };
    }

    private void Add(DataPiece piece)
    {
        _length += piece.Length;
        if (_length > DataPattern.LengthMax)
            throw Fault("more than 16 MB");
        _pieces.Add(piece);
    }

    private string NextWord()
    {
        SkipSpaces();
        int start = _at;
        while (_at < _text.Length && _text[_at] is not (' ' or '\t' or '\n' or ',' or '"'))
            _at++;
        return _text[start.._at];
    }

    private bool IsAtWord()
    {
        SkipSpaces();
        return _at < _text.Length && _text[_at] is not (',' or '"');
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && _text[_at] is (' ' or '\t' or '\n'))
            _at++;
    }

    private bool TryTake(char expected)
    {
        if (_at >= _text.Length || _text[_at] != expected)
            return false;
        _at++;
        return true;
    }

    private HilYamlException Fault(string problem) => _section.Fault(_section.Find(_key)!, $"'{_key}': {problem}");
}
