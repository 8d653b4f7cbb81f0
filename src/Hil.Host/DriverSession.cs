using System.Collections.Immutable;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Loader;
using Hil.Machine;
using Hil.Wdm;

namespace Hil.Host;

/// <summary>One driver on one machine, from QEMU's start to its end: what `hil run`, `hil bench` and Hil.Testing stand on.</summary>
public sealed class DriverSession : IDisposable
{
    private readonly List<DeviceNode> _devices = [];
    private bool _isUnloaded;

    private DriverSession(EmulatedMachine machine, NtKernel kernel, LoadedDriver driver)
    {
        Machine = machine;
        Kernel = kernel;
        Driver = driver;
    }

    public EmulatedMachine Machine { get; }

    public NtKernel Kernel { get; }

    public LoadedDriver Driver { get; }

    /// <summary>What DriverEntry returned.</summary>
    public NTSTATUS EntryStatus { get; private set; }

    /// <summary>The devices that the driver was started for; none for a legacy driver.</summary>
    public IReadOnlyList<DeviceNode> Devices => _devices;

    /// <summary>Starts the machine, loads the driver, calls DriverEntry, and starts its devices.</summary>
    /// <exception cref="MachineStartException">QEMU did not come up.</exception>
    /// <exception cref="BadDriverImageException">The image is no driver that can run here.</exception>
    /// <exception cref="BugCheckException">The driver broke a rule.</exception>
    public static async Task<DriverSession> StartAsync(
        DriverSessionOptions options, IKernelObserver? observer = null, CancellationToken cancellation = default)
    {
        Task<EmulatedMachine> starting = EmulatedMachine.StartAsync(options.Machine, cancellation);
        EmulatedMachine? machine = null;
        NtKernel? kernel = null;
        try
        {
            // QEMU boots while we read.
            DriverImage? image = options.ImagePath == null ? null : DriverImage.ReadFile(options.ImagePath);
            machine = await starting.ConfigureAwait(false);
            kernel = new NtKernel(machine.CreateServices(observer));
            var session = new DriverSession(machine, kernel, Load(kernel, image, options));
            kernel.Scheduler.Run(() => session.Start(options));
            return session;
        }
        catch
        {
            kernel?.Dispose();
            machine ??= await Finish(starting).ConfigureAwait(false);
            machine?.Dispose();
            throw;
        }
    }

    /// <summary>Opens a device by name, or, without one, the stack of the first device under test.</summary>
    /// <exception cref="NtStatusException">There is no such device, or its driver refused.</exception>
    public Task<HilFile> OpenAsync(string? path = null, FileOpening? opening = null) =>
        Kernel.Io.OpenAsync(path ?? DefaultPath(), opening);

    /// <summary>Removes the devices and unloads the driver. Returns what DriverUnload's absence or a veto left undone.</summary>
    public NTSTATUS Unload()
    {
        NTSTATUS status = NtStatus.STATUS_SUCCESS;
        Kernel.Scheduler.Run(() => status = UnloadCore());
        return status;
    }

    /// <summary>Ends the kernel and QEMU, whatever state they are in.</summary>
    public void Dispose()
    {
        Kernel.Dispose();
        Machine.Dispose();
    }

    // A physical device's name opens the top of its stack, whatever its drivers called theirs.
    private string DefaultPath() => _devices.Count > 0
        ? _devices[0].DeviceName
        : throw new InvalidOperationException($"{Driver.Name} has no device that was started for it: open one by name");

    private static LoadedDriver Load(NtKernel kernel, DriverImage? image, DriverSessionOptions options)
    {
        var loader = new DriverLoader(kernel);
        return image != null
            ? loader.Load(image, options.ServiceName)
            : loader.Load(options.ManagedDriver!(), options.ServiceName);
    }

    private unsafe void Start(DriverSessionOptions options)
    {
        SetParameters(options.Parameters);
        EntryStatus = Driver.Initialize();
        if (!EntryStatus.IsSuccess || Driver.Object->DriverExtension->AddDevice.IsNull)
            return;
        foreach (PciFunction function in FunctionsFor(options))
            _devices.Add(Kernel.Pnp.AddDevice(function, Driver.Object, options.Interrupts));
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

    private IEnumerable<PciFunction> FunctionsFor(DriverSessionOptions options)
    {
        foreach (PciFunction function in Machine.Pci.Functions)
        {
            bool matches = options.Match is var (vendor, device)
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
        foreach (DeviceNode device in _devices)
        {
            NTSTATUS status = Kernel.Pnp.Remove(device);
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

    private static async Task<EmulatedMachine?> Finish(Task<EmulatedMachine> starting)
    {
        try
        {
            return await starting.ConfigureAwait(false);
        }
        catch (Exception)
        {
            return null; // The first failure is the one to report.
        }
    }
}
