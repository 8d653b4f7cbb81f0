using System.Text;

namespace Hil.Trace.Tests.Diff;

public sealed class TraceDiffTests
{
    private const string Of = "of " + SyntheticTrace.Function;

    [Fact]
    public void TimesMakeNoDifference()
    {
        TraceDiff diff = Compare(
            static a => a.Irps(20),
            static b =>
            {
                b.Time = 77_777;
                b.Step = 333;
                b.Irps(20);
            });
        Assert.True(diff.IsEqual);
        Assert.Empty(diff.Differences);
        Assert.Equal(20, diff.Compared);
    }

    [Fact]
    public void WriteThatHappensTwiceIsSaidOnceForAllIrps()
    {
        TraceDifference difference = Assert.Single(Compare(
            static a => a.Irps(23),
            static b =>
            {
                for (ulong irp = 1; irp <= 23; irp++)
                    b.Irp(irp, () => b.Write(0x60, 1).Write(0x68, 2).Write(0x60, 1));
            }).Differences);
        Assert.Equal(
            ("count", $"StartIo writes BAR0+0x60 {Of} twice now, once before"), (difference.Kind, difference.Text));
        Assert.Equal(23, difference.Count);
    }

    [Fact]
    public void AnotherValueIsShownWithBoth()
    {
        TraceDifference difference = Assert.Single(Compare(
            static a => a.Irps(3),
            static b => b.Irp(1).Irp(2, () => b.Write(0x60, 0x81).Write(0x68, 2)).Irp(3)).Differences);
        Assert.Equal(("value", "0x1 → 0x81"), (difference.Kind, Assert.Single(difference.Examples)));
        Assert.Equal([2UL], difference.Irps);
    }

    [Theory]
    [InlineData(150_000, true)]
    [InlineData(150_001, false)]
    public void EndOfALongActivityIsLookedAtToo(int last, bool isSame)
    {
        static void Read(SyntheticTrace trace, int last)
        {
            for (int i = 1; i < 150_000; i++)
                trace.Read(0x20, (ulong)i);
            trace.Read(0x20, (ulong)last);
        }
        TraceDiff diff = Compare(static a => Read(a, 150_000), b => Read(b, last));
        Assert.Equal(isSame, diff.IsEqual);
        Assert.Equal(
            isSame ? [] : ["goes on otherwise after 100,000 actions"],
            diff.Differences.Select(static difference => difference.Text));
    }

    [Fact]
    public void LongActivitiesThatHaveNothingInCommonAreComparedInNoTime()
    {
        const int Count = 60_000;
        TraceDiff diff = Compare(
            static a =>
            {
                for (ulong i = 1; i <= Count; i++)
                    a.Read(i % 512 * 4, i);
            },
            static b =>
            {
                for (ulong i = 1; i <= Count; i++)
                    b.Write(i % 512 * 4, i);
            });
        Assert.Equal(1024, diff.Differences.Count);
        Assert.All(diff.Differences, static difference => Assert.Equal("count", difference.Kind));
    }

    [Fact]
    public void AnotherOrderIsADifference()
    {
        TraceDifference difference = Assert.Single(Compare(
            static a => a.Irps(2),
            static b => b.Irp(1).Irp(2, () => b.Write(0x68, 2).Write(0x60, 1))).Differences);
        Assert.Equal("order", difference.Kind);
    }

    [Fact]
    public void AccessThatMovedToAnotherStageIsSaidSo()
    {
        TraceDifference difference = Assert.Single(Compare(
            static a => a.Irp(1),
            static b => b.Create(1).StartIo(1, () => b.Write(0x60, 1)).Isr()
                .DpcRoutine(() => b.Write(0x68, 2).Complete(1)).Answer(1, 7)).Differences);
        Assert.Equal($"the DPC writes BAR0+0x68 {Of} now, StartIo before", difference.Text);
    }

