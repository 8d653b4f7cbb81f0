using System.Runtime.InteropServices;

namespace Hil.Kernel;

/// <summary>The bytes that fill pool memory nobody has written yet: the ones Microsoft's debug heap uses, so that a
/// driver author knows them at sight. Read as a pointer each of them is non-canonical and faults.</summary>
internal static unsafe class PoolFill
{
    public const byte Fresh = 0xCD;
    public const byte Freed = 0xDD;

    /// <summary>Around an allocation, within its pages.</summary>
    public const byte Slack = 0xFD;

    public static void Fill(ulong address, ulong bytes, byte pattern) =>
        NativeMemory.Fill((void*)address, (nuint)bytes, pattern);

    /// <summary>Address of the first byte that is not the pattern any more, or 0.</summary>
    public static ulong FindDamage(ulong address, ulong bytes, byte pattern)
    {
        int index = new ReadOnlySpan<byte>((void*)address, (int)bytes).IndexOfAnyExcept(pattern);
        return index < 0 ? 0 : address + (ulong)index;
    }
}
