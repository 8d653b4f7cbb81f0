using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hil.Kernel.Platform;

/// <summary>What the kernel-call gate leaves on the driver's stack. The Microsoft x64 convention gives every caller a
/// 32-byte home area right above the return address; the gate stores RCX, RDX, R8 and R9 there, so that all arguments,
/// register and stack ones, are one array of 8-byte slots.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct KernelCallFrame
{
    public ulong R15;
    public ulong R14;
    public ulong R13;
    public ulong R12;
    public ulong Rdi;
    public ulong Rsi;
    public ulong Rbp;
    public ulong Rbx;
    public ulong Rflags;

    /// <summary>Address in driver code right after the call.</summary>
    public ulong ReturnAddress;

    private readonly ulong _firstArgument;

    /// <summary>All arguments, as 8-byte slots. The frame lies in the RAM window and does not move.</summary>
    public ulong* Arguments => (ulong*)Unsafe.AsPointer(ref Unsafe.AsRef(in _firstArgument));

    /// <summary>Argument <paramref name="index"/> as its raw 8-byte slot; upper bits of narrower types are
    /// undefined.</summary>
    public readonly ulong Argument(int index)
    {
        fixed (ulong* first = &_firstArgument)
            return first[index];
    }
}
