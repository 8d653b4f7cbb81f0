namespace Hil.Machine;

// Interrupts that the monitor accepted lie in a ring until the kernel takes them here. On a deterministic machine
// driver code runs with interrupts closed, and ClosedFlag says what the driver made of its own flag.
public sealed unsafe partial class VirtualCpu
{
    private const ulong InterruptFlag = MonitorLayout.InterruptFlag;

    // Where driver code runs with the interrupt flag clear, AC tells what it made of that flag: set for closed. At ring
    // 0 AC has no meaning of its own, and traps, PUSHFQ and POPFQ carry it along.
    private const ulong ClosedFlag = 0x4_0000;

    public bool HasPendingInterrupt
    {
        get
        {
            if (_mailbox.RingHead != _ringSeen)
                PullRing();
            return _acceptedCount != 0;
        }
    }

    public bool TryTakeInterrupt(KIRQL irql, out byte vector)
    {
        vector = 0;
        if (!HasPendingInterrupt)
            return false;
        byte last = _accepted[_acceptedCount - 1];
        if (LevelOf(last) <= irql.Value)
            return false;
        vector = last;
        _acceptedCount--;
        return true;
    }

    public void EndOfInterrupt() => _endOfInterrupts++;

    /// <summary>Nothing cuts into a deterministic machine's driver code: there the host looks at its
    /// next exit.</summary>
    public void RequestDispatchInterrupt() => _wantsDispatchInterrupt = !_isDeterministic;

    private void PullRing()
    {
        uint head = _mailbox.RingHead;
        if (head - _ringSeen > MonitorLayout.RingCapacity - _acceptedCount)
            throw Lose($"the interrupt ring is corrupt (head {head}, seen {_ringSeen})");
        for (; _ringSeen != head; _ringSeen++)
            _accepted[_acceptedCount++] = _mailbox.RingEntry(_ringSeen);
    }

    private static int LevelOf(byte vector) => vector >> 4;

    /// <summary>Whether the code behind a frame would be cut into.</summary>
    public bool IsInterruptible(ulong frame) => _isDeterministic
        ? (((TrapFrame*)frame)->Rflags & (ClosedFlag | InterruptFlag)) != ClosedFlag
        : (((TrapFrame*)frame)->Rflags & InterruptFlag) != 0;

    /// <summary>Opens or closes interrupts as the driver sees them. Deterministic machines only.</summary>
    internal static void SetInterruptible(TrapFrame* frame, bool isOpen) =>
        frame->Rflags = isOpen ? frame->Rflags & ~ClosedFlag : frame->Rflags | ClosedFlag;

    // An STI that was no stop, or a frame of the kernel's own, may have opened them for real.
    private static void CloseInterrupts(TrapFrame* frame)
    {
        if ((frame->Rflags & InterruptFlag) != 0)
            frame->Rflags &= ~(InterruptFlag | ClosedFlag);
    }
}
