namespace Hil.Wdm;

/// <summary>A security descriptor in absolute form: pointers.</summary>
public unsafe struct SECURITY_DESCRIPTOR
{
    public byte Revision;
    public byte Sbz1;
    public ushort Control;
    public SID* Owner;
    public SID* Group;
    public ACL* Sacl;
    public ACL* Dacl;
}
