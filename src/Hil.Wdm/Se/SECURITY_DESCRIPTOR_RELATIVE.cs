namespace Hil.Wdm;

/// <summary>A security descriptor in self-relative form: offsets from its own begin, 0 for what it lacks.</summary>
public struct SECURITY_DESCRIPTOR_RELATIVE
{
    public byte Revision;
    public byte Sbz1;
    public ushort Control;
    public uint Owner;
    public uint Group;
    public uint Sacl;
    public uint Dacl;
}
