using System.Numerics;

namespace Hil.Kernel;

// A bitmap is a header over 32-bit words that the driver owns. Bit n is bit n % 32 of word n / 32.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Prepares the header; the bits stay as they are.</summary>
    /// <remarks>WDK: RtlInitializeBitMap.</remarks>
    [Export]
    public static void RtlInitializeBitMap(
        RTL_BITMAP* bitMapHeader, [UncheckedPointer] uint* bitMapBuffer, uint sizeOfBitMap) =>
        *bitMapHeader = new RTL_BITMAP { SizeOfBitMap = sizeOfBitMap, Buffer = bitMapBuffer };

    /// <summary>Sets every bit.</summary>
    /// <remarks>WDK: RtlSetAllBits.</remarks>
    [Export]
    public static void RtlSetAllBits(RTL_BITMAP* bitMapHeader) =>
        RtlSetBits(bitMapHeader, 0, bitMapHeader->SizeOfBitMap);

    /// <summary>Clears every bit.</summary>
    /// <remarks>WDK: RtlClearAllBits.</remarks>
    [Export]
    public static void RtlClearAllBits(RTL_BITMAP* bitMapHeader) =>
        RtlClearBits(bitMapHeader, 0, bitMapHeader->SizeOfBitMap);

    /// <summary>Sets a range of bits.</summary>
    /// <remarks>WDK: RtlSetBits.</remarks>
    [Export]
    public static void RtlSetBits(RTL_BITMAP* bitMapHeader, uint startingIndex, uint numberToSet)
    {
        uint* words = WordsOf(bitMapHeader, startingIndex, numberToSet);
        for (uint bit = startingIndex; bit < startingIndex + numberToSet; bit++)
            words[bit / 32] |= 1u << (int)(bit % 32);
    }

    /// <summary>Clears a range of bits.</summary>
    /// <remarks>WDK: RtlClearBits.</remarks>
    [Export]
    public static void RtlClearBits(RTL_BITMAP* bitMapHeader, uint startingIndex, uint numberToClear)
    {
        uint* words = WordsOf(bitMapHeader, startingIndex, numberToClear);
        for (uint bit = startingIndex; bit < startingIndex + numberToClear; bit++)
            words[bit / 32] &= ~(1u << (int)(bit % 32));
    }

    /// <summary>Sets one bit.</summary>
    /// <remarks>WDK: RtlSetBit.</remarks>
    [Export]
    public static void RtlSetBit(RTL_BITMAP* bitMapHeader, uint bitNumber) => RtlSetBits(bitMapHeader, bitNumber, 1);

    /// <summary>Clears one bit.</summary>
    /// <remarks>WDK: RtlClearBit.</remarks>
    [Export]
    public static void RtlClearBit(RTL_BITMAP* bitMapHeader, uint bitNumber) =>
        RtlClearBits(bitMapHeader, bitNumber, 1);

    /// <summary>Whether one bit is set.</summary>
    /// <remarks>WDK: RtlTestBit.</remarks>
    [Export]
    public static BOOLEAN RtlTestBit(RTL_BITMAP* bitMapHeader, uint bitNumber) =>
        IsSet(WordsOf(bitMapHeader, bitNumber, 1), bitNumber);

    /// <summary>Whether all bits of a range are set.</summary>
    /// <remarks>WDK: RtlAreBitsSet. An empty range, or one beyond the end: FALSE.</remarks>
    [Export]
    public static BOOLEAN RtlAreBitsSet(RTL_BITMAP* bitMapHeader, uint startingIndex, uint length) =>
        AreAll(bitMapHeader, startingIndex, length, set: true);

    /// <summary>Whether all bits of a range are clear.</summary>
    /// <remarks>WDK: RtlAreBitsClear.</remarks>
    [Export]
    public static BOOLEAN RtlAreBitsClear(RTL_BITMAP* bitMapHeader, uint startingIndex, uint length) =>
        AreAll(bitMapHeader, startingIndex, length, set: false);

    /// <summary>Number of set bits.</summary>
    /// <remarks>WDK: RtlNumberOfSetBits.</remarks>
    [Export]
    public static uint RtlNumberOfSetBits(RTL_BITMAP* bitMapHeader)
    {
        uint size = bitMapHeader->SizeOfBitMap;
        uint* words = WordsOf(bitMapHeader, 0, size);
        uint count = 0;
        for (uint word = 0; word < size / 32; word++)
            count += (uint)BitOperations.PopCount(words[word]);
        if (size % 32 != 0)
            count += (uint)BitOperations.PopCount(words[size / 32] & ((1u << (int)(size % 32)) - 1));
        return count;
    }

    /// <summary>Number of clear bits.</summary>
    /// <remarks>WDK: RtlNumberOfClearBits.</remarks>
    [Export]
    public static uint RtlNumberOfClearBits(RTL_BITMAP* bitMapHeader) =>
        bitMapHeader->SizeOfBitMap - RtlNumberOfSetBits(bitMapHeader);

    /// <summary>Index of a run of clear bits, searched from the hint and then from the start; 0xFFFFFFFF when there is
    /// none.</summary>
    /// <remarks>WDK: RtlFindClearBits.</remarks>
    [Export]
    public static uint RtlFindClearBits(RTL_BITMAP* bitMapHeader, uint numberToFind, uint hintIndex) =>
        FindBits(bitMapHeader, numberToFind, hintIndex, set: false);

    /// <summary>Index of a run of set bits, likewise.</summary>
    /// <remarks>WDK: RtlFindSetBits.</remarks>
    [Export]
    public static uint RtlFindSetBits(RTL_BITMAP* bitMapHeader, uint numberToFind, uint hintIndex) =>
        FindBits(bitMapHeader, numberToFind, hintIndex, set: true);

    /// <summary>Finds a run of clear bits and sets it.</summary>
    /// <remarks>WDK: RtlFindClearBitsAndSet.</remarks>
    [Export]
    public static uint RtlFindClearBitsAndSet(RTL_BITMAP* bitMapHeader, uint numberToFind, uint hintIndex)
    {
        uint index = RtlFindClearBits(bitMapHeader, numberToFind, hintIndex);
        if (index != uint.MaxValue)
            RtlSetBits(bitMapHeader, index, numberToFind);
        return index;
    }

    /// <summary>Finds a run of set bits and clears it.</summary>
    /// <remarks>WDK: RtlFindSetBitsAndClear.</remarks>
    [Export]
    public static uint RtlFindSetBitsAndClear(RTL_BITMAP* bitMapHeader, uint numberToFind, uint hintIndex)
    {
        uint index = RtlFindSetBits(bitMapHeader, numberToFind, hintIndex);
        if (index != uint.MaxValue)
            RtlClearBits(bitMapHeader, index, numberToFind);
        return index;
    }

    private static uint FindBits(RTL_BITMAP* header, uint count, uint hint, bool set)
    {
        uint size = header->SizeOfBitMap;
        uint* words = WordsOf(header, 0, size);
        if (hint >= size)
            hint = 0;
        uint index = FindRun(words, hint, size, count, set);
        return index != uint.MaxValue || hint == 0 ? index : FindRun(words, 0, size, count, set);
    }

    private static uint FindRun(uint* words, uint start, uint end, uint count, bool set)
    {
        uint run = 0;
        for (uint bit = start; bit < end; bit++)
        {
            run = IsSet(words, bit) == set ? run + 1 : 0;
            if (run >= count)
                return bit + 1 - run;
        }
        return uint.MaxValue;
    }

    private static bool AreAll(RTL_BITMAP* header, uint start, uint count, bool set)
    {
        if (count == 0 || start >= header->SizeOfBitMap || count > header->SizeOfBitMap - start)
            return false;
        uint* words = WordsOf(header, start, count);
        for (uint bit = start; bit < start + count; bit++)
        {
            if (IsSet(words, bit) != set)
                return false;
        }
        return true;
    }

    private static bool IsSet(uint* words, uint bit) => (words[bit / 32] >> (int)(bit % 32) & 1) != 0;

    // The words of a range that lies in the bitmap, readable and writable; else the machine stops.
    private static uint* WordsOf(RTL_BITMAP* header, uint start, uint count)
    {
        if ((ulong)start + count > header->SizeOfBitMap)
            NtKernel.Current.BugCheck(BugCheckCodes.DRIVER_VIOLATION, 0, start, count, header->SizeOfBitMap,
                $"bits {start} to {(ulong)start + count} of a bitmap with {header->SizeOfBitMap} bits");
        if (count == 0)
            return header->Buffer;
        uint firstWord = start / 32;
        uint words = (start + count - 1) / 32 - firstWord + 1;
        DriverMemory.RequireWritable(header->Buffer + firstWord, words * sizeof(uint), "a bitmap routine");
        return header->Buffer;
    }
}
