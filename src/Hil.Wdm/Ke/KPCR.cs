using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>The processor control region: what GS points at in kernel mode.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct KPCR
{
    [FieldOffset(0)] public NT_TIB NtTib;
    [FieldOffset(0)] public void* GdtBase;
    [FieldOffset(8)] public void* TssBase;
    [FieldOffset(16)] public ulong UserRsp;
    [FieldOffset(24)] public KPCR* Self;
    [FieldOffset(32)] public KPRCB* CurrentPrcb;
    [FieldOffset(40)] public void* LockArray;
    [FieldOffset(48)] public void* Used_Self;
    [FieldOffset(56)] public void* IdtBase;
    [FieldOffset(64)] public fixed ulong Unused[2];
    [FieldOffset(80)] public KIRQL Irql;
    [FieldOffset(81)] public byte SecondLevelCacheAssociativity;
    [FieldOffset(82)] public byte ObsoleteNumber;
    [FieldOffset(83)] public byte Fill0;
    [FieldOffset(84)] public fixed uint Unused0[3];
    [FieldOffset(96)] public ushort MajorVersion;
    [FieldOffset(98)] public ushort MinorVersion;
    [FieldOffset(100)] public uint StallScaleFactor;
    [FieldOffset(104)] public fixed ulong Unused1[3];
    [FieldOffset(128)] public fixed uint KernelReserved[15];
    [FieldOffset(188)] public uint SecondLevelCacheSize;
    [FieldOffset(192)] public fixed uint HalReserved[16];
    [FieldOffset(256)] public uint Unused2;
    [FieldOffset(264)] public void* KdVersionBlock;
    [FieldOffset(272)] public void* Unused3;
    [FieldOffset(280)] public fixed uint PcrAlign1[24];
    [FieldOffset(384)] public KPRCB Prcb;
}
