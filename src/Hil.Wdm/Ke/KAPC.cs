using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>An asynchronous procedure call.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct KAPC
{
    [FieldOffset(0)] public byte Type;
    [FieldOffset(1)] public byte SpareByte0;
    [FieldOffset(2)] public byte Size;
    [FieldOffset(3)] public byte SpareByte1;
    [FieldOffset(4)] public uint SpareLong0;
    [FieldOffset(8)] public KTHREAD* Thread;
    [FieldOffset(16)] public LIST_ENTRY ApcListEntry;
    [FieldOffset(32)] public DriverRoutine KernelRoutine;
    [FieldOffset(40)] public DriverRoutine RundownRoutine;
    [FieldOffset(48)] public DriverRoutine NormalRoutine;
    [FieldOffset(32)] public ReservedArray Reserved;
    [FieldOffset(56)] public void* NormalContext;
    [FieldOffset(64)] public void* SystemArgument1;
    [FieldOffset(72)] public void* SystemArgument2;
    [FieldOffset(80)] public sbyte ApcStateIndex;
    [FieldOffset(81)] public byte ApcMode;
    [FieldOffset(82)] public BOOLEAN Inserted;

    [InlineArray(3)]
    public struct ReservedArray
    {
        private nuint _element0;
    }
}
