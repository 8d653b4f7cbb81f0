using System.Collections.Immutable;
using Hil.Machine.Apic;
using Hil.Machine.Pci;
using Hil.Machine.Qemu;
using Hil.Machine.Traps;

namespace Hil.Machine;

/// <summary>QEMU, the memory shared with it, its processor under our monitor, and its PCI bus set up: all that a
/// kernel needs.</summary>
public sealed class EmulatedMachine : IDisposable
{
    private EmulatedMachine(RamWindow ram, QemuProcess qemu, VirtualCpu cpu, MachineClock clock, MachineOptions options)
    {
        Ram = ram;
        Qemu = qemu;
        Cpu = cpu;
        Clock = clock;
        AccessTraps = options.TrapsDeviceAccess
            ? new AccessTraps(ram, cpu, options.Deterministic, options.TrapsInstructions)
            : null;
        Bus = new MonitorBus(cpu);
        Pci = options.Functions is { } claimed
            ? new PciTopology(claimed, [], ImmutableDictionary<PciAddress, ulong>.Empty)
            : PciEnumerator.Enumerate(Bus);
        InterruptController = new InterruptController(Bus);
    }

    public RamWindow Ram { get; }

    public QemuProcess Qemu { get; }

    public VirtualCpu Cpu { get; }

    public MachineClock Clock { get; }

    /// <summary>Null when driver code reaches devices directly.</summary>
    public AccessTraps? AccessTraps { get; }

    public IBus Bus { get; }

    /// <summary>What was found on the PCI bus, with its resources placed.</summary>
    public PciTopology Pci { get; }

    public IInterruptController InterruptController { get; }

    /// <summary>Starts QEMU, returns once it boots, and sets its machine up.</summary>
    /// <exception cref="MachineStartException">QEMU is missing, too old, lacks the device, or ended.</exception>
    public static Task<EmulatedMachine> StartAsync(MachineOptions options, CancellationToken cancellation = default)
    {
        if (options is { Deterministic: true, TrapsDeviceAccess: false })
            throw new ArgumentException("a deterministic machine traps device accesses", nameof(options));
        var ram = new RamWindow(options.MemoryBytes, options.ShadowBytes, options.TrapsDeviceAccess, SlotsOf(options));
        try
        {
            VirtualCpu.Prepare(ram, options);
            QemuOptions qemuOptions = QemuOptionsOf(options, ram);
            QemuProcess qemu = QemuProcess.Begin(qemuOptions);
            Ahead.GoOn();
            return Task.Run(() => Finish(options, ram, qemu, qemuOptions, cancellation), CancellationToken.None);
        }
        catch (Exception e)
        {
            ram.Dispose();
            return Task.FromException<EmulatedMachine>(e);
        }
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
        Qemu.Dispose();
        Ram.Dispose();
    }

    private static EmulatedMachine Finish(
        MachineOptions options, RamWindow ram, QemuProcess qemu, QemuOptions qemuOptions,
        CancellationToken cancellation)
    {
        try
        {
            // QEMU boots while these are loaded.
            var routines = new GuestRoutines(ram);
            var clock = new MachineClock();
            qemu.AwaitMachine(qemuOptions, cancellation);
            var cpu = new VirtualCpu(ram, qemu, routines, clock, options);
            return new EmulatedMachine(ram, qemu, cpu, clock, options);
        }
        catch
        {
            qemu.Dispose();
            ram.Dispose();
            throw;
        }
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
