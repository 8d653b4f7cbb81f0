namespace Hil.Wdm;

/// <summary>On x64 a token only: the floating-point state is saved elsewhere.</summary>
public struct KFLOATING_SAVE
{
    public uint Dummy;
}
