namespace Hil.Wdm;

/// <summary>How often a device has been in D1, D2 and D3.</summary>
public struct POWER_SEQUENCE
{
    public uint SequenceD1;
    public uint SequenceD2;
    public uint SequenceD3;
}
