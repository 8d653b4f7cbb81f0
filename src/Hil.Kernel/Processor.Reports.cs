namespace Hil.Kernel;

// What a bug check says about this moment.
public sealed unsafe partial class Processor
{
    /// <summary>Driver code that ran last: return address of the kernel call or interrupted instruction;
    /// 0 for none.</summary>
    public ulong DriverRip => _lastExit.Frame == 0 ? 0 : _lastExit.Reason == VcpuExitReason.KernelCall
        ? ((KernelCallFrame*)_lastExit.Frame)->ReturnAddress
        : ((TrapFrame*)_lastExit.Frame)->Rip;

    // A routine that ends in a jump to an export leaves no address of its own but the one it was called at.
    private ulong DriverPlace =>
        IsServingCall && _call != null && _kernel.Modules.Find(DriverRip) == null ? _call->Entry : DriverRip;

    /// <summary>A report of this moment: the code that ran last, where and at which IRQL.</summary>
    internal BugCheckReport Describe(uint code, ulong p1, ulong p2, ulong p3, ulong p4, string reason) => new()
    {
        Code = code,
        Parameter1 = p1,
        Parameter2 = p2,
        Parameter3 = p3,
        Parameter4 = p4,
        Reason = reason,
        Irql = Irql,
        Rip = DriverPlace,
        Export = _lastExit.Reason == VcpuExitReason.KernelCall && _lastExit.Value < (ulong)ExportTable.Functions.Length
            ? ExportTable.Functions[_lastExit.Value].Name
            : null,
        Registers = _lastExit.Frame != 0 && _lastExit.Reason is VcpuExitReason.Fault or VcpuExitReason.Watchdog
            ? *(TrapFrame*)_lastExit.Frame
            : null,
        StackTrace = TraceStack(),
        ManagedStack = TraceManagedStack(),
        CurrentIrp = _kernel.Io.CurrentIrp,
        LastEvents = _kernel.Events.Last(20),
    };

    /// <summary>A managed driver's code that runs right now, innermost first, in words; empty when native code
    /// does.</summary>
    public IReadOnlyList<string> TraceManagedStack() => RunningManaged is { } routine ? ManagedStack.Of(routine) : [];

    /// <summary>The driver code that ran last and its callers, innermost first; not beyond what called it
    /// from the host.</summary>
    public IReadOnlyList<ulong> TraceStack()
    {
        if (_lastExit.Frame == 0)
            return [];
        CONTEXT context = default;
        if (_lastExit.Reason == VcpuExitReason.KernelCall)
            DriverContext.Load(&context, (KernelCallFrame*)_lastExit.Frame);
        else
            DriverContext.Load(&context, (TrapFrame*)_lastExit.Frame);
        return StackWalk.Walk(_kernel, &context);
    }
}
