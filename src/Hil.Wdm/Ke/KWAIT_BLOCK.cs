using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>One thread's wait for one object.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct KWAIT_BLOCK
{
    [FieldOffset(0)] public LIST_ENTRY WaitListEntry;
    [FieldOffset(16)] public byte WaitType;
    [FieldOffset(17)] public byte BlockState;
    [FieldOffset(18)] public ushort WaitKey;
    [FieldOffset(20)] public int SpareLong;
    [FieldOffset(24)] public KTHREAD* Thread;
    [FieldOffset(24)] public void* NotificationQueue;
    [FieldOffset(32)] public void* Object;
    [FieldOffset(32)] public KWAIT_BLOCK* NextWaitBlock;
    [FieldOffset(40)] public void* SparePtr;
}
