using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Hil.Machine.MonitorLayout;

namespace Hil.Machine;

// The ways into driver code and, but for traps, out of it.
internal sealed partial class MonitorCode
{
    // The stub of an interrupt in the monitor runs on the driver's stack for an instruction or two.
    private const int StubReserve = 256;

    // An import stub jumps here with its number in EAX, on the driver's stack. KernelCallFrame is
    // what this leaves there.
    private void EmitGate()
    {
        Label closed = New();
        _a.Label(ref _gate);
        _a.pushfq();
        foreach (AssemblerRegister64 register in s_calleeSaved)
            _a.push(register);
        int flags = s_calleeSaved.Length * 8;
        int home = flags + 16; // above the flags and the return address
        _a.mov(__qword_ptr[rsp + home], rcx);
        _a.mov(__qword_ptr[rsp + home + 8], rdx);
        _a.mov(__qword_ptr[rsp + home + 16], r8);
        _a.mov(__qword_ptr[rsp + home + 24], r9);
        // A stack that has no room for more is the driver's fault, not the monitor's.
        _a.mov(r10b, __byte_ptr[rsp - StubReserve]);
        _a.mov(r11, __qword_ptr[rsp + flags + 8]);
        _a.shl(r11, CallNumberBits);
        _a.or(r11, rax);
        _a.mov(eax, Dword(InterruptsOpen));
        _a.test(__dword_ptr[rsp + flags], eax);
        _a.je(closed);
        EmitLeaveDriver(EmitKernelCall);

        _a.Label(ref closed);
        EmitLeaveDriverClosed(EmitKernelCall);
    }

    // R11: value. An interrupt in the monitor saves what it changes.
    private void EmitKernelCall()
    {
        _a.mov(Qword(C), rcx);
        _a.mov(Qword(D), rdx);
        _a.mov(Qword(E), r8);
        _a.mov(Qword(F), r9);
        EmitExit(VcpuExitReason.KernelCall);
    }

    // The return address of every function that the host calls.
    private void EmitReturned()
    {
        Label closed = New();
        _a.Label(ref _returned);
        _a.mov(r11, rax);
        _a.pushfq();
        _a.pop(rax);
        _a.test(Dword(InterruptsOpen), eax);
        _a.je(closed);
        EmitLeaveDriver(EmitReturn);

        _a.Label(ref closed);
        EmitLeaveDriverClosed(EmitReturn);
    }

    private void EmitReturn() => EmitExit(VcpuExitReason.Returned);

    // Out of driver code with interrupts open, and open they stay. What cuts in before InDriver is cleared has cut into
    // driver code, and the exit is made when that goes on; what comes after it is for the ring. No flag is
    // changed: STI costs TCG two rounds of its main loop.
    private void EmitLeaveDriver(Action emitExit)
    {
        _a.mov(Byte(InDriver), 0);
        emitExit();
        EmitBackInMonitor();
        EmitTurnToHost(_wait);
    }

    private void EmitLeaveDriverClosed(Action emitExit)
    {
        _a.cli();
        emitExit();
        _a.jmp(_handToHost);
    }

    // R11: value.
    private void EmitExit(VcpuExitReason reason)
    {
        _a.mov(Dword(Operation), (uint)reason);
        _a.mov(Qword(A), r11);
        _a.mov(Qword(B), rsp);
    }

    // The way into driver code with interrupts open all along. Until InDriver is set an interrupt goes to the ring, and
    // its stub sends this code back to its beginning (EmitReenter), which looks at the ring: nothing accepted
    // is left behind unseen. All it needs stays in the mailbox until then.
    private void EmitEnter()
    {
        Label resumeCall = New();
        _a.Label(ref _enter);
        _a.mov(eax, Dword(Operation));
        EmitCheckRing();
        _a.cmp(eax, (uint)MonitorRequest.ResumeCall);
        _a.je(resumeCall);
        _a.ja(_enterClosed); // An IRET opens interrupts again at no cost.
        EmitLoadCall();
        _a.mov(Byte(InDriver), 1);
        _a.push(rax);
        _a.jmp(r10);

        _a.Label(ref resumeCall);
        _a.mov(rsp, Qword(A));
        _a.mov(rax, Qword(B));
        _a.mov(Byte(InDriver), 1);
        _a.Label(ref _entered);
        EmitPopCalleeSaved();
        _a.test(ecx, InterruptFlag);
        _a.je(_resumeClosed);
        _a.ret();
    }

    // The way into driver code with interrupts closed until its own flags are loaded: traps, deterministic machines,
    // requests with flags.
    private void EmitEnterClosed()
    {
        Label notSliced = New();
        _a.Label(ref _enterClosed);
        _a.cli();
        EmitCheckRing();
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
        EmitCallClosed();
    }

    private void EmitCheckRing()
    {
        _a.mov(ecx, Dword(RingHead));
        _a.cmp(cl, Byte(RingSeen));
        _a.jne(_notStarted);
    }

    private void EmitLoadCall()
    {
        _a.mov(rsp, Qword(B));
        _a.mov(rcx, Qword(C));
        _a.mov(rdx, Qword(D));
        _a.mov(r8, Qword(E));
        _a.mov(r9, Qword(F));
        _a.mov(r10, Qword(A));
        _a.lea(rax, __qword_ptr[_returned]);
    }

    private void EmitCallClosed()
    {
        const int NoFlags = 2; // The bit that is always set.
        Label closed = New();
        EmitLoadCall();
        _a.push(rax);
        _a.cmp(Dword(InterruptsOpen), 0);
        _a.je(closed);
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
        _a.Label(ref _resumeCall);
        _a.mov(rsp, Qword(A));
        _a.mov(rax, Qword(B));
        EmitPopCalleeSaved();
        _a.test(ecx, InterruptFlag);
        _a.je(_resumeClosed);
        _a.sti();
        _a.ret();
        // The flag that stands in for a closed interrupt flag (VirtualCpu) comes back, too.
        _a.Label(ref _resumeClosed);
        _a.push(rcx);
        foreach (AssemblerRegister64 register in (ReadOnlySpan<AssemblerRegister64>)[rcx, rdx, r8, r9, r10, r11])
            _a.mov(register, 0);
        EmitClearVolatileXmm();
        _a.popfq();
        _a.ret();
    }

    // The flags end up in ECX.
    private void EmitPopCalleeSaved()
    {
        for (int i = s_calleeSaved.Length - 1; i >= 0; i--)
            _a.pop(s_calleeSaved[i]);
        _a.pop(rcx);
    }

    private void EmitClearVolatileXmm()
    {
        for (int i = 0; i < VolatileXmmCount; i++)
            _a.pxor(s_xmm[i], s_xmm[i]);
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
}
