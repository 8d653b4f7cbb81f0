using System.Runtime.InteropServices;

namespace Hil.Kernel;

// Microsoft: "x64 exception handling", setjmp/longjmp. The compiler gives setjmp a second argument, which is not in its
// prototype: the frame that longjmp unwinds to, so that __finally blocks on the way run. Without one the registers are
// put back and no handler hears of it.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Notes where the caller is, for longjmp.</summary>
    /// <param name="frame">The caller's frame as its handlers know it, or null for a longjmp that runs none.</param>
    /// <returns>0; longjmp's value when it comes back from there.</returns>
    /// <remarks>C runtime: setjmp.</remarks>
    [Export(Name = "_setjmp")]
    public static int SetJump(JumpBuffer* environment, [UncheckedPointer] void* frame)
    {
        const uint UsualMxcsr = 0x1F80;
        const ushort UsualControlWord = 0x27F;
        NtKernel kernel = NtKernel.Current;
        RequireFrames(kernel, "setjmp");
        KernelCallFrame* call = kernel.Processor.CallFrame;
        *environment = new JumpBuffer
        {
            Frame = (ulong)frame,
            Rbx = call->Rbx,
            Rsp = (ulong)call->Arguments,
            Rbp = call->Rbp,
            Rsi = call->Rsi,
            Rdi = call->Rdi,
            R12 = call->R12,
            R13 = call->R13,
            R14 = call->R14,
            R15 = call->R15,
            Rip = call->ReturnAddress,
            MxCsr = UsualMxcsr,
            FpCsr = UsualControlWord,
        };
        kernel.Xmm.Save(&environment->Xmm6);
        return 0;
    }

    /// <inheritdoc cref="SetJump"/>
    /// <remarks>C runtime: setjmp, in programs that include setjmpex.h.</remarks>
    [Export(Name = "_setjmpex")]
    public static int SetJumpEx(JumpBuffer* environment, [UncheckedPointer] void* frame) => SetJump(environment, frame);

    /// <summary>Goes back to where setjmp was called, which returns once more.</summary>
    /// <param name="value">What it returns; 1 for 0.</param>
    /// <remarks>C runtime: longjmp. Raises STATUS_BAD_STACK for a place that is not on the stack.</remarks>
    [Export]
    public static void longjmp(JumpBuffer* environment, int value)
    {
        NtKernel kernel = NtKernel.Current;
        RequireFrames(kernel, nameof(longjmp));
        using var dispatch = new ExceptionDispatch(kernel);
        DriverContext.Load(dispatch.Context, kernel.Processor.CallFrame);
        dispatch.JumpFromExport(environment, value == 0 ? 1u : (uint)value);
    }

    private static void RequireFrames(NtKernel kernel, string what)
    {
        if (!kernel.Processor.IsServingCall)
            throw new GuestRaiseException(STATUS_BAD_STACK, $"{what}: a managed driver has no frames");
    }
}

/// <summary>What setjmp keeps: jmp_buf of x64.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct JumpBuffer
{
    public ulong Frame;
    public ulong Rbx;
    public ulong Rsp;
    public ulong Rbp;
    public ulong Rsi;
    public ulong Rdi;
    public ulong R12;
    public ulong R13;
    public ulong R14;
    public ulong R15;
    public ulong Rip;
    public uint MxCsr;
    public ushort FpCsr;
    public ushort Spare;

    /// <summary>XMM6 to XMM15.</summary>
    public JumpXmm Xmm6;
}

/// <summary>Ten XMM registers.</summary>
[System.Runtime.CompilerServices.InlineArray(10)]
public struct JumpXmm
{
    private M128A _element0;
}
