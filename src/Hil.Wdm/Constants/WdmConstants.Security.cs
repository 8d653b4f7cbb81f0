namespace Hil.Wdm;

public static unsafe partial class WdmConstants
{
    public const uint SECURITY_DESCRIPTOR_REVISION = 1;
    public const byte SID_REVISION = 1;
    public const byte SID_MAX_SUB_AUTHORITIES = 15;
    public const byte ACL_REVISION = 2;
    public const byte ACL_REVISION_DS = 4;

    public const ushort SE_OWNER_DEFAULTED = 0x0001;
    public const ushort SE_GROUP_DEFAULTED = 0x0002;
    public const ushort SE_DACL_PRESENT = 0x0004;
    public const ushort SE_DACL_DEFAULTED = 0x0008;
    public const ushort SE_SACL_PRESENT = 0x0010;
    public const ushort SE_SACL_DEFAULTED = 0x0020;
    public const ushort SE_SELF_RELATIVE = 0x8000;

    public const uint OWNER_SECURITY_INFORMATION = 1;
    public const uint GROUP_SECURITY_INFORMATION = 2;
    public const uint DACL_SECURITY_INFORMATION = 4;
    public const uint SACL_SECURITY_INFORMATION = 8;

    public const byte ACCESS_ALLOWED_ACE_TYPE = 0;
    public const byte ACCESS_DENIED_ACE_TYPE = 1;
    public const byte INHERIT_ONLY_ACE = 8;
}
