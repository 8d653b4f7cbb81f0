using System.Runtime.InteropServices;

namespace Hil.Kernel.Platform;

/// <summary>All registers of interrupted or faulting driver code, as the monitor saves them on the running stack.
/// The host may edit it before resuming.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct TrapFrame
{
    public fixed byte Xmm[6 * 16];
    public uint Mxcsr;
    public uint Reserved;
    public ulong Cr2;
    public ulong R15;
    public ulong R14;
    public ulong R13;
    public ulong R12;
    public ulong R11;
    public ulong R10;
    public ulong R9;
    public ulong R8;
    public ulong Rdi;
    public ulong Rsi;
    public ulong Rbp;
    public ulong Rbx;
    public ulong Rdx;
    public ulong Rcx;
    public ulong Rax;
    public ulong Vector;
    public ulong ErrorCode;
    public ulong Rip;
    public ulong Cs;
    public ulong Rflags;
    public ulong Rsp;
    public ulong Ss;
}
