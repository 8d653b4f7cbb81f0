namespace Hil.Wdm;

/// <summary>A counted 8-bit string; lengths are in bytes and need no terminator.</summary>
public unsafe struct ANSI_STRING
{
    public ushort Length;
    public ushort MaximumLength;
    public byte* Buffer;
}
