using System.Collections.Immutable;
using System.Diagnostics;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Loader;
using Hil.Machine;
using Hil.Trace;
using Hil.Wdm;

namespace Hil.Host;

/// <summary>One driver on one machine, from QEMU's start to its end: what `hil run`, `hil bench` and Hil.Testing stand
/// on.</summary>
public sealed partial class DriverSession : IDisposable
{
    private readonly List<DeviceNode> _devices = [];
    private readonly HashSet<DeviceNode> _gone = [];
    private readonly DriverSessionOptions _options;
    private readonly ISessionTracing? _tracing;
    private readonly ManagedWatchdog? _watchdog;
    private Task? _start;
    private bool _isUnloaded;

    private DriverSession(
        DriverSessionOptions options,
        EmulatedMachine machine,
        NtKernel kernel,
        LoadedDriver driver,
        ISessionTracing? tracing)
    {
        _options = options;
        _tracing = tracing;
        Machine = machine;
        Kernel = kernel;
        Driver = driver;
        if (options.ManagedDriver != null && options.Tracing == null)
            _watchdog = new ManagedWatchdog(kernel, machine, options.Machine.Cpu.Watchdog);
    }

    public EmulatedMachine Machine { get; }

    public NtKernel Kernel { get; }

    public LoadedDriver Driver { get; }

    /// <summary>What DriverEntry returned.</summary>
    public NTSTATUS EntryStatus { get; private set; }

    /// <summary>The devices that the driver was started for; none for a legacy driver.</summary>
    public IReadOnlyList<DeviceNode> Devices => _devices;

    /// <summary>When DriverEntry was called, as Stopwatch.GetTimestamp has it; 0 before.</summary>
    public long EntryTimestamp { get; private set; }

