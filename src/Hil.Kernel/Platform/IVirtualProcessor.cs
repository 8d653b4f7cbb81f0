namespace Hil.Kernel.Platform;

/// <summary>The processor that runs drivers' machine code: a coroutine of the kernel. One host thread at a time uses it
/// (the one that holds the baton); only <see cref="Wake"/> may be called from any thread.</summary>
/// <remarks>Throws <see cref="MachineLostException"/> when the machine behind it is gone or was reset.</remarks>
public interface IVirtualProcessor
{
    /// <summary>Calls <paramref name="entry"/> with up to four register arguments; the kernel has written further ones
    /// above <paramref name="stackPointer"/> + 0x20 itself.</summary>
    /// <param name="stackPointer">RSP as it is before the call instruction pushes the return address; 16-byte
    /// aligned.</param>
    /// <param name="irql">Value of CR8 while the function runs.</param>
    VcpuExit Call(ulong entry, ulong stackPointer, ulong rcx, ulong rdx, ulong r8, ulong r9, KIRQL irql);

    /// <summary>The call that the last exit, a KernelCall, is about. Good until the processor is asked for anything
    /// else.</summary>
    unsafe KernelCall CallOf(in VcpuExit exit)
    {
        var frame = (KernelCallFrame*)exit.Frame;
        return new KernelCall(frame->ReturnAddress, frame->Arguments);
    }

    /// <summary>Goes on after a KernelCall exit, with <paramref name="result"/> in RAX.</summary>
    VcpuExit ResumeCall(ulong frame, ulong result, KIRQL irql);

    /// <summary>Goes on after an Interrupt, Fault or Watchdog exit with the registers that the frame
    /// holds now.</summary>
    VcpuExit ResumeTrap(ulong frame, KIRQL irql);

    /// <summary>Whether the code behind a TrapFrame ran with interrupts open.</summary>
    unsafe bool IsInterruptible(ulong frame)
    {
        const ulong InterruptFlag = 0x200;
        return (((TrapFrame*)frame)->Rflags & InterruptFlag) != 0;
    }

    /// <summary>True when an accepted interrupt of any level waits to be taken. One memory read.</summary>
    bool HasPendingInterrupt { get; }

    /// <summary>Takes the last accepted interrupt that has not been taken yet if its level is above
    /// <paramref name="irql"/>; levels nest, so the last one is the highest.</summary>
    bool TryTakeInterrupt(KIRQL irql, out byte vector);

    /// <summary>Ends the service of the highest vector in service. Carried out with the next request.</summary>
    void EndOfInterrupt();

    /// <summary>With the next resume, vector 0x2F is raised: it cuts in when driver code lowers CR8 below
    /// DISPATCH_LEVEL.</summary>
    void RequestDispatchInterrupt();

    /// <summary>Waits until an interrupt is pending, <see cref="Wake"/> is called, or interrupt time reaches the
    /// deadline. All interrupt levels above <paramref name="irql"/> are open meanwhile.</summary>
    /// <param name="deadline">Interrupt time in 100 ns units; long.MaxValue for no deadline.</param>
    void Idle(KIRQL irql, long deadline);

    /// <summary>Ends an <see cref="Idle"/>, or makes running driver code exit with vector <see cref="WakeVector"/>.
    /// A wake with nobody idle is remembered for the next Idle. Any thread.</summary>
    void Wake();

    /// <summary>Makes running driver code exit with <see cref="VcpuExitReason.Interrupt"/> and <see cref="WakeVector"/>
    /// when interrupt time reaches the deadline. long.MaxValue disarms.</summary>
    void ArmPreemption(long deadline);

    /// <summary>Vector of the doorbell, level 13: ended (EOI) at entry.</summary>
    static byte WakeVector => 0xD0;

    /// <summary>Vector of the dispatch interrupt, level 2: ended (EOI) at entry.</summary>
    static byte DispatchVector => 0x2F;

    /// <summary>How long the running driver code has kept the processor without calling the kernel, in 100 ns units,
    /// for the watchdog. A call sets it to zero; who serves an interrupt saves and restores it.</summary>
    long Spent
    {
        get => 0;
        set { }
    }

    /// <summary>How long driver code may go on calling the kernel at DISPATCH_LEVEL or above, in 100 ns
    /// units.</summary>
    long Patience => long.MaxValue;

    /// <summary>Tells the processor which thread's callee-saved floating-point registers (XMM6-15, MXCSR) the next call
    /// or resume runs with; they are switched lazily. The id is any stable non-zero number below 4096.</summary>
    void SelectContext(uint contextId);

    /// <summary>Address of import stub 0. Stub n stands at StubBase + n * <see cref="StubStride"/>: code that makes
    /// kernel call number n. Ids above the export table are the kernel's, for managed routines and for missing
    /// imports.</summary>
    ulong StubBase { get; }

    /// <summary>Distance of two import stubs in bytes.</summary>
    static ulong StubStride => 16;

    /// <summary>Number of import stubs.</summary>
    uint StubCount { get; }

    /// <summary>Address of a guest-side routine (memcpy, KeAcquireSpinLockRaiseToDpc, …), or 0 when
    /// there is none.</summary>
    ulong FindGuestRoutine(string name);

    /// <summary>Where those routines are, for reports and for unwinding out of them; null when
    /// there are none.</summary>
    LoadedModule? GuestModule => null;

    /// <summary>Copies bytes to code pages from the guest side, so that stale translations are dropped.</summary>
    void WriteCode(ulong address, ReadOnlySpan<byte> bytes);
}
