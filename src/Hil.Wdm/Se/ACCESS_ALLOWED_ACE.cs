namespace Hil.Wdm;

/// <summary>An entry that allows access; the SID begins at SidStart.</summary>
public struct ACCESS_ALLOWED_ACE
{
    public ACE_HEADER Header;
    public uint Mask;
    public uint SidStart;
}
