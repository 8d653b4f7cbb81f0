namespace Hil.Wdm;

/// <summary>Logical processors of a core or of a package; further groups follow.</summary>
public unsafe struct PROCESSOR_RELATIONSHIP
{
    public byte Flags;
    public byte EfficiencyClass;
    public fixed byte Reserved[20];
    public ushort GroupCount;
    public GROUP_AFFINITY GroupMask;
}
