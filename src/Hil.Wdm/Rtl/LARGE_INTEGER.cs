using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A signed 64-bit integer that C code also reads as two halves.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct LARGE_INTEGER
{
    [FieldOffset(0)] public long QuadPart;
    [FieldOffset(0)] public uint LowPart;
    [FieldOffset(4)] public int HighPart;
    [FieldOffset(0)] public Halves u;

    public struct Halves
    {
        public uint LowPart;
        public int HighPart;
    }
}
