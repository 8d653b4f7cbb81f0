namespace Hil.Trace.Tests.Stats;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void SmallValuesAreExact()
    {
        var histogram = new LatencyHistogram();
        for (long value = 1; value <= 100; value++)
            histogram.Add(value);
        Assert.Equal((50, 90, 99, 100), (histogram.Percentile(0.5), histogram.Percentile(0.9),
            histogram.Percentile(0.99), histogram.Max));
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(1_000_003)]
    [InlineData(98_765_432_101)]
    [InlineData(long.MaxValue)]
    public void LargeValuesAreWithinOnePercent(long value)
    {
        var histogram = new LatencyHistogram();
        histogram.Add(value);
        histogram.Add(long.MaxValue);
        Assert.InRange(histogram.Percentile(0.5), value, value + Math.Min(value / 100, long.MaxValue - value));
    }

    [Fact]
    public void WithoutValuesEverythingIsZero() => Assert.Equal(0, new LatencyHistogram().Percentile(0.5));
}
