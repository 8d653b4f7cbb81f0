namespace Hil.Wdm;

/// <summary>A set of processors within a group.</summary>
public unsafe struct GROUP_AFFINITY
{
    public nuint Mask;
    public ushort Group;
    public fixed ushort Reserved[3];
}
