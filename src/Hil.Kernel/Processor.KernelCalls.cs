namespace Hil.Kernel;

// Exports that driver code calls, and managed routines that it calls by address.
public sealed unsafe partial class Processor
{
    // What a kernel call counts as at least, 1 µs: a loop that waits for a clock is one of calls.
    private const long CallCharge = 10;

    /// <summary>Whether native driver code waits for an export to return; if not, a managed driver
    /// is calling.</summary>
    public bool IsServingCall => _lastExit.Frame != 0 && _lastExit.Reason == VcpuExitReason.KernelCall;

    /// <summary>What the native caller of the export that is being served has left on its stack.</summary>
    internal KernelCallFrame* CallFrame
    {
        get
        {
            Invariant.Holds(IsServingCall, "only a kernel call has a frame");
            return (KernelCallFrame*)_lastExit.Frame;
        }
    }

    /// <summary>Argument slots of the kernel call that is being served, in its caller's home area.</summary>
    internal ulong* CallArguments => CallFrame->Arguments;

    /// <summary>Counts time that the running routine of a driver spends in kernel calls where no thread but its own can
    /// run.</summary>
    /// <param name="time">In 100 ns units.</param>
    internal void Hold(long time)
    {
        if (_call == null || (_call->Held += time) < _vcpu.Patience)
            return;
        string place = _kernel.Modules.Describe(DriverPlace);
        _kernel.BugCheck(BugCheckCodes.DPC_WATCHDOG_VIOLATION, 0, 0, 0, DriverRip,
            $"the driver did not come back: it goes on calling the kernel at {place}, {Irql}");
    }

    private VcpuExit ServeKernelCall(VcpuExit exit)
    {
        SuspendedCall here = Suspend();
        ulong result;
        try
        {
            result = Invoke(exit);
        }
        catch (GuestRaiseException raised)
        {
            GoBackTo(here);
            (_lastExit, Irql) = (exit, exit.Irql);
            return RaiseInCaller(exit, raised);
        }
        catch (GuestUnwindException unwound) when (unwound.Target == here.Call)
        {
            GoBackTo(here);
            _lastExit = exit;
            return ResumeUnwound(exit, unwound);
        }
        // No doorbell reaches a loop that spends nearly all of its time in kernel calls.
        _kernel.Scheduler.ThrowIfStopped();
        if (Irql >= DISPATCH_LEVEL)
            Hold(CallCharge);
        if (IsPreemptionTurn())
            _kernel.Scheduler.PreemptionPoint();
        // Other threads may have run meanwhile.
        (_lastExit, _stackPointer, _entryIrql) = (exit, exit.Frame, here.EntryIrql);
        VcpuExit next;
        do
        {
            PrepareReturn(exit);
            next = _vcpu.ResumeCall(exit.Frame, result, Irql);
        }
        while (next.Reason == VcpuExitReason.NotStarted);
        return next;
    }

    private ulong Invoke(VcpuExit exit)
    {
        var frame = (KernelCallFrame*)exit.Frame;
        Export[] exports = ExportTable.Functions;
        if (exit.Value >= (ulong)exports.Length)
            return InvokeManaged(exit.Value, frame);

        Export export = exports[exit.Value];
        KernelCall call = _vcpu.CallOf(exit);
        ulong caller = call.ReturnAddress;
        _kernel.Events.Add(KernelEventKind.KernelCall, exit.Value, caller, call.Registers[0]);
        if (Irql.Value < export.MinIrql || Irql.Value > export.MaxIrql)
        {
            _kernel.Violation($"{export.Name} called at {Irql}; "
                + $"the documentation allows {new KIRQL(export.MinIrql)} to {new KIRQL(export.MaxIrql)}");
        }
        _calls?.OnCall((int)exit.Value, caller, frame->Arguments);
        try
        {
            ulong result = export.Invoke(frame, call.Registers);
            _calls?.OnReturn((int)exit.Value, caller, result);
            return result;
        }
        catch (NullReferenceException exception)
        {
            // SAFETY: null pointers pass the argument check, because many parameters are optional; this one was not.
            string reason =
                $"{export.Name} was given a null pointer where it needs an object ({exception.TargetSite?.Name})";
            if (Irql >= DISPATCH_LEVEL)
                _kernel.BugCheck(
                    BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, 0, Irql.Value, 0, caller, reason);
            _kernel.BugCheck(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, 0, 0, caller, 0, reason);
            throw;
        }
    }

    private ulong InvokeManaged(ulong id, KernelCallFrame* frame)
    {
        ManagedRoutine? routine = _kernel.Gate.Find(id);
        if (routine == null)
            _kernel.BugCheck(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, _kernel.Gate.AddressOf((uint)id), 8,
                frame->ReturnAddress, 0, "the driver called an address that is no routine any more");
        return routine(frame->Arguments);
    }
}
