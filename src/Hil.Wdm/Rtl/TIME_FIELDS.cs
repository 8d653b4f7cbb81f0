namespace Hil.Wdm;

/// <summary>A time as a calendar writes it. Weekday counts from Sunday, 0.</summary>
public struct TIME_FIELDS
{
    public short Year;
    public short Month;
    public short Day;
    public short Hour;
    public short Minute;
    public short Second;
    public short Milliseconds;
    public short Weekday;
}
