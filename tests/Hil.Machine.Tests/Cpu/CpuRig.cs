using Hil.Kernel.Platform;
using Hil.Machine.Pci;
using Hil.Wdm;
using Iced.Intel;

namespace Hil.Machine.Tests.Cpu;

/// <summary>A machine with an edu device, and places for machine code, data and a stack.</summary>
public sealed class CpuRig : IDisposable
{
    private const ulong PageBytes = 4096;
    private const ulong StackPages = 8;
    private const int MessageCapability = 5;

    private readonly ulong _code;
    private ulong _nextCode;

    private CpuRig(EmulatedMachine machine)
    {
        Machine = machine;
        _code = _nextCode = machine.Ram.KernelBase;
        Data = _code + 16 * PageBytes;
        StackTop = Data + (2 + StackPages) * PageBytes;
        machine.AccessTraps?.TrustCode(_code, 16 * PageBytes);
        machine.Ram.Protect(_code, 16 * PageBytes, PageAccess.ReadExecute);
        machine.Ram.Protect(Data, PageBytes, PageAccess.ReadWrite);
        machine.Ram.Protect(StackTop - StackPages * PageBytes, StackPages * PageBytes, PageAccess.ReadWrite);
        Edu = machine.Pci.Functions.Single(function => function.DeviceId == 0x11E8);
        Registers = machine.Ram.MapDevice(Edu.Bars[0].Address, Edu.Bars[0].Bytes);
        PciEnumerator.EnableBusMaster(machine.Bus, Edu.Address);
    }

    public EmulatedMachine Machine { get; }

    public VirtualCpu Cpu => Machine.Cpu;

    /// <summary>A page of data, zero at first.</summary>
    public ulong Data { get; }

    public ulong StackTop { get; }

    /// <summary>Where a call's stack pointer is put: room for the home area above it.</summary>
    public ulong StackPointer => StackTop - 0x100;

    public PciFunction Edu { get; }

    /// <summary>Edu's registers as driver code sees them.</summary>
    public ulong Registers { get; }

    public static async Task<CpuRig> StartAsync(
        TimeSpan? watchdog = null, ulong shadowBytes = 0, Func<MachineOptions, MachineOptions>? change = null)
    {
        MachineOptions options = new()
        {
            Devices = ["edu"],
            ShadowBytes = shadowBytes,
            Cpu = new VirtualCpuOptions { Watchdog = watchdog ?? TimeSpan.FromSeconds(10) },
        };
        return new CpuRig(await EmulatedMachine.StartAsync(change?.Invoke(options) ?? options));
    }

    /// <summary>Puts machine code on fresh bytes of the code pages; returns its address.</summary>
    public unsafe ulong Place(Action<Assembler> emit)
    {
        var assembler = new Assembler(64);
        emit(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), _nextCode);
        ulong address = _nextCode;
        stream.ToArray().CopyTo(new Span<byte>((byte*)address, (int)stream.Length));
        // TCG translates by page: code that has run must not share one with code that is still to be written.
        _nextCode = (_nextCode + (ulong)stream.Length + PageBytes) & ~(PageBytes - 1);
        return address;
    }

    public VcpuExit Call(ulong entry, ulong rcx = 0, ulong rdx = 0, byte irql = 0) =>
        Cpu.Call(entry, StackPointer, rcx, rdx, 0, 0, irql);

    public unsafe ref ulong DataWord(int index) => ref ((ulong*)Data)[index];

    /// <summary>Makes edu raise a vector by message.</summary>
    public void EnableMessages(byte vector)
    {
        IBus bus = Machine.Bus;
        (ulong address, uint data) = Machine.InterruptController.MessageFor(vector);
        int capability = Edu.FindCapability(MessageCapability);
        bus.WriteConfig(Edu.Address, capability + 4, 4, (uint)address);
        bus.WriteConfig(Edu.Address, capability + 8, 4, (uint)(address >> 32));
        bus.WriteConfig(Edu.Address, capability + 12, 2, data);
        bus.WriteConfig(Edu.Address, capability + 2, 2, bus.ReadConfig(Edu.Address, capability + 2, 2) | 1);
    }

    public void RaiseFromHost(uint value) => Machine.Bus.WriteMemory(Edu.Bars[0].Address + 0x60, 4, value);

    public void AcknowledgeFromHost() => Machine.Bus.WriteMemory(Edu.Bars[0].Address + 0x64, 4, uint.MaxValue);

    public void Dispose() => Machine.Dispose();
}
