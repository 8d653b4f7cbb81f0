namespace Hil.Wdm;

/// <summary>A locally unique identifier.</summary>
public struct LUID
{
    public uint LowPart;
    public int HighPart;
}
