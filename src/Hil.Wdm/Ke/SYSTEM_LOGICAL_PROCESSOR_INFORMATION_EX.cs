using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>One thing that logical processors have in common; the next begins Size bytes on.</summary>
[StructLayout(LayoutKind.Explicit, Size = 80)]
public struct SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX
{
    [FieldOffset(0)] public LOGICAL_PROCESSOR_RELATIONSHIP Relationship;
    [FieldOffset(4)] public uint Size;
    [FieldOffset(8)] public PROCESSOR_RELATIONSHIP Processor;
    [FieldOffset(8)] public NUMA_NODE_RELATIONSHIP NumaNode;
    [FieldOffset(8)] public GROUP_RELATIONSHIP Group;
}
