namespace Hil.Wdm;

/// <summary>A privilege.</summary>
public struct LUID_AND_ATTRIBUTES
{
    public LUID Luid;
    public uint Attributes;
}
