using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>The part of the processor control block that drivers are seen to read.</summary>
/// <remarks>As Windows 10 19041 lays it out.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 44800)]
public unsafe struct KPRCB
{
    [FieldOffset(0)] public uint MxCsr;
    [FieldOffset(4)] public byte LegacyNumber;
    [FieldOffset(5)] public byte ReservedMustBeZero;
    [FieldOffset(6)] public BOOLEAN InterruptRequest;
    [FieldOffset(7)] public BOOLEAN IdleHalt;
    [FieldOffset(8)] public KTHREAD* CurrentThread;
    [FieldOffset(16)] public KTHREAD* NextThread;
    [FieldOffset(24)] public KTHREAD* IdleThread;
    [FieldOffset(32)] public byte NestingLevel;
    [FieldOffset(33)] public byte ClockOwner;
    [FieldOffset(36)] public uint Number;
    [FieldOffset(40)] public ulong RspBase;
    [FieldOffset(48)] public KSPIN_LOCK PrcbLock;
    [FieldOffset(208)] public byte Group;
    [FieldOffset(209)] public byte GroupIndex;
    [FieldOffset(12480)] public fixed byte DpcData[80];
    [FieldOffset(12560)] public void* DpcStack;
    [FieldOffset(12585)] public byte QuantumEnd;
    [FieldOffset(12586)] public byte DpcRoutineActive;
}
