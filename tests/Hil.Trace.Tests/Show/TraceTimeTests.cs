namespace Hil.Trace.Tests.Show;

public sealed class TraceTimeTests
{
    [Theory]
    [InlineData("12.5ms", 125_000)]
    [InlineData("300us", 3_000)]
    [InlineData("0.3µs", 3)]
    [InlineData("2s", 20_000_000)]
    [InlineData("1500ns", 15)]
    public void TimesAreNumbersWithAUnit(string text, long expected)
    {
        Assert.True(TraceTime.TryParse(text, out long time));
        Assert.Equal(expected, time);
    }

    [Theory]
    [InlineData("12")]
    [InlineData("ms")]
    [InlineData("-1ms")]
    [InlineData("1e9s")]
    [InlineData("99999999999s")]
    [InlineData("1 ms ")]
    public void AnythingElseIsNone(string text) => Assert.False(TraceTime.TryParse(text, out _));
}
