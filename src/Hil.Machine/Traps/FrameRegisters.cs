using Iced.Intel;

namespace Hil.Machine.Traps;

/// <summary>A general-purpose register of any width in a trap frame.</summary>
internal readonly unsafe struct FrameRegister
{
    private const int StackPointerNumber = 4;

    private readonly byte _number;
    private readonly byte _bytes;
    private readonly byte _shift;

    public FrameRegister(Register register)
    {
        Invariant.Holds(register.IsGPR(), "a frame's registers are general-purpose");
        _number = (byte)(register.GetFullRegister() - Register.RAX);
        _bytes = (byte)register.GetSize();
        _shift = (byte)(register is Register.AH or Register.CH or Register.DH or Register.BH ? 8 : 0);
    }

    /// <summary>The register's value, zero-extended.</summary>
    public ulong Read(TrapFrame* frame) => Truncate(*Slot(frame) >> _shift, _bytes);

    /// <summary>Writes as the processor does: 4 bytes clear the upper half, 1 and 2 leave the rest alone.</summary>
    public void Write(TrapFrame* frame, ulong value)
    {
        ulong* slot = Slot(frame);
        if (_bytes >= sizeof(uint))
        {
            *slot = Truncate(value, _bytes);
            return;
        }
        ulong mask = ((1UL << (_bytes * 8)) - 1) << _shift;
        *slot = (*slot & ~mask) | ((value << _shift) & mask);
    }

    public static ulong Truncate(ulong value, int bytes) =>
        bytes >= sizeof(ulong) ? value : value & ((1UL << (bytes * 8)) - 1);

    // The frame has RAX on top and the others below it in the processor's order, but for RSP.
    private ulong* Slot(TrapFrame* frame) => _number switch
    {
        StackPointerNumber => &frame->Rsp,
        < StackPointerNumber => &frame->Rax - _number,
        _ => &frame->Rax - (_number - 1),
    };
}

/// <summary>Gives Iced the registers of a trap frame, to compute operand addresses from.</summary>
internal sealed unsafe class FrameRegisters(ulong gsBase) : IVATryGetRegisterValueProvider
{
    public TrapFrame* Frame { get; set; }

    public bool TryGetRegisterValue(Register register, int elementIndex, int elementSize, out ulong value)
    {
        value = 0;
        if (register.IsSegmentRegister())
        {
            value = register == Register.GS ? gsBase : 0;
            return true;
        }
        if (!register.IsGPR())
            return false; // Vector indices of gathers, which the virtual processor lacks.
        value = new FrameRegister(register).Read(Frame);
        return true;
    }
}
