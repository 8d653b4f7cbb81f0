using Hil.Host;
using Hil.Kernel;
using Hil.Machine;
using Hil.Wdm;

namespace Hil.Testing;

/// <summary>A driver on an emulated device, for tests: start it, open the device, ask, assert on
/// what happened.</summary>
/// <example>
/// <code>
/// await using var rig = await HilRig.StartAsync("edu.sys", "edu");
/// await using HilFile file = await rig.OpenAsync();
/// byte[] output = new byte[4];
/// IoResult result = await file.DeviceIoControlAsync(IOCTL_EDU_FACTORIAL, BitConverter.GetBytes(5), output);
/// Assert.Equal(STATUS_SUCCESS, result.Status);
/// Assert.Equal(120, BitConverter.ToInt32(output));
/// Assert.Equal(1, rig.Interrupts);
/// </code>
/// </example>
public sealed class HilRig : IAsyncDisposable
{
    private readonly RigObserver _observer;
    private readonly EventCounter _counter;

    private HilRig(DriverSession session, RigObserver observer, EventCounter counter)
    {
        Session = session;
        _observer = observer;
        _counter = counter;
    }

    /// <summary>The whole machine, for what is not offered here.</summary>
    public DriverSession Session { get; }

    public NtKernel Kernel => Session.Kernel;

    /// <summary>Device interrupts that the driver's service routines claimed.</summary>
    public long Interrupts => _counter.Counts.Interrupts;

    /// <summary>DPC routines that ran.</summary>
    public long Dpcs => _counter.Counts.Dpcs;

    /// <summary>Lines that were masked because nobody cleared them.</summary>
    public long Storms => _counter.Counts.Storms;

    /// <summary>IRPs that have ended, oldest first.</summary>
    public IReadOnlyList<RigIrp> Irps => _observer.Irps;

    /// <summary>What the driver printed.</summary>
    public IReadOnlyList<string> DebugOutput => _observer.DebugOutput;

    /// <summary>Rules that were broken without stopping the machine.</summary>
    public IReadOnlyList<string> Violations => _observer.Violations;

    /// <summary>Load, PnP and power steps, as `hil run` prints them.</summary>
    public IReadOnlyList<string> Log => _observer.Log;

    /// <summary>Why the machine stopped, or null while it runs.</summary>
    public BugCheckReport? BugCheck => Kernel.StoppedBy;

    /// <summary>Starts a native driver on a device.</summary>
    /// <param name="driver">Path of the .sys file.</param>
    /// <param name="devices">Values of QEMU's <c>-device</c>.</param>
    public static Task<HilRig> StartAsync(string driver, params string[] devices) =>
        StartAsync(new HilRigOptions { Driver = driver, Devices = [.. devices] });

    /// <summary>Starts a driver, and the devices it is for. Bug checks in DriverEntry, AddDevice and start come out as
    /// BugCheckException.</summary>
    public static async Task<HilRig> StartAsync(HilRigOptions options, CancellationToken cancellation = default)
    {
        var observer = new RigObserver();
        var counter = new EventCounter(observer);
        DriverSession session = await DriverSession.StartAsync(new DriverSessionOptions
        {
            ImagePath = options.Driver,
            ManagedDriver = options.ManagedDriver,
            Match = options.Match,
            Interrupts = options.Interrupts,
            Parameters = options.Parameters,
            Capture = options.Capture,
            ServiceFolder = options.ServiceFolder,
            Schedule = options.Schedule,
            Machine = new MachineOptions
            {
                QemuPath = options.QemuPath,
                Devices = options.Devices,
                ExtraArguments = options.QemuArguments,
                MemoryBytes = options.MemoryBytes,
                Cpu = new VirtualCpuOptions { Watchdog = options.Watchdog },
            },
        }, counter, cancellation).ConfigureAwait(false);
        return new HilRig(session, observer, counter);
    }

    /// <summary>Opens a device by name (`\\.\Name`, `\Device\Name`), or the first device under test.</summary>
    public Task<HilFile> OpenAsync(string? path = null, FileOpening? opening = null) =>
        Session.OpenAsync(path, opening);

    /// <summary>Removes the devices and unloads the driver, as `hil run` does at its end; the machine stays for
    /// looking at.</summary>
    public NTSTATUS Unload() => Session.Unload();

    /// <summary>Ends the kernel, and the trace that <see cref="HilRigOptions.Capture"/> asked for.</summary>
    /// <returns>What the capture came to; null without one.</returns>
    public CaptureSummary? EndCapture() => Session.EndCapture(exitCode: 0);

    /// <summary>Ends the kernel and QEMU, whatever state they are in.</summary>
    public ValueTask DisposeAsync()
    {
        Session.Dispose();
        return ValueTask.CompletedTask;
    }
}
