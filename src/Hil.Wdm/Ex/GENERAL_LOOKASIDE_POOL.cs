using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A lookaside list with its statistics, as GENERAL_LOOKASIDE without the padding to a cache line.</summary>
[StructLayout(LayoutKind.Explicit, Size = 96)]
public unsafe struct GENERAL_LOOKASIDE_POOL
{
    [FieldOffset(0)] public SLIST_HEADER ListHead;
    [FieldOffset(0)] public SINGLE_LIST_ENTRY SingleListHead;
    [FieldOffset(16)] public ushort Depth;
    [FieldOffset(18)] public ushort MaximumDepth;
    [FieldOffset(20)] public uint TotalAllocates;
    [FieldOffset(24)] public uint AllocateMisses;
    [FieldOffset(24)] public uint AllocateHits;
    [FieldOffset(28)] public uint TotalFrees;
    [FieldOffset(32)] public uint FreeMisses;
    [FieldOffset(32)] public uint FreeHits;
    [FieldOffset(36)] public POOL_TYPE Type;
    [FieldOffset(40)] public uint Tag;
    [FieldOffset(44)] public uint Size;
    [FieldOffset(48)] public DriverRoutine AllocateEx;
    [FieldOffset(48)] public DriverRoutine Allocate;
    [FieldOffset(56)] public DriverRoutine FreeEx;
    [FieldOffset(56)] public DriverRoutine Free;
    [FieldOffset(64)] public LIST_ENTRY ListEntry;
    [FieldOffset(80)] public uint LastTotalAllocates;
    [FieldOffset(84)] public uint LastAllocateMisses;
    [FieldOffset(84)] public uint LastAllocateHits;
    [FieldOffset(88)] public fixed uint Future[2];
}
