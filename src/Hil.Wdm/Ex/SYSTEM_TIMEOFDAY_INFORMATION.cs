namespace Hil.Wdm;

/// <summary>What ZwQuerySystemInformation tells about the time, in 100 ns units.</summary>
public struct SYSTEM_TIMEOFDAY_INFORMATION
{
    public long BootTime;
    public long CurrentTime;
    public long TimeZoneBias;
    public uint TimeZoneId;
    public uint Reserved;
    public ulong BootTimeBias;
    public ulong SleepTimeBias;
}
