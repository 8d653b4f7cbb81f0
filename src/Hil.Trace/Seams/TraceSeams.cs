using System.Collections.Immutable;

namespace Hil.Trace;

/// <summary>A kernel's services with a log at each seam.</summary>
public sealed class TraceSeams
{
    private readonly TraceLog _log;
    private readonly TraceRecorder _recorder;
    private readonly TracedDma _dma;

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
            VirtualProcessor = new TracedProcessor(services.VirtualProcessor, log),
            Bus = new TracedBus(services.Bus, log, new TracedSites(log, functions), _dma),
            InterruptController = new TracedInterruptController(services.InterruptController, log),
            Clock = new TracedClock(services.Clock, log),
            Schedule = new TracedSchedule(services.Schedule, log, repeat ?? DoNotRepeat),
            Observer = _recorder,
            DmaShadow = _dma,
            CallObserver = log.Wants(TraceKind.Call) ? _recorder : null,
        };
    }

    /// <summary>What a kernel is built from.</summary>
    public KernelServices Services { get; }

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

    private static void DoNotRepeat(OutsideRequest request) =>
        throw new InvalidOperationException("a live run repeats nothing");
}
