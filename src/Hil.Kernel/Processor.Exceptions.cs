namespace Hil.Kernel;

// Exceptions cross the kernel where driver code called by an export raises and its caller handles: every host call
// between them is abandoned by a .NET exception, and what those calls have changed is put back.
public sealed unsafe partial class Processor
{
    // An exception handler in driver code may have run and been abandoned meanwhile.
    private VcpuExit ServeDriverFault(VcpuExit exit)
    {
        (long spent, SuspendedCall here) = (_vcpu.Spent, Suspend());
        try
        {
            Traps.Serve(_kernel, exit);
        }
        catch (GuestUnwindException unwound) when (unwound.Target == here.Call)
        {
            DriverContext.Store(in unwound.Registers, (TrapFrame*)exit.Frame);
        }
        GoBackTo(here);
        _vcpu.Spent = spent;
        (_lastExit, _stackPointer) = (exit, exit.Frame);
        return ResumeTrap(exit.Frame);
    }

    // Filters and cleanup run below the frame that will resume, so the stack pointer goes there first.
    private VcpuExit RaiseInCaller(VcpuExit exit, GuestRaiseException raised)
    {
        SuspendedCall here = Suspend();
        ulong frame = FrameBelow(exit);
        _stackPointer = frame;
        try
        {
            StructuredExceptions.RaiseInCaller(_kernel, (KernelCallFrame*)exit.Frame, (TrapFrame*)frame, raised);
        }
        catch (GuestUnwindException unwound) when (unwound.Target == here.Call)
        {
            GoBackTo(here);
            _lastExit = exit;
            return ResumeUnwound(exit, unwound);
        }
        return ResumeTrap(frame);
    }

    private VcpuExit ResumeUnwound(VcpuExit exit, GuestUnwindException unwound)
    {
        ulong frame = FrameBelow(exit);
        _stackPointer = frame;
        DriverContext.Store(in unwound.Registers, (TrapFrame*)frame);
        return ResumeTrap(frame);
    }

    private static ulong FrameBelow(VcpuExit exit) => (exit.Frame - (ulong)sizeof(TrapFrame)) & ~0xFUL;

    private SuspendedCall Suspend() =>
        new() { Call = _call, EntryIrql = _entryIrql, Depth = Depth, CurrentIrp = _kernel.Io.CurrentIrp };

    // Inner calls were abandoned. IRQL stays where the exception left it, as it does on Windows.
    private void GoBackTo(in SuspendedCall call)
    {
        _call = call.Call;
        _managed = default;
        (_entryIrql, Depth) = (call.EntryIrql, call.Depth);
        _kernel.Io.LeaveIrp(call.CurrentIrp);
    }

    // What a driver call that is abandoned has changed.
    private struct SuspendedCall
    {
        public DriverCall* Call;
        public KIRQL EntryIrql;
        public int Depth;
        public ulong CurrentIrp;
    }
}
