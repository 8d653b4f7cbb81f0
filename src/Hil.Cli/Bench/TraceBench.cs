using System.Globalization;
using Hil.Trace;

namespace Hil.Cli.Bench;

/// <summary>What `hil bench trace` measures of the trace's format. Rates are per second of processor time, of all
/// threads together.</summary>
internal static class TraceBench
{
    private const int Events = 8_000_000;
    private const int Rounds = 5;
    private const double WriteRateMin = 10e6, DecodeRateMin = 20e6;
    private const double Lz4ShareMin = 0.5;
    private const double BytesMax = 3;
    private const double MegabytesMax = 200;

    /// <summary>All figures, each as soon as it is known.</summary>
    public static IEnumerable<BenchFigure> Run()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hil-bench-");
        try
        {
            string path = Path.Combine(folder.FullName, "bench.hiltrace");
            foreach (BenchFigure figure in Run(path))
                yield return figure;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<BenchFigure> Run(string path)
    {
        var workload = new PollWorkload();
        double write = Best(() => Write(workload, path));
        using (TraceReader reader = TraceReader.Open(path))
        {
            double lz4 = Best(new Lz4Peer(reader).Compress);
            double rate = Events / write;
            double share = lz4 / write;
            // Either would be good enough. What liblz4 alone can do is shown, not asked for.
            yield return BenchFigure.AtLeast("trace: encode, compress, write", rate, "events/s",
                "10 M/s or lz4 -1 / 2", Math.Max(rate / WriteRateMin, share / Lz4ShareMin), 1);
            yield return BenchFigure.AtLeast("trace: the same", rate, "events/s", "lz4 -1, same bytes", share, 0);
            double perEvent = (double)reader.Bytes / Events;
            yield return BenchFigure.AtMost(
                "trace: a register event on disk", perEvent, "bytes", "3 bytes", perEvent / BytesMax, 1);
            double decode = Events / Best(() => Decode(reader));
            yield return BenchFigure.AtLeast(
                "trace: decode", decode, "events/s", "20 M/s", decode / DecodeRateMin, 1);
        }
        foreach (BenchFigure figure in Commands("polls", path, Events))
            yield return figure;
        string irps = path + ".irps";
        int events = WriteIrps(irps);
        foreach (BenchFigure figure in Commands("IRPs", irps, events))
            yield return figure;
        yield return PeakMemory("trace: peak memory");
    }

    /// <summary>The most memory that this process had so far.</summary>
    public static BenchFigure PeakMemory(string name)
    {
        double peak = PeakMegabytes();
        return BenchFigure.AtMost(name, peak, "MB", "200 MB", peak / MegabytesMax, 1);
    }

    private static void Write(PollWorkload workload, string path)
    {
        using TraceWriter writer = TraceWriter.Create(path);
        workload.Record(writer, Events);
        if (writer.Complete().Failure is { } failure)
            throw failure;
    }

    private static int WriteIrps(string path)
    {
        using TraceWriter writer = TraceWriter.Create(path);
        int events = new IrpWorkload().Record(writer, Events);
        return writer.Complete().Failure is { } failure ? throw failure : events;
    }

    // What commands do, but for what they print.
    private static IEnumerable<BenchFigure> Commands(string workload, string path, int events)
    {
        using TraceReader reader = TraceReader.Open(path);
        using TraceReader other = TraceReader.Open(path);
        yield return Rate($"trace stats: {workload}", events, () => TraceStats.Read(reader));
        yield return Rate($"trace diff: {workload}", 2 * events, () => TraceDiff.Compare(reader, other));
        yield return Rate($"trace show --irp: {workload}", events, () => Show(reader, new TraceFilter { Irp = 17 }));
        yield return Rate($"trace show --kind: {workload}", events, () => Show(
            reader, new TraceFilter { Kinds = new HashSet<TraceKind> { TraceKind.Violation } }));
    }

    private static BenchFigure Rate(string name, int events, Action action)
    {
        double rate = events / Best(action);
        return BenchFigure.AtLeast(name, rate, "events/s", "20 M/s", rate / DecodeRateMin, 1);
    }

    private static void Show(TraceReader reader, TraceFilter filter)
    {
        using var show = new TraceShow(reader, filter);
        while (show.MoveNext())
            _ = show.Line;
    }

    private static void Decode(TraceReader reader)
    {
        using TraceCursor cursor = reader.OpenCursor();
        ulong sum = 0;
        int records = 0;
        while (cursor.MoveNext())
        {
            sum += (ulong)cursor.Kind + (ulong)cursor.Time + cursor[0] + cursor[1];
            records++;
        }
        if (records != Events || sum == 0)
            throw new InvalidOperationException($"{records} of {Events} events came back");
    }

    // Processor seconds. The first round is also what lets the runtime compile the hot code.
    private static double Best(Action action)
    {
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            action();
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalSeconds);
        }
        return best;
    }

    private static double PeakMegabytes()
    {
        const string Label = "VmHWM:";
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(Label, StringComparison.Ordinal))
                return double.Parse(line[Label.Length..].AsSpan().TrimEnd(" kB"), CultureInfo.InvariantCulture) / 1024;
        }
        throw new InvalidOperationException($"/proc/self/status has no {Label}");
    }
}
