using System.Runtime.CompilerServices;

namespace Hil.Kernel;

// The virtual processor is a coroutine. Calling a driver routine hands it the turn; it hands the turn back when the routine
// returns, calls an export, faults, or is cut into by an interrupt. Every such exit leaves the driver's registers on the
// driver's own stack, so a suspended computation is an address, and serving an exit may call further driver code, which
// then runs below that address: an interrupt service routine above StartIo, a completion routine above a DPC. One host call
// of Run corresponds to one driver call, so host stack and driver stack nest alike.
//
// While host code runs, Irql is the truth; while driver code runs, CR8 is. It is read at each exit and written at each entry.

/// <summary>The kernel's view of its one processor: calls driver routines, serves what they ask for.</summary>
public sealed unsafe class Processor
{
    private const ulong HomeBytes = 0x20;

    private readonly NtKernel _kernel;
    private readonly IVirtualProcessor _vcpu;
    private readonly IKernelCallObserver? _calls;
    private readonly IDmaShadow? _shadow;
    private readonly IAccessTraps? _traps;
    private uint _exits;
    private ulong _stackPointer;
    private VcpuExit _lastExit;
    private KIRQL _entryIrql;
    private DriverCall* _call;
    private ManagedCall _managed;
    private long _managedNumbers;

    internal Processor(NtKernel kernel)
    {
        _kernel = kernel;
        _vcpu = kernel.Services.VirtualProcessor;
        _calls = kernel.Services.CallObserver;
        _shadow = kernel.Services.DmaShadow;
        _traps = kernel.Services.AccessTraps;
    }

    /// <summary>The processor of the calling thread's kernel.</summary>
    public static Processor Current => NtKernel.Current.Processor;

    /// <summary>Current IRQL. Setting it neither drains DPCs nor takes interrupts; see Scheduler and KeLowerIrql.</summary>
    public KIRQL Irql { get; set; }

    /// <summary>Driver code that ran last: return address of the kernel call or interrupted instruction; 0 for none.</summary>
    public ulong DriverRip => _lastExit.Frame == 0 ? 0 : _lastExit.Reason == VcpuExitReason.KernelCall
        ? ((KernelCallFrame*)_lastExit.Frame)->ReturnAddress
        : ((TrapFrame*)_lastExit.Frame)->Rip;

    /// <summary>Whether native driver code waits for an export to return; if not, a managed driver is calling.</summary>
    internal bool IsServingCall => _lastExit.Frame != 0 && _lastExit.Reason == VcpuExitReason.KernelCall;

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

    /// <summary>The managed routine that runs right now, as far as another thread can see; null when none does.</summary>
    public Delegate? RunningManaged => Volatile.Read(ref _managed.Routine);

    /// <summary>Tells one call of a managed routine from the next.</summary>
    public long ManagedNumber => Volatile.Read(ref _managed.Number);

    /// <summary>How deep driver calls nest on this thread's host stack; 0 when no driver code is suspended below.</summary>
    public int Depth { get; private set; }

    /// <summary>The running thread's place on its driver stack. The scheduler saves and sets it on a thread switch.</summary>
    internal ProcessorContext Context
    {
        get => new() { StackPointer = _stackPointer, LastExit = _lastExit, Depth = Depth, Call = _call, Managed = _managed };
        set
        {
            _managed = value.Managed;
            (_stackPointer, _lastExit, Depth) = (value.StackPointer, value.LastExit, value.Depth);
            _call = value.Call;
        }
    }

    /// <summary>The innermost driver call; null when no driver code is suspended below.</summary>
    internal DriverCall* InnermostCall => _call;

    /// <summary>Whether native driver code has called, over the kernel, what runs now, so that a structured exception has
    /// frames to search.</summary>
    public bool HasOuterFrames => _call != null && !_call->IsInterruption;

    /// <summary>Calls a routine of a driver, native or managed, at the current IRQL and on the current stack.</summary>
    /// <returns>RAX; the upper bits of a narrower result are undefined.</returns>
    public ulong Call(DriverRoutine routine, void* a0 = null, void* a1 = null, void* a2 = null, void* a3 = null) =>
        Call(routine, (ulong)a0, (ulong)a1, (ulong)a2, (ulong)a3);

    /// <inheritdoc cref="Call(DriverRoutine, void*, void*, void*, void*)"/>
    public ulong Call(DriverRoutine routine, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        KIRQL irql = Irql;
        ulong result = CallChangingIrql(routine, a0, a1, a2, a3);
        if (Irql != irql)
            FailIrql(routine, irql);
        return result;
    }

    /// <summary>As Call, for routines whose contract is to return at another IRQL (a cancel routine releases the cancel
    /// spin lock); the caller checks it.</summary>
    public ulong CallChangingIrql(DriverRoutine routine, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        if (_kernel.Gate.TryFind(routine.Address, out ManagedRoutine managed))
        {
            ulong* arguments = stackalloc ulong[4] { a0, a1, a2, a3 };
            return managed(arguments);
        }
        return Run(routine.Address, (_stackPointer - HomeBytes) & ~0xFUL, a0, a1, a2, a3);
    }

