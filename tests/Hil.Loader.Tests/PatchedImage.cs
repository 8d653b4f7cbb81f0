using System.Buffers.Binary;
using System.Globalization;

namespace Hil.Loader.Tests;

// The language of corrupt.txt. A place is a sum of terms: a number; pe (the signature); file; opt; dir.N (data
// directory entry); tab.N (what entry N points to); sec.NAME (section header); raw.NAME (section data); end (file
// length). A patch is "u8|u16|u32|u64 PLACE = NUMBER", "cut PLACE", or several separated by ";". It has its own reading
// of the headers: using the parser under test here would hide its mistakes.

/// <summary>Applies the patches of a text case to an image.</summary>
internal sealed class PatchedImage(byte[] bytes)
{
    private readonly byte[] _original = [.. bytes];

    public byte[] Bytes { get; private set; } = bytes;

    private int Pe => (int)U32(0x3C);

    public void Apply(string patches)
    {
        foreach (string patch in patches.Split(';',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            ApplyOne(patch);
    }

    public int Place(string expression) => expression.Split('+').Sum(term => Term(term.Trim()));

    private void ApplyOne(string patch)
    {
        string[] words = patch.Split(' ', 2);
        if (words[0] == "cut")
        {
            Bytes = Bytes[..Place(words[1])];
            return;
        }
        string[] sides = words[1].Split('=', 2);
        ulong value = (ulong)Number(sides[1].Trim());
        Span<byte> at = Bytes.AsSpan(Place(sides[0]));
        for (int i = 0; i < int.Parse(words[0][1..], CultureInfo.InvariantCulture) / 8; i++)
            at[i] = (byte)(value >> (8 * i));
    }

    private int Term(string term)
    {
        string[] parts = term.Split('.', 2);
        return parts[0] switch
        {
            "pe" => Pe,
            "file" => Pe + 4,
            "opt" => Pe + 24,
            "dir" => Directory(parts[1]),
            "tab" => Offset(U32(Directory(parts[1]))),
            "sec" => Section(parts[1]),
            "raw" => (int)U32(Section(parts[1]) + 20),
            "end" => _original.Length,
            _ => (int)Number(term),
        };
    }

    private int Directory(string index) => Pe + 24 + 112 + 8 * int.Parse(index, CultureInfo.InvariantCulture);

    private int Section(string name)
    {
        foreach (int at in SectionHeaders())
        {
            if (System.Text.Encoding.ASCII.GetString(_original, at, 8).TrimEnd('\0') == name)
                return at;
        }
        throw new ArgumentException($"no section {name}");
    }

    private int Offset(uint rva)
    {
        foreach (int at in SectionHeaders())
        {
            if (rva >= U32(at + 12) && rva < U32(at + 12) + Math.Max(U32(at + 8), U32(at + 16)))
                return (int)(rva - U32(at + 12) + U32(at + 20));
        }
        throw new ArgumentException($"no section holds {rva:X}");
    }

    private IEnumerable<int> SectionHeaders() =>
        Enumerable.Range(0, _original[Pe + 6]).Select(i => Pe + 24 + 240 + 40 * i);

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_original.AsSpan(offset));

    private static long Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? unchecked((long)ulong.Parse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
        : long.Parse(text, CultureInfo.InvariantCulture);
}
