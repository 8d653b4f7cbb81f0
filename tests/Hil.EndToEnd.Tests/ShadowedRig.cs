using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Loader;
using Hil.Machine;
using Hil.Testing;
using Hil.Wdm;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests;

/// <summary>A driver on a machine whose devices' writes to memory are hidden until the kernel looks. What the devices
/// wrote is kept.</summary>
internal sealed class ShadowedRig : IDisposable, IDmaSink
{
    private const ulong ShadowBytes = 8 << 20;

    private readonly EmulatedMachine _machine;
    private readonly LoadedDriver _driver;
    private readonly List<DeviceNode> _devices = [];

    public ShadowedRig(EmulatedMachine machine, HilRigOptions options)
    {
        _machine = machine;
        Shadow = new ShadowMemory(machine.Ram, this);
        Kernel = new NtKernel(machine.CreateServices() with { DmaShadow = Shadow });
        var loader = new DriverLoader(Kernel);
        _driver = options.Driver == null
            ? loader.Load(options.ManagedDriver!())
            : loader.Load(DriverImage.ReadFile(options.Driver));
        Kernel.Scheduler.Run(Start);
    }

    public ShadowMemory Shadow { get; }

    public NtKernel Kernel { get; }

    public IReadOnlyList<DeviceNode> Devices => _devices;

    /// <summary>What devices wrote, in the order in which it was seen.</summary>
    public List<(ulong Address, byte[] Bytes)> Writes { get; } = [];

    public int PagesWithoutShadow { get; private set; }

    public static async Task<ShadowedRig> StartAsync(HilRigOptions options)
    {
        EmulatedMachine machine = await EmulatedMachine.StartAsync(new MachineOptions
        {
            Devices = options.Devices,
            MemoryBytes = options.MemoryBytes,
            ShadowBytes = ShadowBytes,
        });
        return new ShadowedRig(machine, options);
    }

    public Task<HilFile> OpenAsync(string? path = null) =>
        Kernel.Io.OpenAsync(path ?? Kernel.Pnp.FindInterfaces(_devices[0])[0]);

    public NTSTATUS Unload()
    {
        NTSTATUS status = default;
        Kernel.Scheduler.Run(() =>
        {
            foreach (DeviceNode device in _devices)
                Assert.Equal(STATUS_SUCCESS, Kernel.Pnp.Remove(device));
            status = _driver.Unload();
        });
        return status;
    }

    public void OnDeviceWrite(ulong address, ReadOnlySpan<byte> bytes) => Writes.Add((address, bytes.ToArray()));

    public void OnDriverPointer(ulong address, uint value)
    {
    }

    public void OnReserveExhausted(ulong address) => PagesWithoutShadow++;

    public void Dispose()
    {
        Kernel.Dispose();
        Shadow.Dispose();
        _machine.Dispose();
    }

    private unsafe void Start()
    {
        Assert.Equal(STATUS_SUCCESS, _driver.Initialize());
        if (_driver.Object->DriverExtension->AddDevice.IsNull)
            return;
        foreach (PciFunction function in _machine.Pci.Functions.Where(found => found.ClassCode >> 16 != 0x06))
            _devices.Add(Kernel.Pnp.AddDevice(function, _driver.Object, InterruptPreference.Message));
    }
}