    /// <summary>Calls a routine with any number of arguments.</summary>
    public ulong Call(DriverRoutine routine, ReadOnlySpan<ulong> arguments)
    {
        const int RegisterArguments = 4;
        KIRQL irql = Irql;
        ulong* padded = stackalloc ulong[Math.Max(arguments.Length, RegisterArguments)];
        new Span<ulong>(padded, RegisterArguments).Clear();
        arguments.CopyTo(new Span<ulong>(padded, arguments.Length));
        ulong result;
        if (_kernel.Gate.TryFind(routine.Address, out ManagedRoutine managed))
        {
            result = managed(padded);
        }
        else
        {
            ulong further = (ulong)Math.Max(0, arguments.Length - RegisterArguments);
            ulong stackPointer = (_stackPointer - HomeBytes - further * 8) & ~0xFUL;
            for (ulong i = 0; i < further; i++)
                ((ulong*)(stackPointer + HomeBytes))[i] = padded[RegisterArguments + i];
            result = Run(routine.Address, stackPointer, padded[0], padded[1], padded[2], padded[3]);
        }
        if (Irql != irql)
            FailIrql(routine, irql);
        return result;
    }

    /// <summary>As Call, on another stack unless that one is in use already (an ISR above an ISR goes on below it).</summary>
    public ulong CallOn(GuestStack stack, DriverRoutine routine, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        ulong saved = _stackPointer;
        if (!stack.Contains(saved))
            _stackPointer = stack.Top;
        ulong result = Call(routine, a0, a1, a2, a3);
        _stackPointer = saved;
        return result;
    }

    /// <summary>As CallOn, for service routines and DPCs: they are no callees of the code that they cut into, and their
    /// exceptions end with them.</summary>
    public ulong Interrupt(GuestStack stack, DriverRoutine routine, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        var interruption = new DriverCall { Outer = _call, IsInterruption = true };
        _call = &interruption;
        ulong result = CallOn(stack, routine, a0, a1, a2, a3);
        _call = interruption.Outer;
        return result;
    }

    /// <summary>Calls a managed driver's routine.</summary>
    public ulong CallManaged(Delegate routine, ManagedRoutine call, ulong* arguments)
    {
        ManagedCall outer = _managed;
        _managed = new ManagedCall { Routine = routine, Irp = _kernel.Io.CurrentIrp, Number = ++_managedNumbers };
        try
        {
            return call(arguments);
        }
        finally
        {
            _managed = outer;
        }
    }

    /// <summary>The running managed routine has asked the kernel for something: it is not stuck.</summary>
    internal void NoteManagedProgress() => _managed.Number = ++_managedNumbers;

    /// <summary>No managed routine runs until <see cref="GoOn"/>.</summary>
    internal ManagedCall Pause()
    {
        ManagedCall paused = _managed;
        _managed = default;
        return paused;
    }

    internal void GoOn(in ManagedCall paused)
    {
        _managed = paused;
        _managed.Number = ++_managedNumbers;
    }

    /// <summary>A report about a managed routine that does not come back. Any thread: the one that runs it is
    /// busy.</summary>
    public BugCheckReport DescribeStuck(string reason) => new()
    {
        Code = BugCheckCodes.DPC_WATCHDOG_VIOLATION,
        Parameter1 = 0,
        Parameter2 = 0,
        Parameter3 = 0,
        Parameter4 = 0,
        Reason = reason,
        Irql = Irql,
        Rip = 0,
        CurrentIrp = _managed.Irp,
        LastEvents = _kernel.Events.Last(20),
    };

    /// <summary>Shows drivers what devices wrote to common memory by now, if that is hidden from them until somebody
    /// looks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ObserveDevices() => _shadow?.Observe();

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

    private ulong Run(ulong entry, ulong stackPointer, ulong a0, ulong a1, ulong a2, ulong a3)
    {
        (ulong stackBefore, VcpuExit exitBefore, KIRQL entryBefore) = (_stackPointer, _lastExit, _entryIrql);
        var call = new DriverCall { Outer = _call, Suspended = _lastExit, StackPointer = stackPointer };
        _call = &call;
        ManagedCall managed = Pause();
        _entryIrql = Irql;
        Depth++;
        VcpuExit exit;
        do
        {
            PrepareEntry();
            exit = _vcpu.Call(entry, stackPointer, a0, a1, a2, a3, Irql);
        }
        while (exit.Reason == VcpuExitReason.NotStarted);

        while (exit.Reason != VcpuExitReason.Returned)
            exit = Serve(exit);

        ObserveDevices();
        Depth--;
        _call = call.Outer;
        GoOn(managed);
        Irql = exit.Irql;
        (_stackPointer, _lastExit, _entryIrql) = (stackBefore, exitBefore, entryBefore);
        return exit.Value;
    }

