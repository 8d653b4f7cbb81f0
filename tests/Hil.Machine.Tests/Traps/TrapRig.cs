using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Machine.Pci;
using Hil.Wdm;
using Iced.Intel;

namespace Hil.Machine.Tests.Traps;

/// <summary>A machine whose driver code has its device accesses trapped, a kernel on it, and QEMU's own log of what
/// reached its devices.</summary>
public sealed class TrapRig : IDisposable, IKernelObserver
{
    private const ulong PageBytes = 4096;
    private const ushort TestDeviceId = 0x0005;
    private const ushort EduId = 0x11E8;
    private const ushort SharedMemoryId = 0x1110;

    private readonly string _logPath;
    private readonly List<KernelEvent> _registers = [];

    private TrapRig(EmulatedMachine machine, string logPath)
    {
        _logPath = logPath;
        Machine = machine;
        Kernel = new NtKernel(machine.CreateServices(this));
        Memory = Kernel.Pages.Allocate((nuint)(2 * PageBytes), PageAccess.ReadWrite);
        Edu = Function(EduId).Bars[0];
        TestDevice = Function(TestDeviceId).Bars[0];
        SharedMemory = Function(SharedMemoryId).Bars.Single(bar => bar.Index == 2);
        EduRegisters = machine.Ram.MapDevice(Edu.Address, Edu.Bytes);
        TestRegisters = machine.Ram.MapDevice(TestDevice.Address, TestDevice.Bytes);
        SharedBytes = machine.Ram.MapDevice(SharedMemory.Address, 4 * PageBytes);
    }

    public EmulatedMachine Machine { get; }

    public NtKernel Kernel { get; }

    /// <summary>Two pages of ordinary memory.</summary>
    public ulong Memory { get; }

    public PciBar Edu { get; }

    /// <summary>Answers accesses of every width.</summary>
    public PciBar TestDevice { get; }

    /// <summary>A BAR with plain memory behind it.</summary>
    public PciBar SharedMemory { get; }

    /// <summary>The devices as driver code sees them.</summary>
    public ulong EduRegisters { get; }

    public ulong TestRegisters { get; }

    public ulong SharedBytes { get; }

    /// <summary>Whether register events are kept; they are counted in any case.</summary>
    public bool KeepsEvents { get; set; } = true;

    public long EventCount { get; private set; }

    public IReadOnlyList<KernelEvent> Registers => _registers;

    public static async Task<TrapRig> StartAsync(
        bool logs = false, TimeSpan? watchdog = null, Func<MachineOptions, MachineOptions>? change = null)
    {
        string path = Path.Combine(Path.GetTempPath(), $"hil-traps-{Guid.NewGuid():N}.log");
        string[] log = logs
            ? ["-trace", "memory_region_ops_read", "-trace", "memory_region_ops_write", "-D", path]
            : [];
        MachineOptions options = new()
        {
            Devices = ["edu", "pci-testdev", "ivshmem-plain,memdev=hil-shared"],
            ExtraArguments = ["-object", "memory-backend-ram,id=hil-shared,size=1M", .. log],
            TrapsDeviceAccess = true,
            Cpu = new VirtualCpuOptions { Watchdog = watchdog ?? TimeSpan.FromSeconds(10) },
        };
        EmulatedMachine machine = await EmulatedMachine.StartAsync(change?.Invoke(options) ?? options);
        return new TrapRig(machine, path);
    }

    public void OnEvent(in KernelEvent kernelEvent)
    {
        if (kernelEvent.Kind != KernelEventKind.Register)
            return;
        EventCount++;
        if (KeepsEvents)
            _registers.Add(kernelEvent);
    }

    /// <summary>Puts machine code on a page of its own; returns its address.</summary>
    public ulong Place(Action<Assembler> emit)
    {
        var assembler = new Assembler(64);
        emit(assembler);
        ulong page = Kernel.Pages.Allocate((nuint)PageBytes, PageAccess.ReadWrite);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), page);
        byte[] code = stream.ToArray();
        Do(() => Kernel.Services.VirtualProcessor.WriteCode(page, code));
        Kernel.Services.AccessTraps?.TrustCode(page, PageBytes);
        Machine.Ram.Protect(page, PageBytes, PageAccess.ReadExecute);
        return page;
    }

    /// <summary>Places code as an image with one function, and thus with stops.</summary>
    public ulong PlaceImage(Action<Assembler> emit)
    {
        ulong page = Kernel.Pages.Allocate((nuint)PageBytes, PageAccess.ReadWrite);
        var assembler = new Assembler(64);
        emit(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), page);
        byte[] content = stream.ToArray();
        RuntimeFunction function = new(0, (uint)content.Length, 0, 0);
        Kernel.Services.AccessTraps!.PatchImage(page, "test.sys", content, [function], []);
        Do(() => Kernel.Services.VirtualProcessor.WriteCode(page, content));
        Machine.Ram.Protect(page, PageBytes, PageAccess.ReadExecute);
        return page;
    }

    /// <summary>Calls code as a driver routine at PASSIVE_LEVEL.</summary>
    public ulong Call(ulong code, ulong argument = 0)
    {
        ulong result = 0;
        Kernel.Scheduler.Run(() => result = Kernel.Processor.Call(new DriverRoutine(code), argument));
        return result;
    }

    /// <summary>Runs something that uses the bus or the processor, where nobody else does.</summary>
    public void Do(Action action) => Kernel.Scheduler.Run(action);

    /// <summary>Runs something while driver code reaches the devices directly.</summary>
    public void Directly(Action action)
    {
        ulong[] pages =
            [EduRegisters, TestRegisters, .. Enumerable.Range(0, 4).Select(i => SharedBytes + (ulong)i * PageBytes)];
        foreach (ulong page in pages)
            Machine.Ram.ShowDevicePage(page, scratch: null);
        action();
        foreach (ulong page in pages)
            Machine.Ram.HideDevicePage(page);
    }

    /// <summary>What reached a device since <paramref name="position"/>, by QEMU's account: direction, offset, value,
    /// size.</summary>
    public List<string> ReadLog(string region, ref long position)
    {
        using var file = new FileStream(_logPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = position;
        using var reader = new StreamReader(file);
        string[] lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        position = file.Length;
        return [.. lines.Where(line => line.Contains($"'{region}'", StringComparison.Ordinal)).Select(Essence)];
    }

    public void Dispose()
    {
        Kernel.Dispose();
        Machine.Dispose();
        File.Delete(_logPath);
    }

    // memory_region_ops_read cpu 0 mr 0x… addr 0x… value 0x… size 4 name 'edu-mmio'
    private static string Essence(string line)
    {
        string[] words = line[line.IndexOf("memory_region_ops", StringComparison.Ordinal)..].Split(' ');
        string direction = words[0] == "memory_region_ops_read" ? "read" : "write";
        return $"{direction} {words[6]} {words[8]} {words[10]}";
    }

    private PciFunction Function(ushort id) => Machine.Pci.Functions.Single(function => function.DeviceId == id);
}
