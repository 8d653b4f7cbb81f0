using System.Runtime.CompilerServices;

namespace Hil.Wdm;

/// <summary>The FXSAVE image.</summary>
public unsafe struct XMM_SAVE_AREA32
{
    public ushort ControlWord;
    public ushort StatusWord;
    public byte TagWord;
    public byte Reserved1;
    public ushort ErrorOpcode;
    public uint ErrorOffset;
    public ushort ErrorSelector;
    public ushort Reserved2;
    public uint DataOffset;
    public ushort DataSelector;
    public ushort Reserved3;
    public uint MxCsr;
    public uint MxCsr_Mask;
    public FloatRegistersArray FloatRegisters;
    public XmmRegistersArray XmmRegisters;
    public fixed byte Reserved4[96];

    [InlineArray(8)]
    public struct FloatRegistersArray
    {
        private M128A _element0;
    }

    [InlineArray(16)]
    public struct XmmRegistersArray
    {
        private M128A _element0;
    }
}
