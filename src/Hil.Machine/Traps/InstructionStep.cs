using Iced.Intel;

namespace Hil.Machine.Traps;

// An access that is no plain move is left to the processor itself. The device bytes that the instruction reads are
// fetched over the bus into a scratch page, which takes the device page's place for exactly one instruction (the trap
// flag); what the instruction stored there then goes to the device over the bus. Device accesses thus come in the
// order reads, writes, as wide as the processor would make them. Interrupts are closed for that one instruction:
// nobody else may see the scratch page. One step is one repetition of a REP instruction.

/// <summary>Runs single instructions whose operands are in device space.</summary>
internal sealed unsafe class InstructionStep(RamWindow ram, VirtualCpu cpu)
{
    private const ulong DebugVector = 1;
    private const ulong PageFaultVector = 14;
    private const ulong TrapFlag = 0x100;
    private const ulong InterruptFlag = 0x200;

    private readonly ScratchPages _scratch = new(ram);
    private readonly DeviceOperands _operands = new(ram);

    /// <summary>Whether the last step reached the device without the bus, because Hil cannot take the instruction
    /// apart.</summary>
    public bool WasDirect { get; private set; }

    /// <summary>Carries out the instruction behind a page fault in device space.</summary>
    /// <param name="exit">The state behind the instruction, or the fault that it ended in.</param>
    /// <returns>False when the instruction faulted.</returns>
    public bool TryRun(NtKernel kernel, in Instruction instruction, ref VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        WasDirect = !_operands.TryFind(frame, instruction);
        if (WasDirect)
            return TryRunDirectly(ref exit);
        if (!TryMapOperands(frame))
            return false;
        Fetch(kernel);
        bool hasRun = TryStep(ref exit);
        if (hasRun)
            Store(kernel);
        _scratch.UnmapAll();
        return hasRun;
    }

    /// <summary>Runs one instruction whose pages are in place.</summary>
    /// <param name="exit">The state behind the instruction, or the fault that it ended in.</param>
    /// <returns>False when the instruction faulted.</returns>
    public bool TryStep(ref VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        ulong flags = frame->Rflags;
        frame->Rflags = (flags & ~InterruptFlag) | TrapFlag;
        exit = cpu.Step(exit.Frame, exit.Irql);
        // The instruction may have moved the stack pointer, and with it the frame.
        frame = (TrapFrame*)exit.Frame;
        if (exit.Reason is VcpuExitReason.Fault or VcpuExitReason.Watchdog)
            frame->Rflags = (frame->Rflags & ~(InterruptFlag | TrapFlag)) | (flags & (InterruptFlag | TrapFlag));
        return exit is { Reason: VcpuExitReason.Fault, Value: DebugVector };
    }

    private bool TryRunDirectly(ref VcpuExit exit)
    {
        bool hasRun = false;
        while (!hasRun && IsDeviceFault(exit) && _scratch.TryMap(((TrapFrame*)exit.Frame)->Cr2, isReal: true))
            hasRun = TryStep(ref exit);
        _scratch.UnmapAll();
        return hasRun;
    }

    private bool IsDeviceFault(in VcpuExit exit) =>
        exit is { Reason: VcpuExitReason.Fault, Value: PageFaultVector }
        && ram.TryTranslateDevice(((TrapFrame*)exit.Frame)->Cr2, out _);

    // The end of a mapping is the end of the device: an operand that goes on beyond it faults there.
    private bool TryMapOperands(TrapFrame* frame)
    {
        foreach (DeviceOperand operand in _operands.Found)
        {
            ulong last = operand.Address + (ulong)operand.Bytes - 1;
            if (!ram.TryTranslateDevice(last, out _))
            {
                _scratch.UnmapAll();
                frame->Cr2 = last & ~(MachineLayout.PageBytes - 1);
                return false;
            }
            bool isMapped = _scratch.TryMap(operand.Address, isReal: false) && _scratch.TryMap(last, isReal: false);
            Invariant.Holds(isMapped, "two operands of up to 16 bytes touch four pages at most");
        }
        return true;
    }

    private void Fetch(NtKernel kernel)
    {
        foreach (DeviceOperand operand in _operands.Found)
        {
            if (!operand.IsRead)
                continue;
            int width;
            for (int done = 0; done < operand.Bytes; done += width)
            {
                width = operand.PieceAt(done);
                ulong value = RegisterAccess.Read(kernel, operand.Physical + (ulong)done, width);
                for (int i = 0; i < width; i++)
                    *_scratch.Find(operand.Address + (ulong)(done + i)) = (byte)(value >> (i * 8));
            }
        }
    }

    private void Store(NtKernel kernel)
    {
        foreach (DeviceOperand operand in _operands.Found)
        {
            if (!operand.IsWritten)
                continue;
            int width;
            for (int done = 0; done < operand.Bytes; done += width)
            {
                width = operand.PieceAt(done);
                ulong value = 0;
                for (int i = width - 1; i >= 0; i--)
                    value = (value << 8) | *_scratch.Find(operand.Address + (ulong)(done + i));
                RegisterAccess.Write(kernel, operand.Physical + (ulong)done, width, value);
            }
        }
    }
}