    [Fact]
    public void AnotherStatusIsADifference()
    {
        TraceDifference difference = Assert.Single(Compare(
            static a => a.Irps(2), static b => b.Irp(1).Irp(2, status: 0xC00000B5)).Differences);
        Assert.Equal("completes with STATUS_IO_TIMEOUT now, STATUS_SUCCESS before", difference.Text);
    }

    [Fact]
    public void MorePollingIsOneDifference()
    {
        TraceDifference difference = Assert.Single(Compare(
            static a => a.Irp(1, () => Poll(a, 3)), static b => b.Irp(1, () => Poll(b, 900))).Differences);
        Assert.Equal($"StartIo reads BAR0+0x20 {Of} 900 times in a row now, 3 times before", difference.Text);
    }

    [Fact]
    public void IrpThatOnlyOneTraceHasDoesNotShiftTheOthers()
    {
        TraceDiff diff = Compare(
            static a => a.Irps(3000),
            static b =>
            {
                for (ulong irp = 1; irp <= 3001; irp++)
                    b.Irp(irp, code: irp == 1500 ? 0x222FFCu : 0x222004);
            });
        TraceDifference difference = Assert.Single(diff.Differences);
        Assert.Equal("IRPs that are new: IRP_MJ_DEVICE_CONTROL 0x222ffc to \\Device\\Edu", difference.Text);
        Assert.Equal((3000, 3001, 3000), (diff.IrpsOfA, diff.IrpsOfB, diff.Compared));
    }

    [Fact]
    public void WhatBelongsToNoIrpIsComparedToo()
    {
        TraceDifference difference = Assert.Single(Compare(
            static a => a.Read(0, 5).Irps(2).Read(4, 1), static b => b.Read(0, 5).Irps(2).Read(4, 9)).Differences);
        Assert.Empty(difference.Irps);
        Assert.Equal("0x1 → 0x9", Assert.Single(difference.Examples));
    }

    [Fact]
    public void AnswersWithOtherDataAreADifference()
    {
        TraceDifference difference = Assert.Single(Compare(
            static a => a.Create(1).Complete(1).Answer(1, 1, 2),
            static b => b.Create(1).Complete(1).Answer(1, 1, 3)).Differences);
        Assert.Equal("result", difference.Kind);
    }

    [Fact]
    public void AddressesOfMemoryMakeNoDifference()
    {
        TraceDiff diff = Compare(static a => Transfer(a, 0x1C4000), static b => Transfer(b, 0x2A8000));
        Assert.True(diff.IsEqual);
        Assert.Empty(diff.Differences);
    }

    [Fact]
    public void WhatMayBeAnAddressIsSaidButEqual()
    {
        TraceDiff diff = Compare(
            static a => Profile(a).Irp(1, () => a.Write(0x80, 0x1C4010)),
            static b => Profile(b).Irp(1, () => b.Write(0x80, 0x1C8010)));
        Assert.True(diff.IsEqual);
        Assert.Equal("address", Assert.Single(diff.Differences).Kind);
    }

    private static void Poll(SyntheticTrace trace, int times)
    {
        for (int i = 0; i < times; i++)
            trace.Read(0x20, 0x80);
        trace.Read(0x20, 0);
    }

    private static SyntheticTrace Profile(SyntheticTrace trace) => trace.AddData(TraceKind.Profile,
        Encoding.UTF8.GetBytes("""{"window-base":17592186044416,"memory-bytes":268435456}"""));

    private static void Transfer(SyntheticTrace trace, ulong address) => Profile(trace).Irp(1, () =>
        trace.Call("MmGetPhysicalAddress", 0x1000_0000_0000 + address).Return("MmGetPhysicalAddress", address)
            .Write(0x80, address + 0x10));

    private static TraceDiff Compare(Action<SyntheticTrace> a, Action<SyntheticTrace> b)
    {
        using var traceA = new SyntheticTrace();
        using var traceB = new SyntheticTrace();
        a(traceA);
        b(traceB);
        using TraceReader readerA = traceA.Open(), readerB = traceB.Open();
        return TraceDiff.Compare(readerA, readerB);
    }
}
