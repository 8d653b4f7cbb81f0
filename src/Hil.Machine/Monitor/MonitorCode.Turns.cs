using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Hil.Machine.MonitorLayout;

namespace Hil.Machine;

// Round trips: the turn goes to the host, is waited for, and comes back with a request.
internal sealed partial class MonitorCode
{
    private const uint InterruptCommandRegister = 0x300;
    private const int CalleeSavedXmmFirst = 6;
    private const int CalleeSavedXmmCount = 10;

    // Out of driver code with interrupts closed; the exit is in the mailbox.
    private void EmitHandToHost()
    {
        _a.Label(ref _handToHost);
        _a.mov(Byte(InDriver), 0);
        EmitBackInMonitor();
        _a.cmp(Dword(InterruptsOpen), 0);
        _a.je(_disarm);
        _a.Label(ref _disarmed);
        EmitTurnToHost(_open);
    }

    // What driver code has made of CR8, RSP and the direction flag.
    private void EmitBackInMonitor()
    {
        _a.mov(rax, cr8);
        _a.mov(Dword(Irql), eax);
        _a.mov(Byte(Cr8Shadow), al);
        _a.mov(rsp, unchecked((long)(MachineLayout.MonitorData + MonitorStackTop)));
        _a.cld();
    }

    // No fence: MonitorLayout.
    private void EmitTurnToHost(Label wait)
    {
        _a.mov(Dword(Turn), 0);
        _a.cmp(Dword(HostSleeping), 0);
        _a.je(wait);
        _a.@out((byte)DoorbellPort, al);
        _a.jmp(wait);
    }

    // Orders our stores before our later loads, which under TCG with one processor nothing else does.
    private void EmitFence()
    {
        _a.mov(rcx, cr8);
        _a.mov(cr8, rcx);
    }

    // Interrupts are open from here until the host's request is carried out or enters driver code.
    private void EmitWait()
    {
        Label spin = New();
        _a.Label(ref _open);
        _a.sti();
        _a.Label(ref _wait);
        _a.mov(ecx, Dword(SpinBudget));
        _a.Label(ref spin);
        _a.cmp(Dword(Turn), 1);
        _a.je(_go);
        // DEC leaves its flags to be worked out, 10 ns a round.
        _a.sub(ecx, 1);
        _a.jg(spin);
        _a.jmp(_sleepCheck);
    }

    // The host rings a sleeper by NMI. One that comes between the last look and the halt would be slept through: the
    // NMI's stub finds RIP in this range and sends it back to the look.
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
        _a.sti();
        _a.jmp(_go);
    }

    // In the monitor an NMI is a ring for a sleeper.
    private void EmitWakeFromNmi(Label leave)
    {
        _a.mov(Dword(NmiTaken), 1);
        _a.lea(rax, __qword_ptr[_sleepCheck]);
        _a.cmp(__qword_ptr[rsp + SavedRip], rax);
        _a.jb(leave);
        _a.lea(rcx, __qword_ptr[_sleepEnd]);
        _a.cmp(__qword_ptr[rsp + SavedRip], rcx);
        _a.ja(leave);
        _a.mov(__qword_ptr[rsp + SavedRip], rax);
        _a.jmp(leave);
    }

    // Nearly every request leaves all but driver code as it is.
    private void EmitGo()
    {
        Label same = New();
        Label unsettled = New();
        _a.Label(ref _go);
        _a.mov(eax, Dword(Operation));
        _a.mov(ecx, Dword(Irql));
        _a.cmp(ecx, Dword(Settled));
        _a.jne(unsettled);
        _a.cmp(eax, (uint)MonitorRequest.ResumeTrap);
        _a.ja(_operations);
        EmitEnter();

        _a.Label(ref unsettled);
        _a.cmp(Dword(InterruptsOpen), 0);
        _a.je(_awaitRing);
        _a.Label(ref _ringTaken);
        _a.mov(eax, Dword(Operation));
        _a.cmp(Byte(EndOfInterrupts), 0);
        _a.jne(_endInterrupts);
        _a.Label(ref _interruptsEnded);
        _a.cmp(eax, (uint)MonitorRequest.ResumeTrap);
        _a.ja(_operations);
        _a.movzx(ecx, Byte(Irql));
        _a.cmp(cl, Byte(Cr8Shadow));
        _a.je(same);
        _a.mov(Byte(Cr8Shadow), cl);
        _a.mov(cr8, rcx);
        _a.Label(ref same);
        _a.cmp(Byte(Flags), 0);
        _a.jne(_flags);
        _a.cmp(Dword(InterruptsOpen), 0);
        _a.je(_enterClosed);
        _a.jmp(_enter);
    }

    private void EmitFlags()
    {
        Label endNext = New();
        Label noSwitch = New();
        Label noInvalidate = New();
        Label noInvalidateAll = New();
        Label noDispatch = New();
        Label nextPage = New();
        _a.Label(ref _notStarted);
        _a.mov(rsp, unchecked((long)(MachineLayout.MonitorData + MonitorStackTop)));
        _a.mov(Dword(Operation), (uint)VcpuExitReason.NotStarted);
        EmitTurnToHost(_open);

        // Each ends the highest interrupt in service: none may be accepted in between.
        _a.Label(ref _endInterrupts);
        _a.cli();
        _a.Label(ref endNext);
        _a.mov(Apic(EndOfInterruptRegister), 0);
        _a.dec(Byte(EndOfInterrupts));
        _a.jne(endNext);
        _a.sti();
        _a.jmp(_interruptsEnded);

        // A dispatch interrupt that the monitor sends itself is for driver code: closed until it runs.
        _a.Label(ref _flags);
        _a.cli();
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
        _a.jmp(_enterClosed);
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
}
