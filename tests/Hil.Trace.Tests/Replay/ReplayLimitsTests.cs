using Hil.Kernel.Platform;

namespace Hil.Trace.Tests.Replay;

public sealed class ReplayLimitsTests
{
    [Theory]
    [InlineData(TraceKind.Line, new ulong[] { 5000, 0x50, 0 }, "there is no interrupt line 5000")]
    [InlineData(TraceKind.Line, new ulong[] { 5, 0x150, 0 }, "there is no vector 0x150")]
    [InlineData(TraceKind.Line, new ulong[] { 5, 0x50, 77 }, "77 is no state of a line")]
    [InlineData(TraceKind.Interrupt, new ulong[] { 0, 0xD0, 0 }, "vector 0xd0 is no device's")]
    [InlineData(TraceKind.Interrupt, new ulong[] { 0, 0x2F, 0 }, "vector 0x2f is no device's")]
    [InlineData(TraceKind.Clock, new ulong[] { 3, 1 }, "3 is no clock")]
    [InlineData(TraceKind.Choice, new ulong[] { 0, 2, 1 }, "2 is nothing that is chosen")]
    [InlineData(TraceKind.Irql, new ulong[] { 16 }, "there is no IRQL 16")]
    public void ImpossibleRecordIsNamedBeforeAnythingIsDoneWithIt(TraceKind kind, ulong[] fields, string expected)
    {
        using var trace = new SyntheticTrace();
        trace.Add(TraceKind.Irql, 1).Add(kind, fields);
        using TraceReader reader = trace.Open();
        using var walk = new TraceWalk(reader);

        Assert.Throws<MachineLostException>(walk.MoveNext);

        Assert.Equal($"record 1 of the trace cannot be: {expected}", walk.Refusal?.Message);
    }

    [Fact]
    public void FirstRecordIsRefusedAtOnce()
    {
        using var trace = new SyntheticTrace { Time = -1 };
        trace.Add(TraceKind.Irql, 1);
        using TraceReader reader = trace.Open();

        Assert.Throws<TraceReplayException>(() => new TraceWalk(reader));
    }
}
