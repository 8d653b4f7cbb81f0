namespace Hil.Wdm;

/// <summary>Processor groups; further ones follow.</summary>
public unsafe struct GROUP_RELATIONSHIP
{
    public ushort MaximumGroupCount;
    public ushort ActiveGroupCount;
    public fixed byte Reserved[20];
    public PROCESSOR_GROUP_INFO GroupInfo;
}
