using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A call of a method of a data block's instance; the instance's name and the method's data follow at offset
/// 68. WNODE_SINGLE_ITEM is laid out alike, with an item in place of the method.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public struct WNODE_METHOD_ITEM
{
    [FieldOffset(0)] public WNODE_HEADER WnodeHeader;
    [FieldOffset(48)] public uint OffsetInstanceName;
    [FieldOffset(52)] public uint InstanceIndex;
    [FieldOffset(56)] public uint MethodId;
    [FieldOffset(60)] public uint DataBlockOffset;
    [FieldOffset(64)] public uint SizeDataBlock;
}
