using Hil.Kernel;
using Hil.Loader;
using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>Repeats a session from its trace.</summary>
/// <param name="again">Writes an exact replay down, or null.</param>
/// <param name="comparison">What has to be the same.</param>
internal sealed class SessionReplay(
    TraceProfile profile, TraceWalk walk, TraceCategories categories, TraceWriter? again, ReplayComparison comparison)
    : ISessionTracing
{
    private TraceLog? _log;
    private TraceSeams? _seams;
    private DriverSession? _session;

    /// <summary>Null until the machine is there.</summary>
    public TraceLog? Log => _log;

    public KernelServices Wrap(EmulatedMachine machine, KernelServices services)
    {
        if (machine.Ram.Base != profile.WindowBase)
            throw new TraceReplayException(
                $"the trace needs its memory at 0x{profile.WindowBase:x}, "
                + $"but it came to lie at 0x{machine.Ram.Base:x}");
        _log = comparison == ReplayComparison.Exact
            ? new ReplayLog(walk, services.Clock, categories, again)
            : new ConversationLog(walk, services.Memory, categories, comparison == ReplayComparison.Relaxed);
        again?.Add(TraceKind.Profile, services.Clock.InterruptTime, [], profile.ToJson());
        _seams = new TraceSeams(_log, services, machine.Pci.Functions, request => _session!.Repeat(request));
        return _seams.Services;
    }

    public void Attach(NtKernel kernel) => _seams!.Attach(kernel);

    public void Attach(DriverSession session)
    {
        _session = session;
        Attach(session.Driver);
    }

    public void Attach(LoadedDriver driver) => TracedModule.Write(_log!, driver);

    public byte[]? ReadServiceImage(string file, ServiceFolder? folder) => walk.FindImage(file);

    public void Dispose()
    {
    }
}
