namespace Hil.Trace;

// The processor is the same in capture and replay, and so is the code that it runs: what it answers needs no record.
// What does are the interrupts of devices: whether one waits, which one is taken, and that one came before an entry. In
// a replay there is no device, so the processor is never asked for interrupts, and nothing is ended.

/// <summary>The seam at the virtual processor.</summary>
/// <param name="isAsked">Whether any of this seam's records is wanted.</param>
internal sealed unsafe class TracedProcessor(IVirtualProcessor inner, TraceLog log, bool isAsked) : IVirtualProcessor
{
    public long Spent
    {
        get => inner.Spent;
        set => inner.Spent = value;
    }

    public long Patience => inner.Patience;

    public ulong StubBase => inner.StubBase;

    public uint StubCount => inner.StubCount;

    public LoadedModule? GuestModule => inner.GuestModule;

    public bool IsInterruptible(ulong frame) => inner.IsInterruptible(frame);

    public bool HasPendingInterrupt => isAsked
        ? log.Ask(TraceKind.Pending, log.IsLive && inner.HasPendingInterrupt)
        : inner.HasPendingInterrupt;

    public bool TryTakeInterrupt(KIRQL irql, out byte vector)
    {
        vector = 0;
        bool isTaken = log.IsLive && inner.TryTakeInterrupt(irql, out vector);
        Span<ulong> fields = [0, vector, log.DriverRip];
        if (!log.Happens(TraceKind.Interrupt, isTaken, fields))
            return false;
        vector = (byte)fields[1];
        return true;
    }

    public void EndOfInterrupt()
    {
        if (log.IsLive)
            inner.EndOfInterrupt();
    }

    public VcpuExit Call(ulong entry, ulong stackPointer, ulong rcx, ulong rdx, ulong r8, ulong r9, KIRQL irql) =>
        IsHeldUp() ? HeldUp(irql) : Note(inner.Call(entry, stackPointer, rcx, rdx, r8, r9, irql));

    public KernelCall CallOf(in VcpuExit exit) => inner.CallOf(exit);

    public VcpuExit ResumeCall(ulong frame, ulong result, KIRQL irql) =>
        IsHeldUp() ? HeldUp(irql) : Note(inner.ResumeCall(frame, result, irql));

    // Code whose time is up is not even entered again, and the clock that says so is not there in a replay.
    public VcpuExit ResumeTrap(ulong frame, KIRQL irql)
    {
        if (log.IsLive)
        {
            VcpuExit exit = inner.ResumeTrap(frame, irql);
            bool isRefused = exit is { Reason: VcpuExitReason.Watchdog, Value: 0 };
            return log.Happens(TraceKind.Watchdog, isRefused, [0]) ? exit : Note(exit);
        }
        if (log.Happens(TraceKind.Watchdog, live: false, [0]))
            return new VcpuExit(VcpuExitReason.Watchdog, irql, 0, frame);
        return IsHeldUp() ? HeldUp(irql) : Note(inner.ResumeTrap(frame, irql));
    }

    public void RequestDispatchInterrupt() => inner.RequestDispatchInterrupt();

    public void Idle(KIRQL irql, long deadline)
    {
        if (log.IsLive)
        {
            inner.Idle(irql, log.LimitIdle(deadline));
            log.Tick();
        }
        else if (log.IsOver())
            inner.Idle(irql, long.MaxValue);
        else
            log.PassIdle(deadline);
    }

    public void Wake() => inner.Wake();

    public void ArmPreemption(long deadline)
    {
        if (log.IsLive)
            inner.ArmPreemption(deadline);
    }

    public void SelectContext(uint contextId) => inner.SelectContext(contextId);

    public ulong FindGuestRoutine(string name) => inner.FindGuestRoutine(name);

    public void WriteCode(ulong address, ReadOnlySpan<byte> bytes) => inner.WriteCode(address, bytes);

    private static VcpuExit HeldUp(KIRQL irql) => new(VcpuExitReason.NotStarted, irql, 0, 0);

    private bool IsHeldUp() => !log.IsLive && log.Happens(TraceKind.NotStarted, live: false, [0]);

    private VcpuExit Note(VcpuExit exit)
    {
        log.Tick();
        if (!isAsked)
            return exit;
        if (log.IsLive)
            log.Happens(TraceKind.NotStarted, exit.Reason == VcpuExitReason.NotStarted, [0]);
        return exit.Reason is VcpuExitReason.Slice or VcpuExitReason.Watchdog ? NoteSlice(exit) : exit;
    }

    // That driver code has run for too long is seen at the end of a slice, by a clock that a replay does not have.
    private VcpuExit NoteSlice(VcpuExit exit)
    {
        bool isTooLong = exit.Reason == VcpuExitReason.Watchdog;
        log.Add(TraceKind.Slice, [((TrapFrame*)exit.Frame)->Rip]);
        return log.Happens(TraceKind.Watchdog, isTooLong, [0])
            ? exit with { Reason = VcpuExitReason.Watchdog }
            : exit;
    }
}
