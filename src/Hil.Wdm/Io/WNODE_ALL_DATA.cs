using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>All instances of a data block of one provider.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public struct WNODE_ALL_DATA
{
    [FieldOffset(0)] public WNODE_HEADER WnodeHeader;
    [FieldOffset(48)] public uint DataBlockOffset;
    [FieldOffset(52)] public uint InstanceCount;
    [FieldOffset(56)] public uint OffsetInstanceNameOffsets;
    [FieldOffset(60)] public uint FixedInstanceSize;
}
