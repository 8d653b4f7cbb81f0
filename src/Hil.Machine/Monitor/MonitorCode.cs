using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Hil.Machine.MonitorLayout;

namespace Hil.Machine;

// The monitor in long mode. Interrupts are closed everywhere but in the waiting loop and in driver code; InDriver tells an
// interrupt stub which of the two it cut into. In driver code all registers go into a trap frame on the driver's own stack
// and the host is told; in the waiting loop the vector goes into the ring and the loop goes on. Nothing is ended (EOI) but the
// kernel's own vectors: the host ends a device's interrupt after its service routine has run, so a level cannot storm.

/// <summary>The 64-bit part of the ROM: <see cref="Loop"/> with everything but the vector stubs.</summary>
internal sealed class MonitorCode
{
    private const uint EndOfInterruptRegister = 0xB0;
    private const uint SpuriousVectorRegister = 0xF0;
    private const uint InterruptCommandRegister = 0x300;
    private const uint TaskPriorityRegister = 0x80;
    private const uint TimerVectorRegister = 0x320;
    private const uint TimerInitialCountRegister = 0x380;
    private const uint TimerCurrentCountRegister = 0x390;
    private const uint TimerDivideRegister = 0x3E0;
    private const uint OneShotNmi = 0x400;
    private const uint DivideByOne = 0xB;
    private const uint SpuriousVector = 0xFF;
    private const uint DoorbellPort = 0xE9;
    private const uint InterruptFlag = 0x200;
    private const int CalleeSavedXmmFirst = 6;
    private const int CalleeSavedXmmCount = 10;
    private const int VolatileXmmCount = 6;
    private const int TrapExtraBytes = VolatileXmmCount * 16 + 16; // XMM0-5, MXCSR, CR2 below the general registers.
    private const int TrapRegisters = 15;
    private const uint DispatchLevel = 2;

    private static readonly AssemblerRegister64[] s_trapOrder =
        [rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];

    private static readonly AssemblerRegister64[] s_calleeSaved = [rbx, rbp, rsi, rdi, r12, r13, r14, r15];

