using System.Runtime.CompilerServices;

namespace Hil.Kernel;

/// <summary>Moves registers between what the monitor saves, CONTEXT, and back.</summary>
internal static unsafe class DriverContext
{
    private const uint ContextAmd64Full = 0x0010_000B; // Control, integer and floating point.
    private const uint DefaultMxcsr = 0x1F80;

    // The monitor's flat ring-0 selectors are those of Windows (KGDT64_R0_CODE, KGDT64_R0_DATA).
    private const ushort CodeSelector = 0x10;
    private const ushort DataSelector = 0x18;

    /// <summary>A general register by its number in instructions and unwind codes.</summary>
    public static ref ulong General(CONTEXT* context, int register)
    {
        Invariant.Holds((uint)register < 16, "x64 has sixteen general registers");
        return ref (&context->Rax)[register];
    }

    public static ref M128A Xmm(CONTEXT* context, int register)
    {
        Invariant.Holds((uint)register < 16, "x64 has sixteen XMM registers");
        return ref (&context->Xmm0)[register];
    }

    /// <summary>The registers of faulting code. XMM6 to XMM15 are not in the frame and are left as they are.</summary>
    public static void Load(CONTEXT* context, TrapFrame* frame)
    {
        context->ContextFlags = ContextAmd64Full;
        context->MxCsr = context->FltSave.MxCsr = frame->Mxcsr;
        (context->SegCs, context->SegSs) = (CodeSelector, DataSelector);
        context->EFlags = (uint)frame->Rflags;
        (context->Rax, context->Rcx, context->Rdx, context->Rbx) = (frame->Rax, frame->Rcx, frame->Rdx, frame->Rbx);
        (context->Rsp, context->Rbp, context->Rsi, context->Rdi) = (frame->Rsp, frame->Rbp, frame->Rsi, frame->Rdi);
        (context->R8, context->R9, context->R10, context->R11) = (frame->R8, frame->R9, frame->R10, frame->R11);
        (context->R12, context->R13, context->R14, context->R15) = (frame->R12, frame->R13, frame->R14, frame->R15);
        context->Rip = frame->Rip;
        Unsafe.CopyBlock(&context->Xmm0, frame->Xmm, 6 * 16);
    }

    /// <summary>The registers that the caller of an export has when the export returns.</summary>
    public static void Load(CONTEXT* context, KernelCallFrame* frame)
    {
        context->ContextFlags = ContextAmd64Full;
        context->MxCsr = context->FltSave.MxCsr = DefaultMxcsr;
        (context->SegCs, context->SegSs) = (CodeSelector, DataSelector);
        context->EFlags = (uint)frame->Rflags;
        (context->Rbx, context->Rbp, context->Rsi, context->Rdi) = (frame->Rbx, frame->Rbp, frame->Rsi, frame->Rdi);
        (context->R12, context->R13, context->R14, context->R15) = (frame->R12, frame->R13, frame->R14, frame->R15);
        context->Rip = frame->ReturnAddress;
        context->Rsp = (ulong)frame->Arguments;
    }

    /// <summary>Makes a frame that resumes with these registers.</summary>
    public static void Store(in CONTEXT context, TrapFrame* frame)
    {
        frame->Mxcsr = context.MxCsr;
        frame->Rflags = context.EFlags;
        (frame->Cs, frame->Ss) = (CodeSelector, DataSelector);
        (frame->Rax, frame->Rcx, frame->Rdx, frame->Rbx) = (context.Rax, context.Rcx, context.Rdx, context.Rbx);
        (frame->Rsp, frame->Rbp, frame->Rsi, frame->Rdi) = (context.Rsp, context.Rbp, context.Rsi, context.Rdi);
        (frame->R8, frame->R9, frame->R10, frame->R11) = (context.R8, context.R9, context.R10, context.R11);
        (frame->R12, frame->R13, frame->R14, frame->R15) = (context.R12, context.R13, context.R14, context.R15);
        frame->Rip = context.Rip;
        Unsafe.CopyBlock(ref *frame->Xmm, ref Unsafe.As<M128A, byte>(ref Unsafe.AsRef(in context.Xmm0)), 6 * 16);
    }
}
