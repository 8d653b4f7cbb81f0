using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hil.Machine;

// Driver and device write the same page, often the same descriptor, so neither copy can simply replace the other. Both
// are held against the last state that they had in common, byte by byte:
//
//   device changed  driver changed   driver's page   device's page   on the trace
//   no              no               stays           stays
//   yes             no               device's byte   stays           yes
//   no              yes              stays           driver's byte
//   yes             yes              device's byte   stays           yes
//
// In the last case a real machine has one of two orders, and the driver's byte first is the one that can be repeated:
// the replayed driver writes its byte again, and then the record puts the device's over it. The other order would take
// away from the device what it wrote itself, which no device ever sees on hardware unless the driver came later.
//
// The device goes on writing meanwhile. Each word of its page is read once, and a driver's bytes are put into it only
// if it still has that value: so no write of the device is lost, and none is seen that is not recorded. Driver code
// does not run meanwhile, but an application's threads may write next to a buffer: the driver's page is treated
// likewise.

/// <summary>Brings a device's and a driver's copy of a page to one state.</summary>
internal static unsafe class PageMerge
{
    public const int PageBytes = (int)MachineLayout.PageBytes;

    private const int BlockBytes = 128;

    /// <summary>Merges two copies of a page; afterwards the three are equal but for what the device has written
    /// since.</summary>
    /// <param name="address">Where the driver has the page.</param>
    /// <param name="changed">Gets the addresses there that the device has changed.</param>
    public static void Merge(byte* device, byte* driver, byte* common, ulong address, DmaRuns changed)
    {
        for (int offset = 0; offset < PageBytes; offset += BlockBytes)
        {
            if (!IsEqual(device + offset, driver + offset, common + offset))
                MergeBlock(device + offset, driver + offset, common + offset, address + (ulong)offset, changed);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsEqual(byte* device, byte* driver, byte* common)
    {
        Vector256<byte> difference = Vector256<byte>.Zero;
        for (int offset = 0; offset < BlockBytes; offset += Vector256<byte>.Count)
        {
            Vector256<byte> last = Vector256.Load(common + offset);
            difference |= (Vector256.Load(device + offset) ^ last) | (Vector256.Load(driver + offset) ^ last);
        }
        return difference == Vector256<byte>.Zero;
    }

    private static void MergeBlock(byte* device, byte* driver, byte* common, ulong address, DmaRuns changed)
    {
        for (int offset = 0; offset < BlockBytes; offset += sizeof(ulong))
        {
            ulong mask = MergeWord(
                ref *(ulong*)(device + offset), (ulong*)(driver + offset), (ulong*)(common + offset),
                out ulong byDriver);
            if (byDriver != 0)
                changed.NoteDriverWrite(address + (ulong)offset, *(ulong*)(common + offset), byDriver);
            if (mask == 0)
                continue;
            uint first = (uint)BitOperations.TrailingZeroCount(mask) / 8;
            uint end = sizeof(ulong) - (uint)BitOperations.LeadingZeroCount(mask) / 8;
            changed.Add(address + (ulong)offset + first, end - first);
        }
    }

    // Returns the bytes that the device changed.
    private static ulong MergeWord(ref ulong device, ulong* driver, ulong* common, out ulong byDriver)
    {
        ulong last = *common;
        ulong own = Volatile.Read(ref *driver);
        while (true)
        {
            ulong seen = Volatile.Read(ref device);
            ulong byDevice = DifferentBytes(seen, last);
            byDriver = DifferentBytes(own, last) & ~byDevice;
            ulong merged = (seen & ~byDriver) | (own & byDriver);
            if (merged != seen && Interlocked.CompareExchange(ref device, merged, seen) != seen)
                continue;
            *common = merged;
            if (byDevice != 0)
                Insert(merged, byDevice, ref *driver, own);
            return byDevice;
        }
    }

    private static void Insert(ulong value, ulong mask, ref ulong target, ulong expected)
    {
        while (true)
        {
            ulong found = Interlocked.CompareExchange(ref target, (expected & ~mask) | (value & mask), expected);
            if (found == expected)
                return;
            expected = found;
        }
    }

    // 0xFF for each byte in which two words differ.
    private static ulong DifferentBytes(ulong a, ulong b)
    {
        const ulong LowBits = 0x7F7F_7F7F_7F7F_7F7F;
        ulong difference = a ^ b;
        ulong highBits = (((difference & LowBits) + LowBits) | difference) & ~LowBits;
        return (highBits >> 7) * byte.MaxValue;
    }
}
