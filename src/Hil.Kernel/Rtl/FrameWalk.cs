namespace Hil.Kernel;

// A thread's driver frames, innermost first, as an exception sees them. Where the frames of one driver call end, those
// of the driver code that had called the kernel follow: a dispatch routine's exception reaches the __try around the
// IoCallDriver of the driver above. Interrupts and DPCs are not called by the code that they cut into; the walk ends
// there. Where an unwinding was at work, it goes on from the frame that was being cleaned up and does not see again
// what is unwound already (a collided unwind).

/// <summary>Walks from driver code out to its callers.</summary>
internal unsafe ref struct FrameWalk
{
    private readonly NtKernel _kernel;
    private readonly CONTEXT* _registers;

    /// <param name="registers">Those of the innermost frame; changed from frame to frame.</param>
    /// <param name="call">The driver call that it belongs to.</param>
    public FrameWalk(NtKernel kernel, CONTEXT* registers, DriverCall* call)
    {
        _kernel = kernel;
        _registers = registers;
        Call = call;
        StackWalk.LeaveWildCall(kernel, registers);
    }

    /// <summary>The call that the last frame belongs to.</summary>
    public DriverCall* Call { get; private set; }

    /// <summary>The scope at which the last frame's handler goes on.</summary>
    public uint ScopeIndex { get; private set; }

    /// <summary>Takes off one frame.</summary>
    /// <param name="here">Gets the registers in that frame.</param>
    /// <returns>False at the end of the stack and where it is damaged.</returns>
    public bool TryNext(UnwindFlags wanted, CONTEXT* here, out UnwoundFrame frame)
    {
        ScopeIndex = 0;
        do
        {
            *here = *_registers;
            if (Unwinder.TryUnwind(_kernel, _registers, wanted, out frame))
                return _registers->Rsp > here->Rsp;
        }
        while (TryLeaveCall());
        return false;
    }

    private bool TryLeaveCall()
    {
        VcpuExit suspended = Call->Suspended;
        bool isEnd = _registers->Rsp == Call->StackPointer;
        if (!isEnd || Call->Outer == null || Call->Outer->IsInterruption)
            return false;
        Call = Call->Outer;
        if (Call->Unwinding != null)
        {
            *_registers = Call->Unwinding->Context;
            ScopeIndex = Call->Unwinding->Dispatcher.ScopeIndex;
            return true;
        }
        if (suspended.Reason == VcpuExitReason.KernelCall)
            DriverContext.Load(_registers, (KernelCallFrame*)suspended.Frame);
        else if (suspended.Reason == VcpuExitReason.Fault)
            DriverContext.Load(_registers, (TrapFrame*)suspended.Frame);
        return suspended.Reason is VcpuExitReason.KernelCall or VcpuExitReason.Fault;
    }
}
