using System.Security.Cryptography;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Loader;
using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>Writes a session down.</summary>
internal sealed class SessionCapture : ISessionTracing
{
    private readonly CaptureOptions _options;
    private readonly DriverSessionOptions _session;
    private readonly TraceWriter _writer;
    private CaptureLog? _log;
    private TraceSeams? _seams;
    private EmulatedMachine? _machine;
    private ShadowMemory? _shadow;
    private ulong _serviceImages;
    private bool _isComplete;

    /// <exception cref="TraceFileException">The file cannot be written, or somebody writes it.</exception>
    public SessionCapture(CaptureOptions options, DriverSessionOptions session)
    {
        _options = options;
        _session = session;
        _writer = TraceWriter.Create(options.Path);
    }

    public KernelServices Wrap(EmulatedMachine machine, KernelServices services)
    {
        _machine = machine;
        _log = new CaptureLog(_writer, services.Clock, _options.Categories);
        WriteProfile(machine);
        TraceSeams seams = _seams = new TraceSeams(_log, services, machine.Pci.Functions);
        machine.Cpu.SideWork = () => seams.WorkAside() || _writer.EncodeOne();
        if (machine.Ram.ReserveBytes != 0)
        {
            _shadow = new ShadowMemory(machine.Ram, _seams.DmaSink);
            _seams.Attach(_shadow);
        }
        return _seams.Services;
    }

    public void Attach(NtKernel kernel) => _seams!.Attach(kernel);

    public void Attach(DriverSession session)
    {
        Attach(session.Driver);
        if (_options.EmbedsImages && _session.ImagePath != null)
            _log!.Add(TraceKind.Image, [0, 0], File.ReadAllBytes(_session.ImagePath));
    }

    public void Attach(LoadedDriver driver) => TracedModule.Write(_log!, driver);

    public byte[]? ReadServiceImage(string file, ServiceFolder? folder)
    {
        byte[]? image = folder?.Read(file);
        if (image != null)
            _log!.Add(
                TraceKind.Image, [++_serviceImages, _log.DefineString(file)], _options.EmbedsImages ? image : default);
        return image;
    }

    /// <summary>Ends the trace.</summary>
    /// <param name="exitCode">What the run came to.</param>
    public CaptureSummary Complete(int exitCode)
    {
        _isComplete = true;
        if (_machine != null)
            _machine.Cpu.SideWork = null;
        foreach (InexactReason reason in _machine?.AccessTraps?.InexactReasons ?? [])
            _log!.EndInexact(reason);
        _log?.End(exitCode);
        return new CaptureSummary(
            _options.Path, _writer.Complete(), _log?.Inexact ?? [], _options.Categories.Missing);
    }

    public void Dispose()
    {
        if (!_isComplete)
            Complete(exitCode: 0);
        _shadow?.Dispose();
        _writer.Dispose();
    }

    private void WriteProfile(EmulatedMachine machine)
    {
        var profile = new TraceProfile
        {
            HilVersion = typeof(DriverSession).Assembly.GetName().Version!.ToString(3),
            QemuVersion = machine.Qemu.Version.ToString(),
            Begun = DateTimeOffset.UtcNow,
            Categories = _options.Categories.Names,
            MemoryBytes = machine.Ram.Bytes,
            WindowBase = machine.Ram.Base,
            SliceInstructions = _session.Machine.Cpu.SliceInstructions,
            Patience = machine.Cpu.Patience,
            Devices = _session.Machine.Devices,
            Functions = [.. machine.Pci.Functions.Select(TracedFunction.Of)],
            Driver = DescribeDriver(),
        };
        _log!.Add(TraceKind.Profile, [], profile.ToJson());
    }

    private TracedDriver DescribeDriver()
    {
        string path = _session.ImagePath ?? _session.ManagedDriver!().GetType().Assembly.Location;
        return new TracedDriver(
            System.IO.Path.GetFileName(path),
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))),
            _session.ImagePath == null || _options.EmbedsImages ? "" : System.IO.Path.GetFullPath(path),
            _session.ImagePath == null ? _session.ManagedDriver!().GetType().FullName : null,
            _session.ServiceName,
            _session.Match?.Vendor,
            _session.Match?.Device,
            _session.Interrupts.ToString(),
            [.. _session.Parameters.OrderBy(static parameter => parameter.Key, StringComparer.Ordinal).Select(
                static parameter => new TracedParameter(
                    parameter.Key, parameter.Value as uint?, parameter.Value as string))]);
    }
}
