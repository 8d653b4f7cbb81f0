namespace Hil.Kernel.Tests.Rtl;

public sealed unsafe class TimeTests
{
    [Theory]
    [InlineData(1601, 1, 1, 0L)]
    [InlineData(1970, 1, 1, 116_444_736_000_000_000L)]
    [InlineData(2000, 2, 29, 125_962_560_000_000_000L)]
    public void CalendarFieldsAndTimeAreTheSameMoment(int year, int month, int day, long ticks)
    {
        LARGE_INTEGER time = default;
        TIME_FIELDS fields = new() { Year = (short)year, Month = (short)month, Day = (short)day };
        Assert.True(RtlTimeFieldsToTime(&fields, &time));
        Assert.Equal(ticks, time.QuadPart);

        RtlTimeToTimeFields(&time, &fields);
        Assert.Equal((year, month, day), ((int)fields.Year, (int)fields.Month, (int)fields.Day));
        Assert.Equal((int)new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).DayOfWeek, fields.Weekday);
    }

    [Theory]
    [InlineData(1900, 2, 29)]
    [InlineData(2023, 13, 1)]
    [InlineData(1600, 1, 1)]
    public void DatesThatDoNotExistAreRefused(int year, int month, int day)
    {
        LARGE_INTEGER time = default;
        TIME_FIELDS fields = new() { Year = (short)year, Month = (short)month, Day = (short)day };

        Assert.False(RtlTimeFieldsToTime(&fields, &time));
    }
}
