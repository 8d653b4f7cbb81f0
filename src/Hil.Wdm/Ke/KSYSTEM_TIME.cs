namespace Hil.Wdm;

/// <summary>A 64-bit time that readers take without a lock: High1Time, LowPart, High2Time must agree.</summary>
public struct KSYSTEM_TIME
{
    public uint LowPart;
    public int High1Time;
    public int High2Time;
}
