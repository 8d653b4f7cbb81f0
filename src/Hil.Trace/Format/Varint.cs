using System.Runtime.CompilerServices;

namespace Hil.Trace;

/// <summary>LEB128: seven bits a byte, low bits first, the top bit says that more follow. Signed differences are
/// zigzag: 0, -1, 1, -2 become 0, 1, 2, 3.</summary>
internal static unsafe class Varint
{
    public const int BytesMax = 10;

    public static ulong ZigZag(ulong difference) => (difference << 1) ^ (ulong)((long)difference >> 63);

    public static ulong UnZigZag(ulong value) => (value >> 1) ^ (0UL - (value & 1));

    /// <summary>Writes at <paramref name="to"/>, where there is room for <see cref="BytesMax"/>; returns what comes
    /// after.</summary>
    public static byte* Write(byte* to, ulong value)
    {
        while (value >= 0x80)
        {
            *to++ = (byte)(value | 0x80);
            value >>= 7;
        }
        *to = (byte)value;
        return to + 1;
    }

    /// <summary>Reads one; returns what comes after it, or null when it ends behind <paramref name="end"/> or is too
    /// large.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Read(byte* from, byte* end, out ulong value)
    {
        if (from < end && *from < 0x80)
        {
            value = *from;
            return from + 1;
        }
        return ReadLong(from, end, out value);
    }

    private static byte* ReadLong(byte* from, byte* end, out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 70 && from < end; shift += 7)
        {
            byte part = *from++;
            if (shift == 63 && part > 1)
                return null;
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return from;
        }
        return null;
    }
}