    /// <summary>Starts the machine, loads the driver, calls DriverEntry, and starts its devices.</summary>
    /// <exception cref="MachineStartException">QEMU did not come up.</exception>
    /// <exception cref="BadDriverImageException">The image is no driver that can run here.</exception>
    /// <exception cref="BugCheckException">The driver broke a rule.</exception>
    public static Task<DriverSession> StartAsync(
        DriverSessionOptions options, IKernelObserver? observer = null, CancellationToken cancellation = default) =>
        Task.Run(() =>
        {
            EmulatedMachine machine = EmulatedMachine.Begin(MachineOf(options), cancellation);
            DriverSession session = Load(options, machine, observer);
            try
            {
                session.Start();
                return session;
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }, CancellationToken.None);

    /// <summary>Loads the driver into a machine that may still boot, and waits for it. None of its code runs
    /// yet.</summary>
    /// <param name="machine">Belongs to the session from now on, also when this fails.</param>
    /// <exception cref="MachineStartException">QEMU did not come up.</exception>
    /// <exception cref="BadDriverImageException">The image is no driver that can run here.</exception>
    public static DriverSession Load(
        DriverSessionOptions options, EmulatedMachine machine, IKernelObserver? observer = null)
    {
        NtKernel? kernel = null;
        ISessionTracing? tracing = null;
        try
        {
            DriverImage? image = options.Image
                ?? (options.ImagePath == null ? null : DriverImage.ReadFile(options.ImagePath));
            // What is written down begins with what is on the bus. And a run that does not start leaves an earlier
            // trace alone.
            if (options.Capture != null || options.Tracing != null)
                machine.AwaitBoot();
            tracing = TracingOf(options);
            KernelServices services = machine.CreateServices(observer) with { Schedule = options.Schedule };
            kernel = new NtKernel(tracing == null ? services : tracing.Wrap(machine, services));
            tracing?.Attach(kernel);
            kernel.Io.ServiceLoader = ServicesOf(kernel, options, tracing);
            LoadedDriver driver = Load(kernel, image, options);
            machine.AwaitBoot();
            var session = new DriverSession(options, machine, kernel, driver, tracing);
            tracing?.Attach(session);
            return session;
        }
        catch
        {
            kernel?.Dispose();
            tracing?.Dispose();
            machine.Dispose();
            throw;
        }
    }

    /// <summary>Calls DriverEntry and, if that succeeds, brings the devices that the driver is for.</summary>
    /// <exception cref="BugCheckException">The driver broke a rule.</exception>
    public void Start() => BeginStart().GetAwaiter().GetResult();

    /// <summary>Begins what <see cref="Start"/> does and returns at once. Whoever asks again gets the same
    /// task.</summary>
    public Task BeginStart()
    {
        OutsideRequest? what = null;
        return _start ??= Kernel.Scheduler.RunAsync(
            () => StartCore(what), () => what = new OutsideRequest(OutsideRequestKind.Start));
    }

    /// <summary>Removes the devices and unloads the driver. Returns what DriverUnload's absence or a veto left
    /// undone.</summary>
    public NTSTATUS Unload() => BeginUnload().GetAwaiter().GetResult();

    /// <summary>Begins what <see cref="Unload"/> does and returns at once.</summary>
    public Task<NTSTATUS> BeginUnload()
    {
        OutsideRequest? what = null;
        return Kernel.Scheduler.RunAsync(
            () => UnloadCore(what), () => what = new OutsideRequest(OutsideRequestKind.Unload));
    }

    /// <summary>Ends the kernel and QEMU, whatever state they are in.</summary>
    public void Dispose()
    {
        _watchdog?.Dispose();
        Kernel.Dispose();
        _tracing?.Dispose();
        Machine.Dispose();
    }

    /// <summary>Ends the kernel, and the trace if the session is captured.</summary>
    /// <param name="exitCode">What the run came to, for the trace.</param>
    /// <returns>Null without a capture.</returns>
    public CaptureSummary? EndCapture(int exitCode)
    {
        Kernel.Dispose();
        return (_tracing as SessionCapture)?.Complete(exitCode);
    }

    /// <summary>The machine that a session with these options runs on.</summary>
    internal static MachineOptions MachineOf(DriverSessionOptions options) => options.Capture == null
        ? options.Machine
        : TracedMachine.ForCapture(options.Machine, options.Capture.Categories, options.ManagedDriver == null);

    private static ISessionTracing? TracingOf(DriverSessionOptions options) =>
        options.Capture != null ? new SessionCapture(options.Capture, options) : options.Tracing;

    private static ServiceLoader ServicesOf(NtKernel kernel, DriverSessionOptions options, ISessionTracing? tracing)
    {
        string? path = options.ServiceFolder
            ?? (options.ImagePath == null ? null : Path.GetDirectoryName(Path.GetFullPath(options.ImagePath)));
        ServiceFolder? folder = path == null ? null : new ServiceFolder(path);
        return tracing == null
            ? new ServiceLoader(kernel, file => folder?.Read(file))
            : new ServiceLoader(kernel, file => tracing.ReadServiceImage(file, folder), tracing.Attach);
    }

    private static LoadedDriver Load(NtKernel kernel, DriverImage? image, DriverSessionOptions options)
    {
        var loader = new DriverLoader(kernel);
        return image != null
            ? loader.Load(image, options.ServiceName)
            : loader.Load(options.ManagedDriver!(), options.ServiceName);
    }

    private NTSTATUS StartCore(OutsideRequest? what)
    {
        StartCore();
        Kernel.Io.NoteEnd(what, EntryStatus, (ulong)_devices.Count);
        return EntryStatus;
    }

    private NTSTATUS UnloadCore(OutsideRequest? what)
    {
        NTSTATUS status = UnloadCore();
        Kernel.Io.NoteEnd(what, status);
        return status;
    }

    private unsafe void StartCore()
    {
        SetParameters(_options.Parameters);
        EntryTimestamp = Stopwatch.GetTimestamp();
        EntryStatus = Driver.Initialize();
        if (!EntryStatus.IsSuccess || Driver.Object->DriverExtension->AddDevice.IsNull)
            return;
        foreach (PciFunction function in FindFunctions())
            _devices.Add(Kernel.Pnp.AddDevice(function, Driver.Object, _options.Interrupts));
    }

    private void SetParameters(ImmutableDictionary<string, object> parameters)
    {
        if (parameters.IsEmpty)
            return;
        RegistryKey key = Kernel.Registry.Create($@"{Registry.ServicesPath}\{Driver.Name}\Parameters");
        foreach ((string name, object value) in parameters)
        {
            if (value is uint number)
                key.SetDword(name, number);
            else
                key.SetString(name, (string)value);
        }
    }

    private IEnumerable<PciFunction> FindFunctions()
    {
        foreach (PciFunction function in Machine.Pci.Functions)
        {
            bool matches = _options.Match is var (vendor, device)
                ? function.VendorId == vendor && function.DeviceId == device
                : !IsPartOfTheMachine(function);
            if (matches)
                yield return function;
        }
    }

    // Host bridges, the LPC bridge and PCI-to-PCI bridges (class 06) are nobody's device under test.
    private static bool IsPartOfTheMachine(PciFunction function) => function.ClassCode >> 16 == 0x06;

    private unsafe NTSTATUS UnloadCore()
    {
        if (_isUnloaded)
            return NtStatus.STATUS_SUCCESS;
        if (IsAsleep)
            Kernel.Pnp.SetSystemPower(SYSTEM_POWER_STATE.PowerSystemWorking);
        foreach (DeviceNode device in _devices)
        {
            NTSTATUS status = RemoveForUnload(device);
            if (!status.IsSuccess)
                return status;
        }
        _isUnloaded = true;
        if (!EntryStatus.IsSuccess)
        {
            Driver.Free();
            return NtStatus.STATUS_SUCCESS;
        }
        return Driver.Unload();
    }

    private NTSTATUS RemoveForUnload(DeviceNode device)
    {
        switch (device.State)
        {
            case DeviceNodeState.Removed:
                return NtStatus.STATUS_SUCCESS;
            case DeviceNodeState.SurpriseRemoved:
                return Kernel.Pnp.FinishRemoval(device) ? NtStatus.STATUS_SUCCESS : NtStatus.STATUS_DEVICE_BUSY;
            default:
                return Kernel.Pnp.Remove(device);
        }
    }
}
