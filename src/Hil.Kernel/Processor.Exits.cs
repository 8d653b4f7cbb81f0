using System.Runtime.CompilerServices;

namespace Hil.Kernel;

// Back from driver code: what an exit asks for is done, then the suspended code goes on.
public sealed unsafe partial class Processor
{
    private VcpuExit Serve(VcpuExit exit)
    {
        (_lastExit, _stackPointer, Irql) = (exit, exit.Frame, exit.Irql);
        if (exit.Irql < DISPATCH_LEVEL)
            _call->Held = 0;
        ObserveDevices();
        switch (exit.Reason)
        {
            case VcpuExitReason.KernelCall:
                return ServeKernelCall(exit);
            case VcpuExitReason.Interrupt:
                return ServeInterrupt(exit);
            case VcpuExitReason.Fault:
                return ServeFault(exit);
            case VcpuExitReason.Slice:
                return ResumeAfterPause(exit, isPreemptible: true);
            default:
                Traps.ServeWatchdog(_kernel, exit);
                return ResumeTrap(exit.Frame);
        }
    }

    private VcpuExit ServeInterrupt(VcpuExit exit)
    {
        (long spent, KIRQL entryIrql) = (_vcpu.Spent, _entryIrql);
        ServiceInterrupt((byte)exit.Value);
        _kernel.Scheduler.PreemptionPoint();
        (_vcpu.Spent, _entryIrql) = (spent, entryIrql);
        (_lastExit, _stackPointer) = (exit, exit.Frame);
        return ResumeTrap(exit.Frame);
    }

    // On entry IRQL is that of the interrupted code; it is the same on return.
    private void ServiceInterrupt(byte vector)
    {
        if (vector != IVirtualProcessor.WakeVector && vector != IVirtualProcessor.DispatchVector)
            _kernel.Interrupts.Service(vector);
        if (Irql < DISPATCH_LEVEL)
            _kernel.Dpcs.Drain();
    }

    /// <summary>Takes every accepted interrupt above the current IRQL. A preemption point of host code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ServicePendingInterrupts()
    {
        if (_vcpu.HasPendingInterrupt)
            ServicePendingInterruptsSlow();
    }

    private void ServicePendingInterruptsSlow()
    {
        while (_kernel.Services.Schedule.TakeInterruptNow() && _vcpu.TryTakeInterrupt(Irql, out byte vector))
        {
            // What the device wrote before it interrupted is there when its service routine runs.
            ObserveDevices();
            ServiceInterrupt(vector);
        }
    }

    private VcpuExit ServeFault(VcpuExit exit)
    {
        if (_traps != null && _traps.TryServe(_kernel, ref exit))
            return ResumeAccess(exit);
        if (exit.Reason != VcpuExitReason.Fault)
            return exit; // The watchdog cut in while the instruction was stepped over.
        (_lastExit, _stackPointer, Irql) = (exit, exit.Frame, exit.Irql);
        return ServeDriverFault(exit);
    }

    // Interrupts that the access raised are taken before the next instruction, as they would cut in there. A driver
    // that polls a register comes through here all the time and is preempted here, too.
    private VcpuExit ResumeAccess(VcpuExit exit) => ResumeAfterPause(exit, isPreemptible: IsPreemptionTurn());

    // Little cuts into a loop that spends its time in exits, so it is preempted at one of so many: a look at the clock
    // at each would cost more than the exit.
    private bool IsPreemptionTurn()
    {
        const uint ExitsPerPreemptionPoint = 64;
        return ++_exits % ExitsPerPreemptionPoint == 0;
    }

    private VcpuExit ResumeAfterPause(VcpuExit exit, bool isPreemptible)
    {
        if (!_vcpu.IsInterruptible(exit.Frame))
            return ResumeUninterrupted(exit.Frame);
        (long spent, KIRQL entryIrql) = (_vcpu.Spent, _entryIrql);
        (_lastExit, _stackPointer) = (exit, exit.Frame);
        if (isPreemptible)
            _kernel.Scheduler.PreemptionPoint();
        ServicePendingInterrupts();
        (_vcpu.Spent, _entryIrql) = (spent, entryIrql);
        (_lastExit, _stackPointer) = (exit, exit.Frame);
        return ResumeTrap(exit.Frame);
    }

    private VcpuExit ResumeUninterrupted(ulong frame)
    {
        VcpuExit next;
        do
        {
            // What was accepted stays where it is until the driver opens interrupts again.
            _ = _vcpu.HasPendingInterrupt;
            next = _vcpu.ResumeTrap(frame, Irql);
        }
        while (next.Reason == VcpuExitReason.NotStarted);
        return next;
    }

    private VcpuExit ResumeTrap(ulong frame)
    {
        VcpuExit next;
        do
        {
            PrepareReturn(_lastExit);
            next = _vcpu.ResumeTrap(frame, Irql);
        }
        while (next.Reason == VcpuExitReason.NotStarted);
        return next;
    }

    // As PrepareEntry, for driver code that goes on: its thread's APCs cut in first.
    private void PrepareReturn(VcpuExit exit)
    {
        PrepareEntry();
        while (_kernel.Scheduler.HasApcs && Irql < APC_LEVEL)
        {
            (long spent, KIRQL entryIrql, ulong stackPointer) = (_vcpu.Spent, _entryIrql, _stackPointer);
            _kernel.Scheduler.DeliverApcs();
            (_vcpu.Spent, _entryIrql) = (spent, entryIrql);
            (_lastExit, _stackPointer) = (exit, stackPointer);
            if (!_kernel.Dpcs.HasQueued)
                return;
            PrepareEntry();
        }
    }

    // Nothing below a pending level may be resumed: what is accepted is served first, then DPCs if IRQL allows. If it
    // does not, driver code may lower it by itself, but never below the level it was called at: only code called below
    // DISPATCH_LEVEL needs the dispatch interrupt. DPCs queued under the rest run when the host lowers IRQL.
    private void PrepareEntry()
    {
        ServicePendingInterrupts();
        if (!_kernel.Dpcs.HasQueued)
            return;
        if (Irql < DISPATCH_LEVEL)
            _kernel.Dpcs.Drain();
        else if (_entryIrql < DISPATCH_LEVEL)
            _vcpu.RequestDispatchInterrupt();
    }
}
