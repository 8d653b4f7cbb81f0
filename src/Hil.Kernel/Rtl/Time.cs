namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const long TicksPerMillisecond = 10_000;
    private const long TicksPerSecond = 10_000_000;
    private const long TicksFrom1601To1970 = 116_444_736_000_000_000;
    private const long TicksFrom1601To1980 = 119_600_064_000_000_000;
    private const int FirstYear = 1601;

    /// <summary>Splits a time in 100 ns units since 1601 into calendar fields.</summary>
    /// <remarks>WDK: RtlTimeToTimeFields.</remarks>
    [Export]
    public static void RtlTimeToTimeFields(LARGE_INTEGER* time, TIME_FIELDS* timeFields)
    {
        long ticks = Math.Clamp(time->QuadPart, 0, DateTime.MaxValue.Ticks - Epoch.Ticks);
        DateTime date = Epoch.AddTicks(ticks);
        *timeFields = new TIME_FIELDS
        {
            Year = (short)date.Year,
            Month = (short)date.Month,
            Day = (short)date.Day,
            Hour = (short)date.Hour,
            Minute = (short)date.Minute,
            Second = (short)date.Second,
            Milliseconds = (short)date.Millisecond,
            Weekday = (short)date.DayOfWeek,
        };
    }

    /// <summary>Puts calendar fields together; FALSE for a date that does not exist. Weekday is ignored.</summary>
    /// <remarks>WDK: RtlTimeFieldsToTime.</remarks>
    [Export]
    public static BOOLEAN RtlTimeFieldsToTime(TIME_FIELDS* timeFields, LARGE_INTEGER* time)
    {
        TIME_FIELDS fields = *timeFields;
        bool isDate = fields.Year is >= FirstYear and <= 9999 && fields.Month is >= 1 and <= 12
            && fields.Day >= 1 && fields.Day <= DateTime.DaysInMonth(fields.Year, fields.Month);
        bool isTime = fields.Hour is >= 0 and < 24 && fields.Minute is >= 0 and < 60
            && fields.Second is >= 0 and < 60 && fields.Milliseconds is >= 0 and < 1000;
        if (!isDate || !isTime)
            return false;
        var date = new DateTime(
            fields.Year, fields.Month, fields.Day, fields.Hour, fields.Minute, fields.Second, DateTimeKind.Utc);
        time->QuadPart = date.Ticks - Epoch.Ticks + fields.Milliseconds * TicksPerMillisecond;
        return true;
    }

    /// <summary>Seconds since 1970; FALSE when they do not fit 32 bits.</summary>
    /// <remarks>WDK: RtlTimeToSecondsSince1970.</remarks>
    [Export]
    public static BOOLEAN RtlTimeToSecondsSince1970(LARGE_INTEGER* time, uint* elapsedSeconds) =>
        ToSeconds(time->QuadPart, TicksFrom1601To1970, elapsedSeconds);

    /// <summary>Time of a number of seconds since 1970.</summary>
    /// <remarks>WDK: RtlSecondsSince1970ToTime.</remarks>
    [Export]
    public static void RtlSecondsSince1970ToTime(uint elapsedSeconds, LARGE_INTEGER* time) =>
        time->QuadPart = TicksFrom1601To1970 + elapsedSeconds * TicksPerSecond;

    /// <summary>Seconds since 1980; FALSE when they do not fit 32 bits.</summary>
    /// <remarks>WDK: RtlTimeToSecondsSince1980.</remarks>
    [Export]
    public static BOOLEAN RtlTimeToSecondsSince1980(LARGE_INTEGER* time, uint* elapsedSeconds) =>
        ToSeconds(time->QuadPart, TicksFrom1601To1980, elapsedSeconds);

    /// <summary>Time of a number of seconds since 1980.</summary>
    /// <remarks>WDK: RtlSecondsSince1980ToTime.</remarks>
    [Export]
    public static void RtlSecondsSince1980ToTime(uint elapsedSeconds, LARGE_INTEGER* time) =>
        time->QuadPart = TicksFrom1601To1980 + elapsedSeconds * TicksPerSecond;

    private static DateTime Epoch => new(FirstYear, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static bool ToSeconds(long time, long epoch, uint* elapsedSeconds)
    {
        long seconds = (time - epoch) / TicksPerSecond;
        if (time < epoch || seconds > uint.MaxValue)
            return false;
        *elapsedSeconds = (uint)seconds;
        return true;
    }
}
