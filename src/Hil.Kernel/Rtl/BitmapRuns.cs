using System.Numerics;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Finds runs of clear bits: the first ones, or the longest ones from long to short.</summary>
    /// <returns>How many were found.</returns>
    /// <remarks>WDK: RtlFindClearRuns.</remarks>
    [Export]
    public static uint RtlFindClearRuns(
        RTL_BITMAP* bitMapHeader, RTL_BITMAP_RUN* runArray, uint sizeOfRunArray, BOOLEAN locateLongestRuns)
    {
        DriverMemory.RequireWritable(
            runArray, (nuint)sizeOfRunArray * (nuint)sizeof(RTL_BITMAP_RUN), nameof(RtlFindClearRuns));
        return FindClearRuns(bitMapHeader, runArray, sizeOfRunArray, locateLongestRuns);
    }

    /// <summary>The first run of clear bits.</summary>
    /// <returns>Its length, 0 when there is none.</returns>
    /// <remarks>WDK: RtlFindFirstRunClear.</remarks>
    [Export]
    public static uint RtlFindFirstRunClear(RTL_BITMAP* bitMapHeader, uint* startingIndex) =>
        RtlFindNextForwardRunClear(bitMapHeader, 0, startingIndex);

    /// <summary>The longest run of clear bits, of equal ones the first.</summary>
    /// <returns>Its length, 0 when there is none.</returns>
    /// <remarks>WDK: RtlFindLongestRunClear.</remarks>
    [Export]
    public static uint RtlFindLongestRunClear(RTL_BITMAP* bitMapHeader, uint* startingIndex)
    {
        RTL_BITMAP_RUN longest = default;
        FindClearRuns(bitMapHeader, &longest, 1, longestFirst: true);
        *startingIndex = longest.StartingIndex;
        return longest.NumberOfBits;
    }

    /// <summary>The run of clear bits that begins at an index or first after it.</summary>
    /// <returns>Its length, 0 when there is none.</returns>
    /// <remarks>WDK: RtlFindNextForwardRunClear.</remarks>
    [Export]
    public static uint RtlFindNextForwardRunClear(RTL_BITMAP* bitMapHeader, uint fromIndex, uint* startingRunIndex)
    {
        uint size = bitMapHeader->SizeOfBitMap;
        uint* words = WordsOf(bitMapHeader, 0, size);
        uint start = fromIndex;
        while (start < size && IsSet(words, start))
            start++;
        uint end = start;
        while (end < size && !IsSet(words, end))
            end++;
        *startingRunIndex = start;
        return end - start;
    }

    /// <summary>The run of clear bits that ends at an index or last before it.</summary>
    /// <returns>Its length, 0 when there is none.</returns>
    /// <remarks>WDK: RtlFindLastBackwardRunClear.</remarks>
    [Export]
    public static uint RtlFindLastBackwardRunClear(RTL_BITMAP* bitMapHeader, uint fromIndex, uint* startingRunIndex)
    {
        uint size = bitMapHeader->SizeOfBitMap;
        uint* words = WordsOf(bitMapHeader, 0, size);
        uint end = fromIndex < size ? fromIndex + 1 : size;
        while (end > 0 && IsSet(words, end - 1))
            end--;
        uint start = end;
        while (start > 0 && !IsSet(words, start - 1))
            start--;
        *startingRunIndex = start;
        return end - start;
    }

    /// <summary>Number of the lowest bit that is set; -1 for 0.</summary>
    /// <remarks>WDK: RtlFindLeastSignificantBit.</remarks>
    [Export]
    public static sbyte RtlFindLeastSignificantBit(ulong set) =>
        (sbyte)(set == 0 ? -1 : BitOperations.TrailingZeroCount(set));

    /// <summary>Number of the highest bit that is set; -1 for 0.</summary>
    /// <remarks>WDK: RtlFindMostSignificantBit.</remarks>
    [Export]
    public static sbyte RtlFindMostSignificantBit(ulong set) => (sbyte)(set == 0 ? -1 : BitOperations.Log2(set));

    /// <summary>Number of bits that are set.</summary>
    /// <remarks>WDK: RtlNumberOfSetBitsUlongPtr.</remarks>
    [Export]
    public static uint RtlNumberOfSetBitsUlongPtr(nuint target) => (uint)BitOperations.PopCount(target);

    private static uint FindClearRuns(RTL_BITMAP* header, RTL_BITMAP_RUN* runs, uint room, bool longestFirst)
    {
        uint found = 0;
        uint start;
        for (uint from = 0; (longestFirst || found < room)
            && RtlFindNextForwardRunClear(header, from, &start) is uint length and > 0; from = start + length)
        {
            var run = new RTL_BITMAP_RUN { StartingIndex = start, NumberOfBits = length };
            found = longestFirst ? InsertByLength(runs, found, room, run) : Append(runs, found, run);
        }
        return found;
    }

    private static uint Append(RTL_BITMAP_RUN* runs, uint count, RTL_BITMAP_RUN run)
    {
        runs[count] = run;
        return count + 1;
    }

    // The shortest run falls out where there is no room.
    private static uint InsertByLength(RTL_BITMAP_RUN* runs, uint count, uint room, RTL_BITMAP_RUN run)
    {
        uint place = count;
        while (place > 0 && runs[place - 1].NumberOfBits < run.NumberOfBits)
            place--;
        if (place == room)
            return count;
        uint kept = Math.Min(count, room - 1);
        for (uint i = kept; i > place; i--)
            runs[i] = runs[i - 1];
        runs[place] = run;
        return kept + 1;
    }
}
