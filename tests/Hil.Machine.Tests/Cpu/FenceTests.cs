using System.Diagnostics;
using Hil.Kernel.Platform;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine.Tests.Cpu;

/// <summary>The litmus test under which a sleeper may rely on `mov cr8` (MonitorLayout says why it must).</summary>
public sealed class FenceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AWriteToCr8OrdersStoresBeforeLaterLoads(bool countsInstructions)
    {
        using CpuRig rig = await CpuRig.StartAsync(TimeSpan.FromSeconds(30), change: options => options with
        {
            TrapsDeviceAccess = countsInstructions,
            Deterministic = countsInstructions,
            Slices = countsInstructions,
        });
        RunLitmus(rig);
    }

    private static unsafe void RunLitmus(CpuRig rig)
    {
        ulong code = rig.Place(EmitLitmus);
        ulong* page = (ulong*)rig.Data;
        (int Rounds, int Failures) result = default;
        var host = new Thread(() => result = HostSideOfLitmus(page));
        host.Start();

        VcpuExit exit = rig.Call(code, rcx: rig.Data);
        while (exit.Reason == VcpuExitReason.Slice)
            exit = rig.Cpu.ResumeTrap(exit.Frame, exit.Irql);
        host.Join();

        Assert.Equal(VcpuExitReason.Returned, exit.Reason);
        Assert.True(result.Rounds > 0);
        Assert.Equal(0, result.Failures);
    }

    // Words on cache lines of their own: 0 go, 8 x, 16 y, 24 what the guest saw of y, 32 done. A go
    // of all ones ends it.
    private static void EmitLitmus(Assembler a)
    {
        Label round = a.CreateLabel();
        Label wait = a.CreateLabel();
        Label next = a.CreateLabel();
        a.xor(r8d, r8d);
        a.Label(ref round);
        a.inc(r8);
        a.Label(ref wait);
        a.mov(rax, __qword_ptr[rcx]);
        a.cmp(rax, r8);
        a.je(next);
        a.cmp(rax, -1);
        a.jne(wait);
        a.ret();
        a.Label(ref next);
        a.mov(__qword_ptr[rcx + 8 * 8], r8);
        a.mov(rax, cr8);
        a.mov(cr8, rax);
        a.mov(rax, __qword_ptr[rcx + 16 * 8]);
        a.mov(__qword_ptr[rcx + 24 * 8], rax);
        a.mov(__qword_ptr[rcx + 32 * 8], r8);
        a.jmp(round);
    }

    // Bounded by rounds and, where both sides must share a core, by time.
    private static unsafe (int Rounds, int Failures) HostSideOfLitmus(ulong* page)
    {
        const ulong Rounds = 100_000;
        long end = Stopwatch.GetTimestamp() + 2 * Stopwatch.Frequency;
        int failures = 0;
        ulong round = 0;
        while (round < Rounds && Stopwatch.GetTimestamp() < end)
        {
            Volatile.Write(ref page[0], ++round);
            // Sweeps the moment of our store over the time that the go needs to cross.
            for (ulong delay = round % 64; delay > 0; delay--)
                Thread.SpinWait(1);
            Volatile.Write(ref page[16], round);
            Interlocked.MemoryBarrier();
            ulong x = Volatile.Read(ref page[8]);
            while (Volatile.Read(ref page[32]) != round)
                Thread.Yield();
            if (x != round && Volatile.Read(ref page[24]) != round)
                failures++;
        }
        Volatile.Write(ref page[0], ulong.MaxValue);
        return ((int)round, failures);
    }
}
