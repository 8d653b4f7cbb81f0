namespace Hil.Wdm;

/// <summary>A counted UTF-16 string; lengths are in bytes and need no terminator.</summary>
public unsafe struct UNICODE_STRING
{
    public ushort Length;
    public ushort MaximumLength;
    public char* Buffer;
}