    private static readonly AssemblerRegisterXMM[] s_xmm =
        [xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    private readonly Assembler _a = new(64);
    private Label _start;
    private Label _gate;
    private Label _handToHost;
    private Label _wait;
    private Label _go;
    private Label _returned;
    private Label _common;
    private Label _resumeTrap;
    private Label _resumeCall;
    private Label _operations;
    private Label _done;
    private Label _flags;
    private Label _flagsDone;
    private Label _endInterrupts;
    private Label _interruptsEnded;
    private Label _notStarted;
    private Label _inMonitor;
    private Label _sleepCheck;
    private Label _sleepEnd;
    private Label _slowOperations;
    private Label _restoreTrap;
    private Label _disarm;
    private Label _disarmed;
    private Label _awaitRing;
    private Label _ringTaken;

    private MonitorCode(ulong baseAddress, ulong stubsAddress)
    {
        (_start, _gate, _handToHost, _wait, _go) = (New(), New(), New(), New(), New());
        (_returned, _common, _resumeTrap, _resumeCall) = (New(), New(), New(), New());
        (_operations, _done, _flags, _flagsDone) = (New(), New(), New(), New());
        (_endInterrupts, _interruptsEnded, _notStarted, _inMonitor) = (New(), New(), New(), New());
        (_sleepCheck, _sleepEnd, _slowOperations, _restoreTrap) = (New(), New(), New(), New());

        (_disarm, _disarmed, _awaitRing, _ringTaken) = (New(), New(), New(), New());

        EmitGate();
        EmitReturned();
        EmitHandToHost();
        EmitWait();
        EmitGo();
        EmitResumeCall();
        EmitQuickOperations();
        EmitCommonInterrupt();
        EmitResumeTrap();
        EmitSleep();
        EmitSlices();
        EmitFlags();
        EmitInMonitor();
        EmitOperations();
        EmitStart();

        using var stream = new MemoryStream();
        AssemblerResult result = _a.Assemble(
            new StreamCodeWriter(stream), baseAddress, BlockEncoderOptions.ReturnNewInstructionOffsets);
        Loop = stream.ToArray();
        Gate = result.GetLabelRIP(_gate);
        Start = result.GetLabelRIP(_start);
        Stubs = EmitStubs(stubsAddress, result.GetLabelRIP(_common));
    }

    public byte[] Loop { get; }

    public byte[] Stubs { get; }

    public ulong Gate { get; }

    public ulong Start { get; }

    public static MonitorCode Assemble(ulong baseAddress, ulong stubsAddress) => new(baseAddress, stubsAddress);

    private Label New() => _a.CreateLabel();

    private static AssemblerMemoryOperand Dword(int offset) =>
        __dword_ptr[unchecked((long)(MachineLayout.MonitorData + (ulong)offset))];

    private static AssemblerMemoryOperand Qword(int offset) =>
        __qword_ptr[unchecked((long)(MachineLayout.MonitorData + (ulong)offset))];

    private static AssemblerMemoryOperand Byte(int offset) =>
        __byte_ptr[unchecked((long)(MachineLayout.MonitorData + (ulong)offset))];

    private static AssemblerMemoryOperand Apic(uint register) =>
        __dword_ptr[unchecked((long)(MachineLayout.LocalApic + register))];

    // An import stub jumps here with its number in EAX, on the driver's stack. KernelCallFrame is what this leaves there.
    private void EmitGate()
    {
        _a.Label(ref _gate);
        _a.pushfq();
        _a.cli();
        foreach (AssemblerRegister64 register in s_calleeSaved)
            _a.push(register);
        int home = (s_calleeSaved.Length + 2) * 8; // above the flags and the return address
        _a.mov(__qword_ptr[rsp + home], rcx);
        _a.mov(__qword_ptr[rsp + home + 8], rdx);
        _a.mov(__qword_ptr[rsp + home + 16], r8);
        _a.mov(__qword_ptr[rsp + home + 24], r9);
        _a.mov(eax, eax);
        _a.mov(Qword(A), rax);
        _a.mov(Qword(B), rsp);
        _a.mov(Dword(Operation), (uint)VcpuExitReason.KernelCall);
        _a.jmp(_handToHost);
    }

    // The return address of every function that the host calls.
    private void EmitReturned()
    {
        _a.Label(ref _returned);
        _a.cli();
        _a.mov(Qword(A), rax);
        _a.mov(Qword(B), rsp);
        _a.mov(Dword(Operation), (uint)VcpuExitReason.Returned);
    }

    // Falls through from EmitReturned. Request fields are set; IRQL is read, then the turn goes to the host.
    private void EmitHandToHost()
    {
        _a.Label(ref _handToHost);
        _a.mov(Byte(InDriver), 0);
        _a.mov(rax, cr8);
        _a.mov(Dword(Irql), eax);
        _a.mov(Dword(Cr8Shadow), eax);
        _a.mov(rsp, unchecked((long)(MachineLayout.MonitorData + MonitorStackTop)));
        _a.cld();
        _a.cmp(Dword(InterruptsClosed), 0);
        _a.jne(_disarm);
        _a.Label(ref _disarmed);
        EmitTurnToHost();
    }

    private void EmitTurnToHost()
    {
        _a.mov(Dword(Turn), 0);
        EmitFence();
        _a.cmp(Dword(HostSleeping), 0);
        _a.je(_wait);
        _a.@out((byte)DoorbellPort, al);
        _a.jmp(_wait);
    }

    // Orders our stores before our later loads, which under TCG with one processor nothing else does.
    private void EmitFence()
    {
        _a.mov(rcx, cr8);
        _a.mov(cr8, rcx);
    }

    private void EmitWait()
    {
        Label spin = New();
        _a.Label(ref _wait);
        _a.mov(ecx, Dword(SpinBudget));
        _a.sti();
        _a.Label(ref spin);
        _a.cmp(Dword(Turn), 1);
        _a.je(_go);
        _a.dec(ecx);
        _a.jg(spin);
        _a.jmp(_sleepCheck);
    }

    private void EmitGo()
    {
        Label same = New();
        Label notSliced = New();
        _a.Label(ref _go);
        _a.cli();
        _a.cmp(Dword(InterruptsClosed), 0);
        _a.jne(_awaitRing);
        _a.Label(ref _ringTaken);
        _a.mov(eax, Dword(Operation));
        _a.cmp(Byte(EndOfInterrupts), 0);
        _a.jne(_endInterrupts);
        _a.Label(ref _interruptsEnded);
        _a.cmp(eax, (uint)MonitorRequest.ResumeTrap);
        _a.ja(_operations);
        _a.mov(ecx, Dword(RingHead));
        _a.cmp(cl, Byte(RingSeen));
        _a.jne(_notStarted);
        _a.cmp(Byte(Flags), 0);
        _a.jne(_flags);
        _a.Label(ref _flagsDone);
        _a.movzx(ecx, Byte(Irql));
        _a.cmp(ecx, Dword(Cr8Shadow));
        _a.je(same);
        _a.mov(cr8, rcx);
        _a.Label(ref same);
        // From here on each way into driver code has a number of instructions of its own, which never varies.
        _a.mov(ecx, Dword(SliceInstructions));
        _a.test(ecx, ecx);
        _a.je(notSliced);
        _a.mov(Apic(TimerInitialCountRegister), ecx);
        _a.Label(ref notSliced);
        _a.mov(Byte(InDriver), 1);
        _a.cmp(eax, (uint)MonitorRequest.ResumeCall);
        _a.je(_resumeCall);
        _a.ja(_resumeTrap);
        EmitCall();
    }

    private void EmitCall()
    {
        const int NoFlags = 2; // The bit that is always set.
        Label closed = New();
        _a.mov(rsp, Qword(B));
        _a.mov(rcx, Qword(C));
        _a.mov(rdx, Qword(D));
        _a.mov(r8, Qword(E));
        _a.mov(r9, Qword(F));
        _a.mov(r10, Qword(A));
        _a.lea(rax, __qword_ptr[_returned]);
        _a.push(rax);
        _a.cmp(Dword(InterruptsClosed), 0);
        _a.jne(closed);
        _a.sti();
        _a.jmp(r10);
        // What the monitor did last is not for driver code to see: it differs from run to run.
        _a.Label(ref closed);
        foreach (AssemblerRegister64 register in (ReadOnlySpan<AssemblerRegister64>)[rax, r11, .. s_calleeSaved])
            _a.mov(register, 0);
        EmitClearVolatileXmm();
        _a.push(NoFlags);
        _a.popfq();
        _a.jmp(r10);
    }

    private void EmitResumeCall()
    {
        Label interruptsOff = New();
        _a.Label(ref _resumeCall);
        _a.mov(rsp, Qword(A));
        _a.mov(rax, Qword(B));
        for (int i = s_calleeSaved.Length - 1; i >= 0; i--)
            _a.pop(s_calleeSaved[i]);
        _a.pop(rcx);
        _a.test(ecx, InterruptFlag);
        _a.je(interruptsOff);
        _a.sti();
        _a.ret();
        // The flag that stands in for a closed interrupt flag (VirtualCpu) comes back, too.
        _a.Label(ref interruptsOff);
        _a.push(rcx);
        foreach (AssemblerRegister64 register in (ReadOnlySpan<AssemblerRegister64>)[rcx, rdx, r8, r9, r10, r11])
            _a.mov(register, 0);
        EmitClearVolatileXmm();
        _a.popfq();
        _a.ret();
    }

    private void EmitClearVolatileXmm()
    {
        for (int i = 0; i < VolatileXmmCount; i++)
            _a.pxor(s_xmm[i], s_xmm[i]);
    }

    private void EmitQuickOperations()
    {
        Label notRead = New();
        _a.Label(ref _operations);
        _a.cmp(Dword(Cr8Shadow), DispatchLevel);
        _a.ja(_slowOperations);
        _a.mov(rdx, Qword(A));
        _a.cmp(eax, (uint)MonitorRequest.Read32);
        _a.jne(notRead);
        _a.mov(eax, __dword_ptr[rdx]);
        _a.jmp(_done);
        _a.Label(ref notRead);
        _a.cmp(eax, (uint)MonitorRequest.Write32);
        _a.jne(_slowOperations);
        _a.mov(rax, Qword(B));
        _a.mov(__dword_ptr[rdx], eax);
        _a.Label(ref _done);
        _a.mov(Qword(A), rax);
        _a.mov(Dword(Operation), MonitorExit.Done);
        EmitTurnToHost();
    }

    // Every vector's stub has pushed an error code (its own 0 where the processor pushes none) and the vector.
    private void EmitCommonInterrupt()
    {
        Label fault = New();
        Label kernelVector = New();
        Label interrupt = New();
        Label notWatched = New();
        Label tell = New();
        Label slice = New();
        Label goOn = New();
        _a.Label(ref _common);
        _a.cmp(Byte(InDriver), 0);
        _a.je(_inMonitor);
        _a.mov(Byte(InDriver), 0);
        foreach (AssemblerRegister64 register in s_trapOrder)
            _a.push(register);
        _a.sub(rsp, TrapExtraBytes);
        for (int i = 0; i < VolatileXmmCount; i++)
            _a.movups(__xmmword_ptr[rsp + i * 16], s_xmm[i]);
        _a.stmxcsr(__dword_ptr[rsp + VolatileXmmCount * 16]);
        _a.mov(rax, cr2);
        _a.mov(__qword_ptr[rsp + VolatileXmmCount * 16 + 8], rax);
        _a.mov(rbx, rsp);
        _a.mov(rax, __qword_ptr[rsp + TrapExtraBytes + TrapRegisters * 8]);
        _a.cmp(eax, (uint)IVirtualProcessor.DispatchVector);
        _a.jb(fault);
        _a.je(kernelVector);
        _a.cmp(eax, (uint)IVirtualProcessor.WakeVector);
        _a.je(kernelVector);
        _a.Label(ref interrupt);
        _a.mov(ecx, (uint)VcpuExitReason.Interrupt);
        _a.Label(ref tell);
        _a.mov(Dword(Operation), ecx);
        _a.mov(Qword(A), rax);
        _a.mov(Qword(B), rbx);
        _a.jmp(_handToHost);

        _a.Label(ref kernelVector);
        _a.mov(Apic(EndOfInterruptRegister), 0);
        _a.jmp(interrupt);

        _a.Label(ref fault);
        _a.mov(ecx, (uint)VcpuExitReason.Fault);
        _a.cmp(eax, 2);
        _a.jne(tell);
        _a.cmp(Dword(WatchdogArmed), 0);
        _a.je(notWatched);
        EmitLeaveNmi();
        _a.mov(ecx, (uint)VcpuExitReason.Watchdog);
        _a.jmp(tell);
        _a.Label(ref notWatched);
        _a.cmp(Dword(SliceInstructions), 0);
        _a.jne(slice);
        // A doorbell for a sleeper that had woken already.
        _a.Label(ref goOn);
        _a.mov(Byte(InDriver), 1);
        _a.jmp(_restoreTrap);

        // In the ROM driver code is on its way out: half an exit may be in the mailbox.
        _a.Label(ref slice);
        _a.mov(rdx, __qword_ptr[rbx + TrapExtraBytes + (TrapRegisters + 2) * 8]);
        _a.sar(rdx, 16);
        _a.cmp(rdx, -1);
        _a.je(goOn);
        _a.cmp(Apic(TimerCurrentCountRegister), 0);
        _a.jne(goOn);
        EmitMoveFrame();
        EmitLeaveNmi();
        _a.mov(eax, 2);
        _a.mov(ecx, (uint)VcpuExitReason.Slice);
        _a.jmp(tell);
    }

    // An NMI's frame is on the NMI stack. Slices nest, so it goes where any other trap would have left it.
    private unsafe void EmitMoveFrame()
    {
        const int SavedRsp = TrapExtraBytes + (TrapRegisters + 2 + 3) * 8;
        int frameBytes = sizeof(TrapFrame);
        _a.mov(rdi, __qword_ptr[rbx + SavedRsp]);
        _a.and(rdi, -16);
        _a.sub(rdi, frameBytes);
        _a.mov(rsi, rbx);
        _a.mov(rbx, rdi);
        _a.mov(ecx, frameBytes / 8);
        _a.cld();
        _a.rep.movsq();
    }

    // Further NMIs stay blocked until an IRET; the watchdog's frame is kept, so an IRET to the next instruction opens them.
    private void EmitLeaveNmi()
    {
        Label next = New();
        _a.mov(rcx, rsp);
        _a.push((int)MonitorRom.DataSelector);
        _a.push(rcx);
        _a.pushfq();
        _a.push((int)MonitorRom.CodeSelector);
        _a.lea(rcx, __qword_ptr[next]);
        _a.push(rcx);
        _a.iretq();
        _a.Label(ref next);
    }

    private void EmitResumeTrap()
    {
        _a.Label(ref _resumeTrap);
        _a.mov(rsp, Qword(A));
        _a.Label(ref _restoreTrap);
        for (int i = 0; i < VolatileXmmCount; i++)
            _a.movups(s_xmm[i], __xmmword_ptr[rsp + i * 16]);
        _a.ldmxcsr(__dword_ptr[rsp + VolatileXmmCount * 16]);
        _a.add(rsp, TrapExtraBytes);
        for (int i = s_trapOrder.Length - 1; i >= 0; i--)
            _a.pop(s_trapOrder[i]);
        _a.add(rsp, 16);
        _a.iretq();
    }

    // The host rings a sleeper by NMI. One that comes between the last look and the halt would be slept through: the NMI's
    // stub finds RIP in this range and sends it back to the look.
    private void EmitSleep()
    {
        Label awake = New();
        _a.Label(ref _sleepCheck);
        _a.cli();
        _a.mov(Dword(VcpuSleeping), 1);
        EmitFence();
        _a.cmp(Dword(Turn), 1);
        _a.je(awake);
        _a.sti();
        _a.hlt();
        _a.Label(ref _sleepEnd);
        _a.jmp(_sleepCheck);
        _a.Label(ref awake);
        _a.mov(Dword(VcpuSleeping), 0);
        _a.jmp(_go);
    }

    // With closed interrupts driver code is cut into by nothing but the end of its slice: the timer is silent while the
    // host has the turn, and a ring for this turn is waited for before driver code goes on.
    private void EmitSlices()
    {
        Label decided = New();
        Label pending = New();
        _a.Label(ref _disarm);
        _a.mov(Apic(TimerInitialCountRegister), 0);
        _a.mov(Dword(NmiTaken), 0);
        _a.jmp(_disarmed);

        _a.Label(ref _awaitRing);
        _a.cmp(Dword(RingDecision), NoRing);
        _a.jb(_awaitRing);
        _a.je(decided);
        _a.Label(ref pending);
        _a.cmp(Dword(NmiTaken), 0);
        _a.je(pending);
        _a.mov(Dword(NmiTaken), 0);
        _a.Label(ref decided);
        _a.jmp(_ringTaken);
    }

    private void EmitFlags()
    {
        Label noSwitch = New();
        Label noInvalidate = New();
        Label noInvalidateAll = New();
        Label noDispatch = New();
        Label nextPage = New();
        _a.Label(ref _notStarted);
        _a.mov(Dword(Operation), (uint)VcpuExitReason.NotStarted);
        EmitTurnToHost();

        _a.Label(ref _endInterrupts);
        _a.mov(Apic(EndOfInterruptRegister), 0);
        _a.dec(Byte(EndOfInterrupts));
        _a.jne(_endInterrupts);
        _a.jmp(_interruptsEnded);

        _a.Label(ref _flags);
        _a.test(Byte(Flags), (uint)FlagSwitchContext);
        _a.je(noSwitch);
        EmitSwitchContext();
        _a.Label(ref noSwitch);
        _a.test(Byte(Flags), (uint)FlagInvalidate);
        _a.je(noInvalidate);
        _a.mov(ecx, Dword(InvalidationCount));
        _a.Label(ref nextPage);
        _a.mov(rdx, __qword_ptr[rcx * 8 + unchecked((int)(uint)(MachineLayout.MonitorData + Invalidations - 8))]);
        _a.invlpg(__byte_ptr[rdx]);
        _a.dec(ecx);
        _a.jne(nextPage);
        _a.Label(ref noInvalidate);
        _a.test(Byte(Flags), (uint)FlagInvalidateAll);
        _a.je(noInvalidateAll);
        _a.mov(rcx, cr3);
        _a.mov(cr3, rcx);
        _a.Label(ref noInvalidateAll);
        _a.test(Byte(Flags), (uint)FlagDispatchInterrupt);
        _a.je(noDispatch);
        const uint SelfFixed = 0x40000;
        _a.mov(Apic(InterruptCommandRegister), SelfFixed | IVirtualProcessor.DispatchVector);
        _a.Label(ref noDispatch);
        _a.jmp(_flagsDone);
    }

    private void EmitSwitchContext()
    {
        const int MxcsrOffset = CalleeSavedXmmCount * 16;
        _a.mov(rdx, Qword(SaveArea));
        for (int i = 0; i < CalleeSavedXmmCount; i++)
            _a.movups(__xmmword_ptr[rdx + i * 16], s_xmm[CalleeSavedXmmFirst + i]);
        _a.stmxcsr(__dword_ptr[rdx + MxcsrOffset]);
        _a.mov(rdx, Qword(LoadArea));
        for (int i = 0; i < CalleeSavedXmmCount; i++)
            _a.movups(s_xmm[CalleeSavedXmmFirst + i], __xmmword_ptr[rdx + i * 16]);
        _a.ldmxcsr(__dword_ptr[rdx + MxcsrOffset]);
    }

    private void EmitInMonitor()
    {
        Label nmi = New();
        Label fault = New();
        Label kernelVector = New();
        Label leave = New();
        _a.Label(ref _inMonitor);
        _a.push(rax);
        _a.push(rcx);
        _a.mov(eax, __dword_ptr[rsp + 16]);
        _a.cmp(eax, 2);
        _a.je(nmi);
        _a.cmp(eax, (uint)IVirtualProcessor.DispatchVector);
        _a.jb(fault);
        _a.je(kernelVector);
        _a.cmp(eax, (uint)IVirtualProcessor.WakeVector);
        _a.je(kernelVector);
        _a.mov(ecx, Dword(RingHead));
        _a.and(ecx, RingCapacity - 1);
        _a.mov(__byte_ptr[rcx + unchecked((int)(uint)(MachineLayout.MonitorData + RingEntries))], al);
        _a.inc(Dword(RingHead));
        EmitFence();
        _a.cmp(Dword(HostSleeping), 0);
        _a.je(leave);
        _a.@out((byte)DoorbellPort, al);
        _a.Label(ref leave);
        _a.pop(rcx);
        _a.pop(rax);
        _a.add(rsp, 16);
        _a.iretq();

        _a.Label(ref kernelVector);
        _a.mov(Apic(EndOfInterruptRegister), 0);
        _a.jmp(leave);

        const int SavedRip = 32; // above RCX, RAX, vector and error code
        _a.Label(ref nmi);
        _a.mov(Dword(NmiTaken), 1);
        _a.lea(rax, __qword_ptr[_sleepCheck]);
        _a.cmp(__qword_ptr[rsp + SavedRip], rax);
        _a.jb(leave);
        _a.lea(rcx, __qword_ptr[_sleepEnd]);
        _a.cmp(__qword_ptr[rsp + SavedRip], rcx);
        _a.ja(leave);
        _a.mov(__qword_ptr[rsp + SavedRip], rax);
        _a.jmp(leave);

        _a.Label(ref fault);
        _a.mov(Qword(A), rax);
        _a.mov(rcx, __qword_ptr[rsp + SavedRip]);
        _a.mov(Qword(B), rcx);
        _a.mov(rcx, cr2);
        _a.mov(Qword(C), rcx);
        _a.mov(rcx, __qword_ptr[rsp + SavedRip - 8]);
        _a.mov(Qword(D), rcx);
        _a.mov(Dword(Operation), MonitorExit.Panic);
        _a.mov(rsp, unchecked((long)(MachineLayout.MonitorData + MonitorStackTop)));
        EmitTurnToHost();
    }

    // Compare chains: what is here is off the hot path.
    private void EmitOperations()
    {
        Label levelSet = New();
        _a.Label(ref _slowOperations);
        // Requests of host code leave all device levels open; only Nothing sets a level of its own.
        _a.xor(ecx, ecx);
        _a.cmp(eax, (uint)MonitorRequest.Nothing);
        _a.jne(levelSet);
        _a.movzx(ecx, Byte(Irql));
        _a.Label(ref levelSet);
        _a.mov(cr8, rcx);
        _a.mov(Dword(Cr8Shadow), ecx);
        _a.mov(rdx, Qword(A));
        _a.mov(rbx, Qword(B));
        When(MonitorRequest.Read8, () => _a.movzx(eax, __byte_ptr[rdx]));
        When(MonitorRequest.Read16, () => _a.movzx(eax, __word_ptr[rdx]));
        When(MonitorRequest.Read32, () => _a.mov(eax, __dword_ptr[rdx]));
        When(MonitorRequest.Read64, () => _a.mov(rax, __qword_ptr[rdx]));
        When(MonitorRequest.Write8, () => _a.mov(__byte_ptr[rdx], bl));
        When(MonitorRequest.Write16, () => _a.mov(__word_ptr[rdx], bx));
        When(MonitorRequest.Write32, () => _a.mov(__dword_ptr[rdx], ebx));
        When(MonitorRequest.Write64, () => _a.mov(__qword_ptr[rdx], rbx));
        When(MonitorRequest.In8, () => { _a.xor(eax, eax); _a.@in(al, dx); });
        When(MonitorRequest.In16, () => { _a.xor(eax, eax); _a.@in(ax, dx); });
        When(MonitorRequest.In32, () => _a.@in(eax, dx));
        When(MonitorRequest.Out8, () => { _a.mov(eax, ebx); _a.@out(dx, al); });
        When(MonitorRequest.Out16, () => { _a.mov(eax, ebx); _a.@out(dx, ax); });
        When(MonitorRequest.Out32, () => { _a.mov(eax, ebx); _a.@out(dx, eax); });
        EmitManyOperations();
        EmitPolls();
        When(MonitorRequest.WriteBatch, EmitWriteBatch);
        When(MonitorRequest.WriteCode, EmitWriteCode);
        _a.jmp(_done);
    }

    private void When(MonitorRequest request, Action body)
    {
        Label next = New();
        _a.cmp(eax, (uint)request);
        _a.jne(next);
        body();
        _a.jmp(_done);
        _a.Label(ref next);
    }

    private void EmitManyOperations()
    {
        void Transfer(MonitorRequest request, bool toBuffer, Action move) => When(request, () =>
        {
            _a.mov(rcx, rbx);
            if (toBuffer)
            {
                _a.mov(rsi, rdx);
                _a.mov(rdi, unchecked((long)(MachineLayout.MonitorData + MonitorLayout.Buffer)));
            }
            else
            {
                _a.mov(rdi, rdx);
                _a.mov(rsi, unchecked((long)(MachineLayout.MonitorData + MonitorLayout.Buffer)));
            }
            move();
        });
        Transfer(MonitorRequest.ReadMany8, true, () => _a.rep.movsb());
        Transfer(MonitorRequest.ReadMany16, true, () => _a.rep.movsw());
        Transfer(MonitorRequest.ReadMany32, true, () => _a.rep.movsd());
        Transfer(MonitorRequest.ReadMany64, true, () => _a.rep.movsq());
        Transfer(MonitorRequest.WriteMany8, false, () => _a.rep.movsb());
        Transfer(MonitorRequest.WriteMany16, false, () => _a.rep.movsw());
        Transfer(MonitorRequest.WriteMany32, false, () => _a.rep.movsd());
        Transfer(MonitorRequest.WriteMany64, false, () => _a.rep.movsq());
        Transfer(MonitorRequest.InMany8, true, () => _a.rep.insb());
        Transfer(MonitorRequest.InMany16, true, () => _a.rep.insw());
        Transfer(MonitorRequest.InMany32, true, () => _a.rep.insd());
        Transfer(MonitorRequest.OutMany8, false, () => _a.rep.outsb());
        Transfer(MonitorRequest.OutMany16, false, () => _a.rep.outsw());
        Transfer(MonitorRequest.OutMany32, false, () => _a.rep.outsd());
    }

    private void EmitPolls()
    {
        void Poll(MonitorRequest request, Action read) => When(request, () =>
        {
            Label again = New();
            Label found = New();
            Label end = New();
            _a.mov(rsi, Qword(C));
            _a.mov(rcx, Qword(D));
            _a.Label(ref again);
            read();
            _a.and(rax, rbx);
            _a.cmp(rax, rsi);
            _a.je(found);
            _a.dec(rcx);
            _a.jg(again);
            _a.xor(eax, eax);
            _a.jmp(end);
            _a.Label(ref found);
            _a.mov(eax, 1);
            _a.Label(ref end);
        });
        Poll(MonitorRequest.Poll8, () => _a.movzx(eax, __byte_ptr[rdx]));
        Poll(MonitorRequest.Poll16, () => _a.movzx(eax, __word_ptr[rdx]));
        Poll(MonitorRequest.Poll32, () => _a.mov(eax, __dword_ptr[rdx]));
        Poll(MonitorRequest.Poll64, () => _a.mov(rax, __qword_ptr[rdx]));
    }

    private void EmitWriteBatch()
    {
        Label next = New();
        Label wide = New();
        Label dword = New();
        Label word = New();
        Label stored = New();
        _a.mov(ecx, edx);
        _a.mov(rsi, unchecked((long)(MachineLayout.MonitorData + MonitorLayout.Buffer)));
        _a.Label(ref next);
        _a.mov(rdi, __qword_ptr[rsi]);
        _a.mov(rbx, __qword_ptr[rsi + 8]);
        _a.mov(eax, __dword_ptr[rsi + 16]);
        _a.cmp(eax, 4);
        _a.je(dword);
        _a.ja(wide);
        _a.cmp(eax, 2);
        _a.je(word);
        _a.mov(__byte_ptr[rdi], bl);
        _a.jmp(stored);
        _a.Label(ref word);
        _a.mov(__word_ptr[rdi], bx);
        _a.jmp(stored);
        _a.Label(ref wide);
        _a.mov(__qword_ptr[rdi], rbx);
        _a.jmp(stored);
        _a.Label(ref dword);
        _a.mov(__dword_ptr[rdi], ebx);
        _a.Label(ref stored);
        _a.add(rsi, 24);
        _a.dec(ecx);
        _a.jne(next);
    }

    // Only a store by the guest makes TCG drop its translation of the bytes.
    private void EmitWriteCode()
    {
        const int WriteProtect = 0x10000;
        _a.mov(r8, cr0);
        _a.mov(r9, r8);
        _a.and(r9, ~WriteProtect);
        _a.mov(cr0, r9);
        _a.mov(rdi, rdx);
        _a.mov(rcx, rbx);
        _a.mov(rsi, unchecked((long)(MachineLayout.MonitorData + MonitorLayout.Buffer)));
        _a.rep.movsb();
        _a.mov(cr0, r8);
    }

    private void EmitStart()
    {
        Label gdt = New();
        Label idt = New();
        const uint GsBaseMsr = 0xC000_0101;
        _a.Label(ref _start);
        _a.mov(rsp, unchecked((long)(MachineLayout.MonitorData + MonitorStackTop)));
        _a.lgdt(__[gdt]);
        _a.lidt(__[idt]);
        _a.mov(eax, (uint)MonitorRom.DataSelector);
        _a.mov(ds, eax);
        _a.mov(es, eax);
        _a.mov(ss, eax);
        _a.xor(eax, eax);
        _a.mov(fs, eax);
        _a.mov(gs, eax);
        _a.mov(eax, (uint)MonitorRom.TaskSelector);
        _a.ltr(ax);
        // The host has left the address of the KPCR in A.
        _a.mov(eax, Dword(A));
        _a.mov(edx, Dword(A + 4));
        _a.mov(ecx, GsBaseMsr);
        _a.wrmsr();
        _a.fninit();
        EmitSilenceLegacyHardware();
        const uint ApicEnabled = 0x100;
        _a.mov(Apic(SpuriousVectorRegister), ApicEnabled | SpuriousVector);
        _a.mov(Apic(TaskPriorityRegister), 0);
        _a.mov(Apic(TimerDivideRegister), DivideByOne);
        _a.mov(Apic(TimerVectorRegister), OneShotNmi);
        _a.mov(Dword(Cr8Shadow), 0);
        _a.mov(Byte(InDriver), 0);
        _a.mov(Dword(Turn), 0);
        _a.mov(Dword(RomVersion), LayoutVersion);
        _a.inc(Dword(BootCount));
        _a.mov(Dword(Ready), 1);
        _a.@out((byte)DoorbellPort, al);
        _a.jmp(_wait);
        _a.Label(ref gdt);
        EmitTablePointer(MachineLayout.Rom + MonitorRom.GdtOffset, 0x5F);
        _a.Label(ref idt);
        EmitTablePointer(MachineLayout.Rom + MonitorRom.IdtOffset, MonitorRom.VectorCount * 16 - 1);
    }

    // Both PICs masked; the PIT's channel 0 left waiting for a count that never comes, else an idle QEMU wakes for it.
    private void EmitSilenceLegacyHardware()
    {
        _a.mov(al, 0xFF);
        _a.@out(0x21, al);
        _a.@out(0xA1, al);
        _a.mov(al, 0x30);
        _a.@out(0x43, al);
    }

    private void EmitTablePointer(ulong address, ushort limit)
    {
        _a.dw(limit);
        _a.dq(address);
    }

    private static byte[] EmitStubs(ulong address, ulong common)
    {
        var stubs = new byte[MonitorRom.VectorCount * MonitorRom.StubBytes];
        for (int vector = 0; vector < MonitorRom.VectorCount; vector++)
        {
            var a = new Assembler(64);
            if (vector == SpuriousVector)
            {
                a.iretq();
            }
            else
            {
                bool hasErrorCode = vector is 8 or (>= 10 and <= 14) or 17 or 21;
                if (!hasErrorCode)
                    a.push(0);
                a.push(vector);
                a.jmp(common);
            }
            using var stream = new MemoryStream();
            a.Assemble(new StreamCodeWriter(stream), address + (ulong)(vector * MonitorRom.StubBytes));
            Invariant.Holds(stream.Length <= MonitorRom.StubBytes, "a vector stub fits in its 16 bytes");
            stream.ToArray().CopyTo(stubs, vector * MonitorRom.StubBytes);
        }
        return stubs;
    }
}
