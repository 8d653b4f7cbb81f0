using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>What every WNODE_XXX begins with.</summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
public struct WNODE_HEADER
{
    [FieldOffset(0)] public uint BufferSize;
    [FieldOffset(4)] public uint ProviderId;
    [FieldOffset(8)] public ulong HistoricalContext;
    [FieldOffset(8)] public uint Version;
    [FieldOffset(12)] public uint Linkage;
    [FieldOffset(16)] public uint CountLost;
    [FieldOffset(16)] public ulong KernelHandle;
    [FieldOffset(16)] public LARGE_INTEGER TimeStamp;
    [FieldOffset(24)] public Guid Guid;
    [FieldOffset(40)] public uint ClientContext;
    [FieldOffset(44)] public uint Flags;
}
