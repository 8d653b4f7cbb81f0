namespace Hil.Wdm;

/// <summary>One run of contiguous device addresses; the length is in bytes.</summary>
public struct SCATTER_GATHER_ELEMENT
{
    public PHYSICAL_ADDRESS Address;
    public uint Length;
    public nuint Reserved;
}
