namespace Hil.Wdm;

/// <summary>A counted list of device objects; the pointers follow from Objects on.</summary>
public unsafe struct DEVICE_RELATIONS
{
    public uint Count;
    public DEVICE_OBJECT* Objects;
}
