using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A deferred procedure call.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct KDPC
{
    [FieldOffset(0)] public uint TargetInfoAsUlong;
    [FieldOffset(0)] public byte Type;
    [FieldOffset(1)] public byte Importance;
    [FieldOffset(2)] public ushort Number;
    [FieldOffset(8)] public SINGLE_LIST_ENTRY DpcListEntry;
    [FieldOffset(16)] public nuint ProcessorHistory;
    [FieldOffset(24)] public DriverRoutine DeferredRoutine;
    [FieldOffset(32)] public void* DeferredContext;
    [FieldOffset(40)] public void* SystemArgument1;
    [FieldOffset(48)] public void* SystemArgument2;
    [FieldOffset(56)] public void* DpcData;
}
