namespace Hil.Wdm;

/// <summary>Logical processors of a NUMA node.</summary>
public unsafe struct NUMA_NODE_RELATIONSHIP
{
    public uint NodeNumber;
    public fixed byte Reserved[18];
    public ushort GroupCount;
    public GROUP_AFFINITY GroupMask;
}
