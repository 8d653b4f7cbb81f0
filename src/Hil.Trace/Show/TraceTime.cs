using System.Globalization;

namespace Hil.Trace;

/// <summary>Times of traces, 100 ns units, as people write them: 12.5ms, 300us, 2s.</summary>
public static class TraceTime
{
    private static readonly (string Unit, decimal Ticks)[] s_units =
        [("ns", 0.01m), ("us", 10), ("µs", 10), ("ms", 10_000), ("s", 10_000_000)];

    /// <summary>False for anything but a number that is not negative and a unit.</summary>
    public static bool TryParse(string text, out long time)
    {
        time = 0;
        foreach ((string unit, decimal ticks) in s_units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!decimal.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out decimal number) || number > 1_000_000_000)
                continue;
            time = (long)(number * ticks);
            return true;
        }
        return false;
    }

    /// <summary>With the unit that suits it: 12.500 ms, 3.1 us.</summary>
    public static string Text(long time) => Math.Abs(time) switch
    {
        >= 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{time / 10_000_000.0:0.000} s"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{time / 10_000.0:0.000} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time / 10.0:0.0} us"),
    };
}
