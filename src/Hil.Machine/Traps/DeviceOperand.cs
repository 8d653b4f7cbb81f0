using Iced.Intel;

namespace Hil.Machine.Traps;

/// <summary>A memory operand that lies in device space.</summary>
internal readonly record struct DeviceOperand(ulong Address, ulong Physical, int Bytes, bool IsRead, bool IsWritten)
{
    /// <summary>Bytes of the access that begins <paramref name="done"/> bytes into the operand: the operand as a whole
    /// up to 8 bytes, as QEMU's processor does; wider ones in pieces of 8 from the lowest address, a last one of 4, 2,
    /// 1.</summary>
    public int PieceAt(int done) => (Bytes - done) switch
    {
        >= 8 => 8,
        >= 4 => 4,
        >= 2 => 2,
        _ => 1,
    };
}

/// <summary>Finds an instruction's operands in device space.</summary>
internal sealed unsafe class DeviceOperands(RamWindow ram)
{
    // XMM is the widest that the virtual processor has; x87 operands have 10 bytes.
    private const int OperandBytesMax = 16;

    private readonly FrameRegisters _registers = new(ram.ProcessorControlRegion);
    private readonly InstructionInfoFactory _information = new();
    private readonly DeviceOperand[] _found = new DeviceOperand[4];
    private int _count;

    public ReadOnlySpan<DeviceOperand> Found => _found.AsSpan(0, _count);

    /// <summary>Finds them all. False when Hil cannot say which bytes the instruction touches.</summary>
    public bool TryFind(TrapFrame* frame, in Instruction instruction)
    {
        _count = 0;
        if (IsMasked(instruction))
            return false;
        _registers.Frame = frame;
        foreach (UsedMemory memory in _information.GetInfo(instruction).GetUsedMemory())
        {
            if (!memory.TryGetVirtualAddress(0, _registers, out ulong address))
                return false;
            if (IsBitString(instruction))
                address += BitStringOffset(frame, instruction);
            if (ram.TryTranslateDevice(address, out ulong physical)
                && !TryAdd(memory, SizeOf(memory, instruction), address, physical))
                return false;
        }
        return Covers(frame->Cr2);
    }

    // Iced leaves the size of repeated operands open; one step makes one repetition.
    private static int SizeOf(in UsedMemory memory, in Instruction instruction) =>
        (instruction.IsStringInstruction ? instruction.MemorySize : memory.MemorySize).GetSize();

    private bool TryAdd(in UsedMemory memory, int bytes, ulong address, ulong physical)
    {
        if (bytes is 0 or > OperandBytesMax || _count == _found.Length)
            return false;
        (bool isRead, bool isWritten) = memory.Access switch
        {
            OpAccess.Read or OpAccess.CondRead => (true, false),
            OpAccess.Write or OpAccess.CondWrite => (false, true),
            // CMPXCHG stores in any case: what it read when the comparison fails.
            OpAccess.ReadWrite or OpAccess.ReadCondWrite => (true, true),
            _ => (false, false),
        };
        if (isRead || isWritten)
            _found[_count++] = new DeviceOperand(address, physical, bytes, isRead, isWritten);
        return true;
    }

    private bool Covers(ulong address)
    {
        foreach (DeviceOperand operand in Found)
        {
            if (address - operand.Address < (ulong)operand.Bytes)
                return true;
        }
        return false;
    }

    // MASKMOVDQU and MASKMOVQ store the bytes that a register selects, which a trap frame need not hold.
    private static bool IsMasked(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Maskmovdqu or Mnemonic.Maskmovq;

    // The register of BT and its kin counts bits from the operand's address, beyond the operand, too.
    private static bool IsBitString(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc
        && instruction.Op1Kind == OpKind.Register;

    private static ulong BitStringOffset(TrapFrame* frame, in Instruction instruction)
    {
        int bits = instruction.Op1Register.GetSize() * 8;
        int unused = 64 - bits;
        long index = (long)(new FrameRegister(instruction.Op1Register).Read(frame) << unused) >> unused;
        return (ulong)((index >> int.Log2(bits)) * (bits / 8));
    }
}
