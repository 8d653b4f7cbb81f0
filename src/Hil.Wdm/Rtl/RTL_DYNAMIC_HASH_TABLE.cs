namespace Hil.Wdm;

/// <summary>A hash table; inline routines of ntddk.h read its numbers.</summary>
public unsafe struct RTL_DYNAMIC_HASH_TABLE
{
    public uint Flags;
    public uint Shift;
    public uint TableSize;
    public uint Pivot;
    public uint DivisorMask;
    public uint NumEntries;
    public uint NonEmptyBuckets;
    public uint NumEnumerators;
    public void* Directory;
}
