namespace Hil.Trace.Tests.Stats;

public sealed class TraceStatsTests
{
    [Fact]
    public void LatenciesAreMeasuredFromStageToStage()
    {
        using var trace = new SyntheticTrace();
        for (ulong irp = 1; irp <= 10; irp++)
        {
            trace.Step = 0;
            trace.Create(irp).StartIo(irp);
            trace.Time += 100;
            trace.Isr();
            trace.Time += 20;
            trace.DpcRoutine(() =>
            {
                trace.Time += 3;
                trace.Complete(irp);
            });
        }
        using TraceReader reader = trace.Open();
        TraceStats stats = TraceStats.Read(reader);
        Assert.Equal(
            (10, 100, 100), (stats.StartIoToIsr.Count, stats.StartIoToIsr.Percentile(0.5), stats.StartIoToIsr.Max));

        Assert.Equal((10, 20), (stats.IsrToDpc.Count, stats.IsrToDpc.Percentile(0.99)));
        Assert.Equal((10, 3), (stats.DpcToCompletion.Count, stats.DpcToCompletion.Max));
        Assert.Equal((10, 123), (stats.WholeIrp.Count, stats.WholeIrp.Max));
    }

    [Fact]
    public void RegistersAreCountedWithTheirDistinctValues()
    {
        using var trace = new SyntheticTrace();
        for (ulong i = 0; i < 30; i++)
            trace.Read(0x20, i % 3);
        trace.Write(0x20, 77).Write(0x24, 1);
        using TraceReader reader = trace.Open();
        RegisterUse first = TraceStats.Read(reader).Registers[0];
        Assert.Equal(("BAR0+0x20", 30, 1, 4), (first.Register, first.Reads, first.Writes, first.Values));
    }

    [Fact]
    public void QueueDepthIsWeightedByTime()
    {
        using var trace = new SyntheticTrace { Step = 0 };
        trace.Create(1).StartIo(1);
        ulong device = trace.Text(trace.Device);
        trace.Create(2).Add(TraceKind.IrpQueue, 2, device).Create(3).Add(TraceKind.IrpQueue, 3, device);
        trace.Time += 1_000;
        trace.Complete(1).StartIo(2);
        trace.Time += 1_000;
        trace.Complete(2).Add(TraceKind.IrpCancel, 3).Complete(3, 0xC0000120);
        trace.Time += 2_000;
        using TraceReader reader = trace.Open();
        QueueUse queue = Assert.Single(TraceStats.Read(reader).Queues);
        Assert.Equal((2, 0, 0.75), (queue.Max, queue.Depth, queue.Average));
    }

    [Fact]
    public void TimeAtEachIrqlAddsUpToTheWholeTrace()
    {
        using var trace = new SyntheticTrace { Step = 0 };
        trace.Add(TraceKind.Irql, 0);
        trace.Time += 70;
        trace.Add(TraceKind.Irql, 2);
        trace.Time += 30;
        trace.Add(TraceKind.Irql, 7);
        trace.Time += 5;
        using TraceReader reader = trace.Open();
        IReadOnlyList<long> times = TraceStats.Read(reader).TimeAtIrql;
        Assert.Equal((70, 30, 5, 105), (times[0], times[2], times[7], times.Sum()));
    }

    [Fact]
    public void DmaBytesAndKindsAreCounted()
    {
        using var trace = new SyntheticTrace();
        trace.AddData(TraceKind.Dma, new byte[100], 0, 0x1000).AddData(TraceKind.Dma, new byte[11], 0, 0x1000);
        using TraceReader reader = trace.Open();
        TraceStats stats = TraceStats.Read(reader);
        Assert.Equal(111UL, stats.DmaBytes);
        Assert.Equal([("dma", 2UL), ("end", 1UL)], stats.Kinds);
    }
}
