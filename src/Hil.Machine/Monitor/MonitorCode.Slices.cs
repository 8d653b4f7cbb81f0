using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Hil.Machine.MonitorLayout;

namespace Hil.Machine;

// Driver code in slices, on deterministic machines, and the NMIs that end a slice, or a stay that the watchdog bites.
internal sealed partial class MonitorCode
{
    private const uint TimerCurrentCountRegister = 0x390;

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

    // An NMI that cut into driver code: the watchdog's, the end of a slice, or a ring that came too late.
    private void EmitNmi(Label tell)
    {
        Label notWatched = New();
        Label slice = New();
        Label goOn = New();
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

    // Further NMIs stay blocked until an IRET; the watchdog's frame is kept, so an IRET to the next
    // instruction opens them.
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
}
