namespace Hil.Wdm;

/// <summary>A security identifier; SubAuthorityCount subauthorities stand from SubAuthority on.</summary>
public unsafe struct SID
{
    public byte Revision;
    public byte SubAuthorityCount;
    public fixed byte IdentifierAuthority[6];
    public fixed uint SubAuthority[1];
}
