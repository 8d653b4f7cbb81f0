using System.Buffers;
using System.Globalization;
using System.Reflection;
using Hil.Wdm;

namespace Hil.Host.Yaml;

/// <summary>The value types of hil.yaml: their texts in, .NET values out. Each answers false for another type's
/// text.</summary>
internal static class YamlValues
{
    private static readonly (string Unit, double Seconds)[] s_units = [("ms", 1e-3), ("s", 1)];

    private static readonly SearchValues<char> s_nameChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>Decimal or 0x hexadecimal, then perhaps K, M or G.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, out ulong value)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        int shift = text.Length == 0 ? 0 : text[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        ReadOnlySpan<char> digits = shift == 0 ? text : text[..^1];
        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value)
            || value > ulong.MaxValue >> shift)
            return false;
        value <<= shift;
        return true;
    }

    /// <summary>A decimal number and a unit, at most a year.</summary>
    public static bool TryTime(string text, out TimeSpan value)
    {
        const double SecondsMax = 365 * 86_400.0;
        value = default;
        foreach ((string unit, double seconds) in s_units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            ReadOnlySpan<char> digits = text.AsSpan(0, text.Length - unit.Length).TrimEnd(' ');
            const NumberStyles Style = NumberStyles.AllowDecimalPoint;
            if (!double.TryParse(digits, Style, CultureInfo.InvariantCulture, out double number)
                || number * seconds > SecondsMax)
                return false;
            value = TimeSpan.FromSeconds(number * seconds);
            return true;
        }
        return false;
    }

    public static bool IsName(string text) =>
        text.Length != 0 && char.IsAsciiLetter(text[0])
        && !text.AsSpan().ContainsAnyExcept(s_nameChars);

    /// <summary>A number of 32 bits, or a name of ntstatus.h.</summary>
    public static bool TryStatus(string text, out NTSTATUS status)
    {
        status = default;
        if (TryNumber(text, out ulong number))
        {
            status = new NTSTATUS((uint)number);
            return number <= uint.MaxValue;
        }
        PropertyInfo? property = typeof(NtStatus).GetProperty(text, BindingFlags.Public | BindingFlags.Static);
        if (property?.GetValue(null) is not NTSTATUS named)
            return false;
        status = named;
        return true;
    }

    public static IEnumerable<string> StatusNames() =>
        typeof(NtStatus).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(property => property.Name);

    /// <summary>A number, or 3..5, or 3.. .</summary>
    public static bool TryCount(string text, out CountRange range)
    {
        range = default;
        int dots = text.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            bool isNumber = TryNumber(text, out ulong exact);
            range = new CountRange(exact, exact);
            return isNumber;
        }
        ulong last = ulong.MaxValue;
        if (!TryNumber(text.AsSpan(0, dots), out ulong first)
            || (dots + 2 < text.Length && !TryNumber(text.AsSpan(dots + 2), out last)))
            return false;
        range = new CountRange(first, last);
        return first <= last;
    }

    /// <summary>VVVV:DDDD.</summary>
    public static bool TryPciId(string text, out (ushort Vendor, ushort Device) id)
    {
        id = default;
        return text.Length == 9 && text[4] == ':'
            && TryHex(text.AsSpan(0, 4), out id.Vendor)
            && TryHex(text.AsSpan(5), out id.Device);
    }

    private static bool TryHex(ReadOnlySpan<char> digits, out ushort value) =>
        ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
