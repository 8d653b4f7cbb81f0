using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Hil.Machine.MonitorLayout;

namespace Hil.Machine;

// The ways into driver code and, but for traps, out of it.
internal sealed partial class MonitorCode
{
    private const uint InterruptFlag = 0x200;

    // An import stub jumps here with its number in EAX, on the driver's stack. KernelCallFrame is
    // what this leaves there.
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
