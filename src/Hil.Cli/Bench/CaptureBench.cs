using System.Diagnostics;
using Hil.Host;
using Hil.Kernel;
using Hil.Loader;
using Hil.Machine;
using Hil.Trace;

namespace Hil.Cli.Bench;

/// <summary>What capturing and replaying costs: sessions with and without, side by side, their rounds
/// alternating.</summary>
internal sealed class CaptureBench(string image, Func<ManagedDriver> managed)
{
    private const double CaptureShareMin = 0.9, TrappedFactorMax = 4, BytesMax = 3;

    private const int RequestCount = 5_000, TransferCount = 20;

    private int _files;

    /// <summary>All figures, each as soon as it is known.</summary>
    public IEnumerable<BenchFigure> Run()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hil-bench-");
        try
        {
            foreach (BenchFigure figure in Run(folder.FullName))
                yield return figure;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private IEnumerable<BenchFigure> Run(string folder) =>
        Managed(folder).Concat(Native(folder)).Concat(Replays(folder))
            .Append(TraceBench.PeakMemory("host: peak memory"));

    private IEnumerable<BenchFigure> Managed(string folder)
    {
        using DriverSession off = Start(null, null, trapped: false);
        using DriverSession on = Start(null, Capture(folder, TraceCategories.All), trapped: false);
        double[] reads = Rate.Interleaved(new RegisterReads(off).Managed, new RegisterReads(on).Managed);
        yield return Share("capture: managed register reads", reads[1], reads[0]);
        double[] irps = Rate.Interleaved(new EduIrps(off).Run, new EduIrps(on).Run);
        yield return Share("capture: managed IRPs", irps[1], irps[0]);
        TraceWriterSummary trace = on.EndCapture(0)!.Writer;
        double bytes = (double)trace.Bytes / trace.Records;
        yield return BenchFigure.AtMost(
            "trace: a record, register reads", bytes, "bytes", "3 bytes", bytes / BytesMax, 1);
    }

    private IEnumerable<BenchFigure> Native(string folder)
    {
        double direct, trapped, captured;
        using (DriverSession plain = Start(image, null, trapped: false))
        using (DriverSession trap = Start(image, null, trapped: true))
        using (DriverSession on = Start(image, Capture(folder, TraceCategories.All), trapped: false))
        {
            double[] reads = Rate.Interleaved(
                new RegisterReads(plain).Native, new RegisterReads(trap).Native, new RegisterReads(on).Native);
            (direct, trapped, captured) = (reads[0], reads[1], reads[2]);
        }
        yield return BenchFigure.AtMost(
            "capture: a trapped access", captured, "ns", "trapped, no capture", captured / trapped, TrappedFactorMax);
        // What trapping itself costs is shown, not bounded.
        yield return BenchFigure.AtLeast("capture: the same", captured, "ns", "direct access", captured / direct, 0);

        using DriverSession off = Start(image, null, trapped: false);
        using DriverSession irpsOnly = Start(image, Capture(folder, TraceCategories.Of(["irp"])), trapped: false);
        double[] irps = Rate.Interleaved(new EduIrps(off).Run, new EduIrps(irpsOnly).Run);
        yield return Share("capture irp: native IRPs", irps[1], irps[0]);
    }

    // The same requests three times: without a capture, captured, and from the trace.
    private IEnumerable<BenchFigure> Replays(string folder)
    {
        foreach (string? native in (string?[])[image, null])
        {
            string kind = native == null ? "managed" : "native";
            (TimeSpan run, _) = Time(native, null, Requests);
            TimeSpan replay = Repeat(native, folder, Requests, out double bytes);
            yield return BenchFigure.AtLeast(
                $"replay: {kind} requests", replay.TotalMilliseconds, "ms", "the run itself", run / replay, 1);
            // All bytes of the file over all its records: what one costs, whatever its kind.
            yield return BenchFigure.AtMost(
                $"trace: a record, {kind} edu", bytes, "bytes", "3 bytes", bytes / BytesMax, 1);
            (run, _) = Time(native, null, Transfers);
            replay = Repeat(native, folder, Transfers, out _);
            yield return BenchFigure.AtLeast(
                $"replay: {kind} DMA transfers", replay.TotalMilliseconds, "ms", "the run itself", run / replay, 10);
        }
    }

    private (TimeSpan Time, CaptureSummary? Trace) Time(
        string? native, CaptureOptions? capture, Action<DriverSession> work)
    {
        using DriverSession session = Start(native, capture, trapped: false);
        work(session);
        session.Unload();
        TimeSpan time = Stopwatch.GetElapsedTime(session.EntryTimestamp);
        return (time, session.EndCapture(0));
    }

    private TimeSpan Repeat(string? native, string folder, Action<DriverSession> work, out double bytesPerRecord)
    {
        // The driver's image is no event.
        CaptureOptions capture = Capture(folder, TraceCategories.All) with { EmbedsImages = false };
        TraceWriterSummary trace = Time(native, capture, work).Trace!.Writer;
        bytesPerRecord = (double)trace.Bytes / trace.Records;
        using var replay = new TraceReplay(new ReplayOptions
        {
            TracePath = capture.Path,
            ManagedDriver = native == null ? managed : null,
        });
        ReplayResult result = replay.RunAsync().GetAwaiter().GetResult();
        if (!result.IsSame)
            throw new InvalidOperationException($"the replay left the trace: {result.Divergence!.Actual}");
        return result.Replayed;
    }

    private static void Requests(DriverSession session)
    {
        const uint RaiseInterrupt = 0x222008; // IOCTL_EDU_RAISE_INTERRUPT
        using HilFile file = session.OpenAsync().GetAwaiter().GetResult();
        byte[] bits = [1, 0, 0, 0];
        for (int i = 0; i < RequestCount; i++)
            Require(file.DeviceIoControlAsync(RaiseInterrupt, bits, new byte[4]).GetAwaiter().GetResult());
    }

    // edu's engine takes 100 ms for each.
    private static void Transfers(DriverSession session)
    {
        using HilFile file = session.OpenAsync().GetAwaiter().GetResult();
        var page = new byte[4000];
        for (int i = 0; i < TransferCount; i++)
            Require(file.WriteAsync(page, 0).GetAwaiter().GetResult());
    }

    private static void Require(IoResult result)
    {
        if (!result.IsSuccess)
            throw new InvalidOperationException($"the edu driver answered {result}");
    }

    private static BenchFigure Share(string name, double on, double off) =>
        BenchFigure.AtLeast(name, on, "ns", "no capture", off / on, CaptureShareMin);

    private CaptureOptions Capture(string folder, TraceCategories categories) => new()
    {
        Path = Path.Combine(folder, $"{_files++}.hiltrace"),
        Categories = categories,
    };

    private DriverSession Start(string? native, CaptureOptions? capture, bool trapped) =>
        DriverSession.StartAsync(new DriverSessionOptions
        {
            ImagePath = native,
            ManagedDriver = native == null ? managed : null,
            Interrupts = InterruptPreference.Message,
            Capture = capture,
            Machine = new MachineOptions { Devices = ["edu"], TrapsDeviceAccess = trapped },
        }).GetAwaiter().GetResult();
}
