using System.Collections.Immutable;

namespace Hil.Trace;

/// <summary>A kernel's services with a log at each seam.</summary>
/// <remarks>A capture that leaves a seam's records out leaves the seam out: `--capture irp` is the kernel's events alone.
/// Only the processor keeps its one, which sees the run idle and time pass.</remarks>
public sealed class TraceSeams
{
    private readonly TraceLog _log;
    private readonly TraceRecorder _recorder;
    private readonly TracedDma _dma;
    private readonly TracedBus? _bus;

    /// <param name="services">The machine's.</param>
    /// <param name="functions">What is on the PCI bus, to name registers by BAR and offset.</param>
    /// <param name="repeat">Does a recorded request again; null in a live run.</param>
    public TraceSeams(
        TraceLog log,
        KernelServices services,
        ImmutableArray<PciFunction> functions,
        Action<OutsideRequest>? repeat = null)
    {
        _log = log;
        _recorder = new TraceRecorder(log, services.Observer);
        _dma = new TracedDma(log);
        Services = services with
        {
            VirtualProcessor = new TracedProcessor(
                services.VirtualProcessor, log, Needs("interrupts") || Needs("schedule")),
            Observer = _recorder,
            CallObserver = log.Wants(TraceKind.Call) ? _recorder : null,
        };
        if (Needs("registers") || Needs("dma"))
        {
            _bus = new TracedBus(services.Bus, log, new TracedSites(log, functions), _dma);
            Services = Services with { Bus = _bus };
        }
        if (Needs("dma"))
            Services = Services with { DmaShadow = _dma };
        if (Needs("interrupts"))
        {
            Services = Services with
            {
                InterruptController = new TracedInterruptController(services.InterruptController, log),
            };
        }
        if (Needs("clock"))
            Services = Services with { Clock = new TracedClock(services.Clock, log) };
        if (Needs("schedule") || Needs("requests"))
            Services = Services with { Schedule = new TracedSchedule(services.Schedule, log, repeat ?? DoNotRepeat) };
    }

    /// <summary>What a kernel is built from.</summary>
    public KernelServices Services { get; }

    /// <summary>Does a bit of what the records need while the host waits for the processor; false when there is nothing
    /// to do.</summary>
    public bool WorkAside() => _bus != null && _bus.WorkAside();

    /// <summary>Who is to be told of devices' writes to memory.</summary>
    public IDmaSink DmaSink => _dma;

    /// <summary>Brings what finds devices' writes; a replay has none.</summary>
    public void Attach(IDmaShadow shadow) => _dma.Attach(shadow);

    /// <summary>Tells the log which kernel it is that runs.</summary>
    public void Attach(NtKernel kernel)
    {
        _log.Attach(kernel);
        _recorder.Attach(kernel);
    }

    // Where IRQL changed is seen at every seam.
    private bool Needs(string category) =>
        !_log.IsLive || _log.Categories.Contain(category) || _log.Categories.Contain("irql");

    private static void DoNotRepeat(OutsideRequest request) =>
        throw new InvalidOperationException("a live run repeats nothing");
}
