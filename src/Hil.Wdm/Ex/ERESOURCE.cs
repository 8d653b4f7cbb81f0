using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A reader/writer lock.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct ERESOURCE
{
    [FieldOffset(0)] public LIST_ENTRY SystemResourcesList;
    [FieldOffset(16)] public OWNER_ENTRY* OwnerTable;
    [FieldOffset(24)] public short ActiveCount;
    [FieldOffset(26)] public ushort Flag;
    [FieldOffset(26)] public byte ReservedLowFlags;
    [FieldOffset(27)] public byte WaiterPriority;
    [FieldOffset(32)] public KSEMAPHORE* SharedWaiters;
    [FieldOffset(40)] public KEVENT* ExclusiveWaiters;
    [FieldOffset(48)] public OWNER_ENTRY OwnerEntry;
    [FieldOffset(64)] public uint ActiveEntries;
    [FieldOffset(68)] public uint ContentionCount;
    [FieldOffset(72)] public uint NumberOfSharedWaiters;
    [FieldOffset(76)] public uint NumberOfExclusiveWaiters;
    [FieldOffset(80)] public void* Reserved2;
    [FieldOffset(88)] public void* Address;
    [FieldOffset(88)] public nuint CreatorBackTraceIndex;
    [FieldOffset(96)] public KSPIN_LOCK SpinLock;
}
