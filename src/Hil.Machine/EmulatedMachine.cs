using System.Collections.Immutable;
using Hil.Machine.Apic;
using Hil.Machine.Pci;
using Hil.Machine.Qemu;
using Hil.Machine.Traps;

namespace Hil.Machine;

// A kernel is built and a driver loaded while QEMU boots: both need the shared memory alone. Until then the processor
// and the bus belong to the thread that sets the machine up.

/// <summary>QEMU, the memory shared with it, its processor under our monitor, and its PCI bus set up: all that a
/// kernel needs.</summary>
public sealed class EmulatedMachine : IDisposable
{
    private readonly Task<PciTopology> _boot;

    private EmulatedMachine(
        MachineOptions options, RamWindow ram, QemuProcess qemu, QemuOptions qemuOptions,
        CancellationToken cancellation)
    {
        Ram = ram;
        Qemu = qemu;
        Clock = new MachineClock();
        Cpu = new VirtualCpu(ram, qemu, new GuestRoutines(ram), Clock, options);
        AccessTraps = options.TrapsDeviceAccess
            ? new AccessTraps(ram, Cpu, options.Deterministic, options.TrapsInstructions)
            : null;
        Bus = new MonitorBus(Cpu);
        InterruptController = new InterruptController(Bus);
        _boot = Task.Run(() => Boot(options, qemuOptions, cancellation), CancellationToken.None);
    }

    public RamWindow Ram { get; }

    public QemuProcess Qemu { get; }

    public VirtualCpu Cpu { get; }

    public MachineClock Clock { get; }

    /// <summary>Null when driver code reaches devices directly.</summary>
    public AccessTraps? AccessTraps { get; }

    public IBus Bus { get; }

    /// <summary>What was found on the PCI bus, with its resources placed. Waits for the machine to boot.</summary>
    public PciTopology Pci => _boot.GetAwaiter().GetResult();

    public IInterruptController InterruptController { get; }

    /// <summary>Starts QEMU and sets its machine up.</summary>
    /// <exception cref="MachineStartException">QEMU is missing, too old, lacks the device, or ended.</exception>
    public static async Task<EmulatedMachine> StartAsync(
        MachineOptions options, CancellationToken cancellation = default)
    {
        EmulatedMachine machine = Begin(options, cancellation);
        try
        {
            await machine._boot.ConfigureAwait(false);
        }
        catch
        {
            machine.Dispose();
            throw;
        }
        machine.AwaitBoot();
        return machine;
    }

    /// <summary>Starts QEMU and returns while it boots. A kernel can be built on the machine and a driver be loaded;
    /// nothing may run before <see cref="AwaitBoot"/>.</summary>
    /// <exception cref="MachineStartException">QEMU is missing, or the system could not start it.</exception>
    public static EmulatedMachine Begin(MachineOptions options, CancellationToken cancellation = default)
    {
        if (options is { Deterministic: true, TrapsDeviceAccess: false })
            throw new ArgumentException("a deterministic machine traps device accesses", nameof(options));
        var ram = new RamWindow(options.MemoryBytes, options.ShadowBytes, options.TrapsDeviceAccess, SlotsOf(options));
        QemuProcess? qemu = null;
        try
        {
            VirtualCpu.Prepare(ram, options);
            QemuOptions qemuOptions = QemuOptionsOf(options, ram);
            qemu = QemuProcess.Begin(qemuOptions);
            return new EmulatedMachine(options, ram, qemu, qemuOptions, cancellation);
        }
        catch
        {
            qemu?.Dispose();
            ram.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the machine is set up; its processor and its bus are the caller's from then on.</summary>
    /// <exception cref="MachineStartException">QEMU is too old, lacks the device, or ended.</exception>
    public void AwaitBoot()
    {
        _ = _boot.GetAwaiter().GetResult();
        Cpu.IsBooting = false;
    }

    /// <summary>What a kernel on this machine is built from.</summary>
    public KernelServices CreateServices(IKernelObserver? observer = null) => new()
    {
        VirtualProcessor = Cpu,
        Memory = Ram,
        Bus = Bus,
        InterruptController = InterruptController,
        Clock = Clock,
        AccessTraps = AccessTraps,
        Observer = observer,
    };

    /// <summary>Ends QEMU, then gives its memory back.</summary>
    public void Dispose()
    {
        if (!_boot.IsCompleted)
        {
            Qemu.Kill(); // Who sets the machine up hears of that, and leaves the memory alone.
            _ = Task.WaitAny(_boot);
        }
        Qemu.Dispose();
        Ram.Dispose();
    }

    private PciTopology Boot(MachineOptions options, QemuOptions qemuOptions, CancellationToken cancellation)
    {
        Qemu.AwaitMachine(qemuOptions, cancellation);
        Cpu.AwaitReady();
        return options.Functions is { } claimed
            ? new PciTopology(claimed, [], ImmutableDictionary<PciAddress, ulong>.Empty)
            : PciEnumerator.Enumerate(Bus);
    }

    private static QemuOptions QemuOptionsOf(MachineOptions options, RamWindow ram) => new()
    {
        QemuPath = options.QemuPath,
        FirmwarePath = MonitorRom.Path,
        MemoryBytes = ram.Bytes + ram.ReserveBytes,
        MemoryPath = ram.Path,
        Devices = options.Devices,
        ExtraArguments = options.ExtraArguments,
        CountsInstructions = options is { Deterministic: true, Slices: true },
    };

    // Slot 0 is left to captures, so that a replay finds the addresses that it needs free.
    private static Range SlotsOf(MachineOptions options) => options switch
    {
        { WindowSlot: { } slot } => slot..(slot + 1),
        { Deterministic: true } => ..RamWindow.SlotCount,
        _ => 1..RamWindow.SlotCount,
    };
}
