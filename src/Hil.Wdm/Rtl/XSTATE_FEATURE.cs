namespace Hil.Wdm;

/// <summary>Where one processor feature's state lies in the extended area, in bytes.</summary>
public struct XSTATE_FEATURE
{
    public uint Offset;
    public uint Size;
}
