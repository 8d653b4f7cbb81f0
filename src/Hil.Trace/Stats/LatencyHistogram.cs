using System.Numerics;

namespace Hil.Trace;

/// <summary>Durations in a fixed amount of memory: exact below 256, within 0.8 % above.</summary>
public sealed class LatencyHistogram
{
    // Values of one power of two share 128 buckets.
    private const int BitsKept = 7;
    private const int Buckets = (64 - BitsKept + 1) << BitsKept;

    private readonly long[] _counts = new long[Buckets];

    public long Count { get; private set; }

    public long Max { get; private set; }

    /// <summary>Adds a duration; a negative one counts as 0.</summary>
    public void Add(long value)
    {
        value = Math.Max(value, 0);
        _counts[IndexOf((ulong)value)]++;
        Count++;
        Max = Math.Max(Max, value);
    }

    /// <summary>The smallest value that at least this share of the durations does not exceed; 0 without any.</summary>
    /// <param name="share">From 0 to 1.</param>
    public long Percentile(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (int i = 0; i < Buckets && Count != 0; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
                return Math.Min(LastOf(i), Max);
        }
        return 0;
    }

    private static int IndexOf(ulong value)
    {
        int shift = Math.Max(0, BitOperations.Log2(value | 1) - BitsKept);
        return (shift << BitsKept) + (int)(value >> shift);
    }

    private static long LastOf(int index)
    {
        int shift = Math.Max(0, (index >> BitsKept) - 1);
        ulong first = (ulong)(index - (shift << BitsKept));
        return (long)(((first + 1) << shift) - 1);
    }
}
