namespace Hil.Wdm;

/// <summary>What every entry of an access control list begins with.</summary>
public struct ACE_HEADER
{
    public byte AceType;
    public byte AceFlags;
    public ushort AceSize;
}
