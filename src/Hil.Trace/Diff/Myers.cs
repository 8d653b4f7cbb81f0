namespace Hil.Trace;

/// <summary>Which elements of two sequences correspond, by Myers' greedy algorithm: as few differences as
/// possible.</summary>
internal static class Myers
{
    // With 1,000 differences the search keeps 8 MB. Sequences that differ more have little to do with one another.
    private const int DifferencesMax = 1000;

    /// <summary>Pairs of indices of equal elements, both ascending. Only equal elements at the ends are paired when
    /// there are too many differences.</summary>
    /// <param name="isCut">Both go on behind their ends: what one has more than the other there is no
    /// difference.</param>
    public static List<(int A, int B)> Align<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, bool isCut = false)
        where T : IEquatable<T>
    {
        var pairs = new List<(int A, int B)>();
        int start = a.CommonPrefixLength(b);
        for (int i = 0; i < start; i++)
            pairs.Add((i, i));
        int tail = 0;
        while (!isCut && tail < Math.Min(a.Length, b.Length) - start && a[^(tail + 1)].Equals(b[^(tail + 1)]))
            tail++;
        AlignMiddle(a[start..^tail], b[start..^tail], isCut, start, pairs);
        for (int i = tail; i > 0; i--)
            pairs.Add((a.Length - i, b.Length - i));
        return pairs;
    }

    private static void AlignMiddle<T>(
        ReadOnlySpan<T> a, ReadOnlySpan<T> b, bool isCut, int start, List<(int A, int B)> pairs)
        where T : IEquatable<T>
    {
        if (a.IsEmpty || b.IsEmpty)
            return;
        int most = Math.Min(a.Length + b.Length, DifferencesMax);
        // For each diagonal k = x - y the furthest x that d differences reach; one copy for each d to find the way
        // back.
        int[] reach = new int[2 * most + 3];
        var history = new List<int[]>();
        for (int d = 0; d <= most; d++)
        {
            for (int k = -d; k <= d; k += 2)
            {
                int x = k == -d || (k != d && reach[most + k] < reach[most + k + 2])
                    ? reach[most + k + 2]
                    : reach[most + k] + 1;
                while (x < a.Length && x - k < b.Length && a[x].Equals(b[x - k]))
                    x++;
                reach[most + k + 1] = x;
                bool isEnd = isCut
                    ? (x == a.Length && x - k <= b.Length) || (x - k == b.Length && x <= a.Length)
                    : k == a.Length - b.Length && x >= a.Length;
                if (!isEnd)
                    continue;
                WalkBack(history, (x, x - k), start, pairs);
                return;
            }
            history.Add(reach[(most - d + 1)..(most + d + 2)]);
        }
    }

    private static void WalkBack(List<int[]> history, (int X, int Y) end, int start, List<(int A, int B)> pairs)
    {
        int first = pairs.Count;
        (int x, int y) = end;
        for (int d = history.Count; d > 0; d--)
        {
            // What d - 1 differences reached, diagonals -(d - 1) to d - 1.
            int[] reach = history[d - 1];
            int k = x - y;
            bool isDown = k == -d || (k != d && At(reach, d - 1, k - 1) < At(reach, d - 1, k + 1));
            int previousK = isDown ? k + 1 : k - 1;
            int previousX = At(reach, d - 1, previousK);
            int previousY = previousX - previousK;
            (int fromX, int fromY) = isDown ? (previousX, previousY + 1) : (previousX + 1, previousY);
            while (x > fromX && y > fromY)
                pairs.Add((start + --x, start + --y));
            (x, y) = (previousX, previousY);
        }
        while (x > 0 && y > 0)
            pairs.Add((start + --x, start + --y));
        pairs.Reverse(first, pairs.Count - first);
    }

    private static int At(int[] reach, int d, int k) => k < -d || k > d ? -1 : reach[d + k];
}
