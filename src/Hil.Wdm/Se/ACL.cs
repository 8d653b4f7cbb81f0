namespace Hil.Wdm;

/// <summary>An access control list; its entries follow.</summary>
public struct ACL
{
    public byte AclRevision;
    public byte Sbz1;
    public ushort AclSize;
    public ushort AceCount;
    public ushort Sbz2;
}
