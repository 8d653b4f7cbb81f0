namespace Hil.Wdm;

/// <summary>Bits of a bitmap that are the same.</summary>
public struct RTL_BITMAP_RUN
{
    public uint StartingIndex;
    public uint NumberOfBits;
}
