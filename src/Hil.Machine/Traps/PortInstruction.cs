using Iced.Intel;

namespace Hil.Machine.Traps;

// IN and OUT move one item between a port and AL, AX or EAX; INS and OUTS move items between a port and memory, with a
// REP prefix as many as RCX says. As on the processor, a repetition can be left after any item: what is not done yet
// begins with the same instruction again. That is used at the end of each page.

/// <summary>Carries out port instructions behind stops.</summary>
internal sealed unsafe class PortInstruction(RamWindow ram)
{
    private const ulong DirectionFlag = 0x400;

    /// <summary>Carries out one instruction, or a part of a repetition.</summary>
    /// <param name="exit">Becomes a page fault when the memory operand is not accessible.</param>
    /// <returns>False for instructions of another kind, and after a page fault.</returns>
    public bool TryRun(NtKernel kernel, in Instruction instruction, ref VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.In:
                frame->Rip = instruction.IP; // Whoever asks where the access comes from.
                new FrameRegister(instruction.Op0Register).Write(frame, RegisterAccess.ReadPort(
                    kernel, PortOf(frame, instruction, 1), instruction.Op0Register.GetSize()));
                break;
            case Mnemonic.Out:
                frame->Rip = instruction.IP;
                RegisterAccess.WritePort(kernel, PortOf(frame, instruction, 0), instruction.Op1Register.GetSize(),
                    (uint)new FrameRegister(instruction.Op1Register).Read(frame));
                break;
            case Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd:
                return TryRunString(kernel, instruction, isInput: true, ref exit);
            case Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd:
                return TryRunString(kernel, instruction, isInput: false, ref exit);
            default:
                return false;
        }
        frame->Rip = instruction.NextIP;
        return true;
    }

    private static ushort PortOf(TrapFrame* frame, in Instruction instruction, int operand) =>
        instruction.GetOpKind(operand) == OpKind.Immediate8 ? instruction.Immediate8 : (ushort)frame->Rdx;

    private bool TryRunString(NtKernel kernel, in Instruction instruction, bool isInput, ref VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        int width = instruction.MemorySize.GetSize();
        bool repeats = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        if (repeats && frame->Rcx == 0)
        {
            frame->Rip = instruction.NextIP;
            return true;
        }
        ulong* index = isInput ? &frame->Rdi : &frame->Rsi;
        ulong address = *index + (instruction.SegmentPrefix == Register.GS ? ram.ProcessorControlRegion : 0);
        bool isBackward = (frame->Rflags & DirectionFlag) != 0;
        int count = repeats && !isBackward ? CountInPage(address, width, frame->Rcx) : 1;
        if (!TryTransfer(kernel, frame, instruction.IP, address, count, width, isInput, ref exit))
            return false;

        *index += isBackward ? (ulong)-width : (ulong)(count * width);
        if (repeats)
            frame->Rcx -= (ulong)count;
        frame->Rip = repeats && frame->Rcx != 0 ? instruction.IP : instruction.NextIP;
        return true;
    }

    private bool TryTransfer(
        NtKernel kernel, TrapFrame* frame, ulong rip, ulong address, int count, int width, bool isInput,
        ref VcpuExit exit)
    {
        ulong last = address + (ulong)(count * width) - 1;
        if (ram.TryTranslateDevice(address, out ulong physical) && ram.TryTranslateDevice(last, out _))
        {
            frame->Rip = rip;
            TransferDevice(kernel, (ushort)frame->Rdx, physical, width, isInput);
            return true;
        }
        PageAccess needed = isInput ? PageAccess.Write : PageAccess.Read;
        foreach (ulong place in (ReadOnlySpan<ulong>)[address, last])
        {
            if ((ram.AccessOf(place) & needed) == 0)
            {
                exit = StopFault.Take(ram, exit, place, isInput);
                return false;
            }
        }
        frame->Rip = rip;
        // SAFETY: both ends are pages of the window, and they are the same page or neighbours.
        var items = new Span<byte>((byte*)address, count * width);
        if (isInput)
            RegisterAccess.ReadPortBlock(kernel, (ushort)frame->Rdx, items, width);
        else
            RegisterAccess.WritePortBlock(kernel, (ushort)frame->Rdx, items, width);
        return true;
    }

    // One item, whatever the count was: see CountInPage.
    private static void TransferDevice(NtKernel kernel, ushort port, ulong physical, int width, bool isInput)
    {
        if (isInput)
            RegisterAccess.Write(kernel, physical, width, RegisterAccess.ReadPort(kernel, port, width));
        else
            RegisterAccess.WritePort(kernel, port, width, (uint)RegisterAccess.Read(kernel, physical, width));
    }

    // Whole items up to the end of the page, at least one; device memory gets one at a time.
    private int CountInPage(ulong address, int width, ulong itemsMax)
    {
        if (ram.TryTranslateDevice(address, out _))
            return 1;
        ulong bytes = MachineLayout.PageBytes - address % MachineLayout.PageBytes;
        return (int)Math.Clamp(itemsMax, 1, Math.Max(1, bytes / (ulong)width));
    }
}
