namespace Hil.Wdm;

/// <summary>A set of privileges; the first is here.</summary>
public struct PRIVILEGE_SET
{
    public uint PrivilegeCount;
    public uint Control;
    public LUID_AND_ATTRIBUTES Privilege;
}
