namespace Hil.Kernel;

/// <summary>Structured exceptions of driver code (x64 tables). An exception that nobody handles stops the machine.</summary>
internal static unsafe class StructuredExceptions
{
    /// <summary>Raises an exception at a trap frame. Returns when a handler was found and the frame may be resumed.</summary>
    public static void Raise(
        NtKernel kernel, TrapFrame* frame, uint status, string reason, ulong information0 = 0, ulong information1 = 0) =>
        kernel.BugCheck(
            BugCheckCodes.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, status, frame->Rip, information0, information1, reason);
}