    private VcpuExit Serve(VcpuExit exit)
    {
        (_lastExit, _stackPointer, Irql) = (exit, exit.Frame, exit.Irql);
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

    private VcpuExit ServeFault(VcpuExit exit)
    {
        if (_traps != null && _traps.TryServe(_kernel, ref exit))
            return ResumeAccess(exit);
        if (exit.Reason != VcpuExitReason.Fault)
            return exit; // The watchdog cut in while the instruction was stepped over.
        (_lastExit, _stackPointer, Irql) = (exit, exit.Frame, exit.Irql);
        return ServeDriverFault(exit);
    }

    // Interrupts that the access raised are taken before the next instruction, as they would cut in there. A driver that
    // polls a register comes through here all the time and is preempted here, too.
    private VcpuExit ResumeAccess(VcpuExit exit)
    {
        return ResumeAfterPause(exit, isPreemptible: IsPreemptionTurn());
    }

    // Where nothing cuts into driver code, a loop with exits is preempted at one exit of so many: a look at the clock at
    // each would cost more than the exit.
    private bool IsPreemptionTurn()
    {
        const uint ExitsPerPreemptionPoint = 64;
        return _traps != null && ++_exits % ExitsPerPreemptionPoint == 0;
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
        if (IsPreemptionTurn())
            _kernel.Scheduler.PreemptionPoint();
        // Other threads may have run meanwhile.
        (_lastExit, _stackPointer, _entryIrql) = (exit, exit.Frame, here.EntryIrql);
        VcpuExit next;
        do
        {
            PrepareEntry();
            next = _vcpu.ResumeCall(exit.Frame, result, Irql);
        }
        while (next.Reason == VcpuExitReason.NotStarted);
        return next;
    }

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

    private VcpuExit ResumeTrap(ulong frame)
    {
        VcpuExit next;
        do
        {
            PrepareEntry();
            next = _vcpu.ResumeTrap(frame, Irql);
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
        _kernel.Events.Add(KernelEventKind.KernelCall, exit.Value, frame->ReturnAddress, frame->Argument(0));
        if (Irql.Value < export.MinIrql || Irql.Value > export.MaxIrql)
            _kernel.Violation($"{export.Name} called at {Irql}; the documentation allows {new KIRQL(export.MinIrql)} to {new KIRQL(export.MaxIrql)}");
        _calls?.OnCall((int)exit.Value, frame->ReturnAddress, frame->Arguments);
        try
        {
            ulong result = export.Invoke(frame);
            _calls?.OnReturn((int)exit.Value, frame->ReturnAddress, result);
            return result;
        }
        catch (NullReferenceException exception)
        {
            // SAFETY: null pointers pass the argument check, because many parameters are optional; this one was not.
            _kernel.BugCheck(
                BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, 0, 0, frame->ReturnAddress, 0,
                $"{export.Name} was given a null pointer where it needs an object ({exception.TargetSite?.Name})");
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

    // Nothing below a pending level may be resumed: what is accepted is served first, then DPCs if IRQL allows. If it does
    // not, driver code may lower it by itself, but never below the level it was called at: only code called below
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

    // On entry IRQL is that of the interrupted code; it is the same on return.
    private void ServiceInterrupt(byte vector)
    {
        if (vector != IVirtualProcessor.WakeVector && vector != IVirtualProcessor.DispatchVector)
            _kernel.Interrupts.Service(vector);
        if (Irql < DISPATCH_LEVEL)
            _kernel.Dpcs.Drain();
    }

    private void FailIrql(DriverRoutine routine, KIRQL expected) =>
        _kernel.BugCheck(Describe(
            BugCheckCodes.IRQL_UNEXPECTED_VALUE,
            ((ulong)Irql.Value << 16) | ((ulong)expected.Value << 8), routine.Address, 0, 0,
            $"{_kernel.Modules.Describe(routine.Address)} was called at {expected} and returned at {Irql}")
            with { Rip = routine.Address });

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
        Rip = DriverRip,
        Export = _lastExit.Reason == VcpuExitReason.KernelCall && _lastExit.Value < (ulong)ExportTable.Functions.Length
            ? ExportTable.Functions[_lastExit.Value].Name
            : null,
        Registers = _lastExit.Frame != 0 && _lastExit.Reason is VcpuExitReason.Fault or VcpuExitReason.Watchdog
            ? *(TrapFrame*)_lastExit.Frame
            : null,
        StackTrace = TraceStack(),
        CurrentIrp = _kernel.Io.CurrentIrp,
        LastEvents = _kernel.Events.Last(20),
    };

    /// <summary>The driver code that ran last and its callers, innermost first; not beyond what called it from the host.</summary>
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

    // What a driver call that is abandoned has changed.
    private struct SuspendedCall
    {
        public DriverCall* Call;
        public KIRQL EntryIrql;
        public int Depth;
        public ulong CurrentIrp;
    }
}
