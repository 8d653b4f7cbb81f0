using Iced.Intel;

namespace Hil.Machine.Traps;

// Where driver code runs with the interrupt flag clear, the flag that the driver sees is another one (VirtualCpu says
// which): CLI, STI, PUSHFQ and POPFQ work on that.

/// <summary>Carries out the instructions that open, close or look at interrupts.</summary>
internal sealed unsafe class FlagsInstruction(RamWindow ram, VirtualCpu cpu)
{
    private const ulong InterruptFlag = 0x200;

    // What POPFQ changes at ring 0 (Intel SDM volume 2, POPF): CF PF AF ZF SF, DF OF, NT and ID.
    private const ulong PoppedFlags = 0xD5 | 0xC00 | 0x4000 | 0x20_0000;
    private const ulong ShownFlags = PoppedFlags | 0x3002; // and IOPL and the bit that is always 1

    /// <summary>False for instructions of another kind, and after a page fault.</summary>
    /// <param name="exit">Becomes a page fault when the stack is not accessible.</param>
    public bool TryRun(in Instruction instruction, ref VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Cli:
                VirtualCpu.SetInterruptible(frame, false);
                break;
            case Mnemonic.Sti:
                VirtualCpu.SetInterruptible(frame, true);
                break;
            case Mnemonic.Pushfq when TryMakeRoom(ref exit):
                frame = (TrapFrame*)exit.Frame;
                frame->Rsp -= sizeof(ulong);
                *(ulong*)frame->Rsp = (frame->Rflags & ShownFlags)
                    | (cpu.IsInterruptible(exit.Frame) ? InterruptFlag : 0);
                break;
            case Mnemonic.Popfq when TryReachStack(frame->Rsp, PageAccess.Read, ref exit):
                ulong flags = *(ulong*)frame->Rsp;
                frame->Rsp += sizeof(ulong);
                frame->Rflags = (frame->Rflags & ~PoppedFlags) | (flags & PoppedFlags);
                VirtualCpu.SetInterruptible(frame, (flags & InterruptFlag) != 0);
                break;
            default:
                return false;
        }
        frame->Rip = instruction.NextIP;
        return true;
    }

    // The frame ends where the driver's stack pointer is (rounded down to 16): what is pushed there would overwrite it.
    private bool TryMakeRoom(ref VcpuExit exit)
    {
        const ulong StackAlignment = 16;
        ulong lower = exit.Frame - StackAlignment;
        if (!TryReachStack(((TrapFrame*)exit.Frame)->Rsp - sizeof(ulong), PageAccess.Write, ref exit)
            || !TryReachStack(lower, PageAccess.Write, ref exit))
            return false;
        Buffer.MemoryCopy((void*)exit.Frame, (void*)lower, sizeof(TrapFrame), sizeof(TrapFrame));
        exit = exit with { Frame = lower };
        return true;
    }

    private bool TryReachStack(ulong address, PageAccess access, ref VcpuExit exit)
    {
        if ((ram.AccessOf(address) & ram.AccessOf(address + sizeof(ulong) - 1) & access) != 0)
            return true;
        exit = StopFault.Take(ram, exit, address, access == PageAccess.Write);
        return false;
    }
}
