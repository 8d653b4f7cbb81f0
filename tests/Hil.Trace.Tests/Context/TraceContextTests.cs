namespace Hil.Trace.Tests.Context;

public sealed class TraceContextTests
{
    [Fact]
    public void InterruptWorksForTheIrpThatTheOnlyBusyDeviceHas()
    {
        using var trace = new SyntheticTrace();
        trace.Create(1).StartIo(1).Create(2).Isr();
        Assert.Equal(
            [1, 1, 1, 1],
            IrpsOf(trace, TraceKind.IsrEnter, TraceKind.Read, TraceKind.Write, TraceKind.IsrLeave).TakeLast(4));
    }

    [Fact]
    public void InterruptOfOneOfTwoBusyDevicesIsToldByTheRegisterThatItReads()
    {
        using var trace = new SyntheticTrace();
        trace.Create(1).StartIo(1);
        (trace.Device, trace.FunctionName) = (@"\Device\Other", "00:04.0 1234:11e8");
        trace.Create(2).StartIo(2);
        trace.Isr(interrupt: 0x2000);
        (trace.Device, trace.FunctionName) = (@"\Device\Edu", SyntheticTrace.Function);
        trace.Isr(interrupt: 0x1000);
        trace.Isr(interrupt: 0x2000);
        Assert.Equal([2, 1, 2], IrpsOf(trace, TraceKind.IsrLeave));
    }

    [Fact]
    public void DpcWorksForTheIrpOfTheInterruptThatQueuedIt()
    {
        using var trace = new SyntheticTrace();
        trace.Create(1).StartIo(1);
        trace.Isr(() => trace.Call("KeInsertQueueDpc", SyntheticTrace.Dpc).Return("KeInsertQueueDpc", 1));
        trace.Create(2);
        trace.DpcRoutine(() => trace.Read(0x24, 0));
        Assert.Equal([1], IrpsOf(trace, TraceKind.DpcEnter));
    }

    [Fact]
    public void TimerDpcWorksForTheIrpThatSetTheTimer()
    {
        using var trace = new SyntheticTrace();
        trace.Create(1).StartIo(1, () => trace.Call("KeSetTimer", 0x500, 0, SyntheticTrace.Dpc).Return("KeSetTimer"));
        trace.Create(2).StartIo(2);
        trace.DpcRoutine(() => trace.Complete(1));
        Assert.Equal([1], IrpsOf(trace, TraceKind.DpcEnter));
    }

    [Fact]
    public void CodeThatWasCutIntoGoesOnForItsOwnIrp()
    {
        using var trace = new SyntheticTrace();
        trace.Create(1).StartIo(1);
        trace.Create(2).Call("IofCallDriver").Isr().Return("IofCallDriver");
        Assert.Equal([2, 1, 2], IrpsOf(trace, TraceKind.Call, TraceKind.IsrEnter, TraceKind.Return));
    }

    [Fact]
    public void ThreadsHaveFramesOfTheirOwn()
    {
        using var trace = new SyntheticTrace();
        trace.Add(TraceKind.Thread, 1).Create(1).Call("KeWaitForSingleObject");
        trace.Add(TraceKind.Thread, 2).Create(2).Call("KeSetEvent").Return("KeSetEvent");
        trace.Add(TraceKind.Thread, 1).Return("KeWaitForSingleObject");
        Assert.Equal([1, 2, 2, 1], IrpsOf(trace, TraceKind.Call, TraceKind.Return));
    }

    [Fact]
    public void FramesThatAnExceptionLeftEndWithTheOneAround()
    {
        using var trace = new SyntheticTrace();
        trace.Call("IofCallDriver").Call("ProbeForRead").Return("IofCallDriver").Call("DbgPrint");
        using TraceReader reader = trace.Open();
        Assert.Equal([0, 1, 0, 0], Follow(reader, TraceKind.Call, TraceKind.Return).Select(static at => at.Depth));
    }

    private static IEnumerable<ulong> IrpsOf(SyntheticTrace trace, params TraceKind[] kinds)
    {
        using TraceReader reader = trace.Open();
        return [.. Follow(reader, kinds).Select(static at => at.Irp)];
    }

    private static List<(ulong Irp, int Depth)> Follow(TraceReader reader, params TraceKind[] kinds)
    {
        var followed = new List<(ulong, int)>();
        var context = new TraceContext();
        using TraceCursor cursor = reader.OpenCursor();
        while (cursor.MoveNext())
        {
            context.Advance(cursor);
            if (kinds.Contains(cursor.Kind))
                followed.Add((context.Irp, context.Depth));
        }
        return followed;
    }
}
