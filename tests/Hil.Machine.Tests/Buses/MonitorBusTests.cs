using System.Diagnostics;
using Hil.Kernel.Platform;
using Hil.Machine.Pci;

namespace Hil.Machine.Tests.Buses;

/// <summary>The bus contract through the monitor, with interrupts that really reach the processor.</summary>
public sealed class MonitorBusTests : BusContract
{
    protected override async Task<IBusRig> StartAsync(string[] devices, string[] extraArguments) =>
        new Rig(await EmulatedMachine.StartAsync(
            new MachineOptions { Devices = [.. devices], ExtraArguments = [.. extraArguments] }));

    private sealed unsafe class Rig(EmulatedMachine machine) : IBusRig
    {
        private const byte Vector = 0x51;

        public IBus Bus => machine.Bus;

        public PciTopology Pci => machine.Pci;

        public ulong PagePhysical => machine.Ram.PhysicalOf(PageAddress);

        public Span<byte> Page => new((void*)PageAddress, 4096);

        public bool HasInterrupt => machine.Cpu.HasPendingInterrupt;

        private ulong PageAddress => machine.Ram.KernelBase;

        public void Listen(uint line) =>
            machine.InterruptController.ConnectLine(line, Vector, levelSensitive: true, activeLow: true);

        public bool TakeInterrupt()
        {
            long start = Stopwatch.GetTimestamp();
            while (!machine.Cpu.HasPendingInterrupt)
            {
                if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(5))
                    return false;
            }
            return machine.Cpu.TryTakeInterrupt(default, out byte vector) && vector == Vector;
        }

        public void EndInterrupt() => machine.Cpu.EndOfInterrupt();

        public void Dispose() => machine.Dispose();
    }
}
