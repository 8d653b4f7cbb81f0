using Hil.Kernel;
using Hil.Loader;
using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>Repeats a session from its trace.</summary>
/// <param name="image">The driver's, as the trace has it, or null.</param>
/// <param name="again">Writes an exact replay down, or null.</param>
/// <param name="comparison">What has to be the same.</param>
internal sealed class SessionReplay(
    TraceProfile profile, byte[]? image, TraceWalk walk, TraceCategories categories, TraceWriter? again,
    ReplayComparison comparison)
    : ISessionTracing
{
    private TraceLog? _log;
    private TraceSeams? _seams;
    private DriverSession? _session;
    private ulong _serviceImages;

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
        if (image != null)
            (_log as ReplayLog)?.AddAside(TraceKind.Image, [0, 0], image);
    }

    public void Attach(LoadedDriver driver) => TracedModule.Write(_log!, driver);

    public byte[]? ReadServiceImage(string file, ServiceFolder? folder)
    {
        byte[]? found = walk.FindImage(file);
        if (found != null && _log is ReplayLog log)
            log.AddAside(TraceKind.Image, [++_serviceImages, log.DefineString(file)], found);
        return found;
    }

    /// <summary>The last record of the second capture.</summary>
    /// <param name="exitCode">What the captured run came to.</param>
    public void AddEnd(ulong exitCode) => (_log as ReplayLog)?.AddAside(TraceKind.End, [exitCode], default);

    public void Dispose()
    {
    }
}
