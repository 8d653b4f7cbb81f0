using Iced.Intel;

namespace Hil.Machine.Traps;

/// <summary>An instruction that moves one operand of 1 to 8 bytes between memory and a general-purpose register, or an
/// immediate to memory, and does nothing else: what nearly every register access of a driver is.</summary>
internal readonly unsafe struct PlainMove
{
    private readonly MoveKind _kind;
    private readonly byte _signBytes;
    private readonly FrameRegister _register;
    private readonly ulong _immediate;

    private PlainMove(MoveKind kind, int width, FrameRegister register, int signBytes = 0, ulong immediate = 0)
    {
        _kind = kind;
        Width = width;
        _register = register;
        _signBytes = (byte)signBytes;
        _immediate = immediate;
    }

    /// <summary>False for every other instruction.</summary>
    public bool IsPlain => _kind != MoveKind.None;

    public bool IsLoad => _kind == MoveKind.Load;

    /// <summary>Bytes of the memory operand.</summary>
    public int Width { get; }

    public static PlainMove Of(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Mov or Mnemonic.Movnti => OfMove(instruction),
        Mnemonic.Movzx => OfLoad(instruction, signBytes: 0),
        Mnemonic.Movsx or Mnemonic.Movsxd => OfLoad(instruction, instruction.MemorySize.GetSize()),
        _ => default,
    };

    /// <summary>Puts what was read into the register.</summary>
    public void Load(TrapFrame* frame, ulong value)
    {
        if (_signBytes != 0)
        {
            int shift = 64 - _signBytes * 8;
            value = (ulong)((long)(value << shift) >> shift);
        }
        _register.Write(frame, value);
    }

    /// <summary>What the instruction stores.</summary>
    public ulong ValueToStore(TrapFrame* frame) =>
        _kind == MoveKind.Store ? _register.Read(frame) : FrameRegister.Truncate(_immediate, Width);

    private static PlainMove OfMove(in Instruction instruction)
    {
        if (instruction.Op1Kind == OpKind.Memory)
            return OfLoad(instruction, signBytes: 0);
        if (instruction.Op0Kind != OpKind.Memory)
            return default;
        int width = instruction.MemorySize.GetSize();
        if (instruction.Op1Kind != OpKind.Register)
            return new PlainMove(MoveKind.StoreImmediate, width, default, 0, instruction.GetImmediate(1));
        Register source = instruction.Op1Register;
        return source.IsGPR() ? new PlainMove(MoveKind.Store, width, new FrameRegister(source)) : default;
    }

    private static PlainMove OfLoad(in Instruction instruction, int signBytes)
    {
        Register destination = instruction.Op0Register;
        return instruction.Op1Kind == OpKind.Memory && destination.IsGPR()
            ? new PlainMove(MoveKind.Load, instruction.MemorySize.GetSize(), new FrameRegister(destination), signBytes)
            : default;
    }

    private enum MoveKind : byte
    {
        None,
        Load,
        Store,
        StoreImmediate,
    }
}
