namespace Hil.Kernel;

/// <summary>The system's ANSI code page: 1252, single-byte. Equal to Latin-1 but for 0x80 to 0x9F.</summary>
internal static class AnsiCodePage
{
    private const int FirstSpecial = 0x80;

    // Bytes 0x80 to 0x9F (Unicode Consortium: CP1252.TXT); the five undefined ones map to themselves, as in Windows.
    private const string Special =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    public static char ToChar(byte ansi) =>
        (uint)(ansi - FirstSpecial) < (uint)Special.Length ? Special[ansi - FirstSpecial] : (char)ansi;

    /// <summary>The byte of a character, '?' when the code page lacks it.</summary>
    public static byte ToByte(char unicode)
    {
        if (unicode < FirstSpecial || unicode is >= '\u00A0' and <= '\u00FF')
            return (byte)unicode;
        int index = Special.IndexOf(unicode, StringComparison.Ordinal);
        return index >= 0 ? (byte)(FirstSpecial + index) : (byte)'?';
    }

    /// <summary>Upper case of a byte, or the byte itself where the code page has no upper case for it.</summary>
    public static byte ToUpper(byte ansi)
    {
        if (ansi < FirstSpecial)
            return ansi is >= (byte)'a' and <= (byte)'z' ? (byte)(ansi - 0x20) : ansi;
        byte upper = ToByte(char.ToUpperInvariant(ToChar(ansi)));
        return upper == (byte)'?' ? ansi : upper;
    }
}
