namespace Hil.Wdm;

/// <summary>Processors of a group.</summary>
public unsafe struct PROCESSOR_GROUP_INFO
{
    public byte MaximumProcessorCount;
    public byte ActiveProcessorCount;
    public fixed byte Reserved[38];
    public nuint ActiveProcessorMask;
}
