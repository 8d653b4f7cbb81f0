using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>Rundown protection: a count, or a pointer to whoever waits for it to fall.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct EX_RUNDOWN_REF
{
    [FieldOffset(0)] public nuint Count;
    [FieldOffset(0)] public void* Ptr;
}
