using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A mutex that also keeps kernel APCs out.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct KGUARDED_MUTEX
{
    [FieldOffset(0)] public int Count;
    [FieldOffset(8)] public KTHREAD* Owner;
    [FieldOffset(16)] public uint Contention;
    [FieldOffset(24)] public KGATE Gate;
    [FieldOffset(48)] public short KernelApcDisable;
    [FieldOffset(50)] public short SpecialApcDisable;
    [FieldOffset(48)] public uint CombinedApcDisable;
}
