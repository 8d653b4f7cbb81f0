using Hil.Kernel.Platform;
using Hil.Machine.Qemu;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine.Tests.Cpu;

/// <summary>A deterministic machine comes back from code that never exits at the same instruction each time.</summary>
public sealed class DeterminismTests
{
    private const int SlotOfTests = 41;
    private const int Runs = 200;
    private const int SlicesPerRun = 4;
    private const uint SliceInstructions = 20_000;

    private static readonly VirtualCpuOptions s_spinning = new()
    {
        SliceInstructions = SliceInstructions,
        Watchdog = TimeSpan.FromSeconds(30),
    };

    // Both sides sleep whenever they wait, so every turn is rung for.
    private static readonly VirtualCpuOptions s_sleeping =
        s_spinning with { Spin = TimeSpan.Zero, GuestSpinRounds = 0 };

    public static TheoryData<string> Loops => ["spin on memory", "count in memory", "count in registers", "strings"];

    [Theory]
    [MemberData(nameof(Loops))]
    public async Task ALoopIsCutAtTheSameInstructionInEveryRun(string loop)
    {
        using CpuRig rig = await StartAsync(s_spinning);
        ulong code = rig.Place(a => EmitLoop(a, loop));
        List<Cut> first = RunSlices(rig, code);

        Assert.Equal(SlicesPerRun, first.Count);
        for (int run = 1; run < Runs; run++)
            Assert.Equal(first, RunSlices(rig, code));
    }

    [Fact]
    public async Task ARingForASleepingProcessorShiftsNothing()
    {
        List<Cut> expected;
        using (CpuRig spinning = await StartAsync(s_spinning))
            expected = RunSlices(spinning, spinning.Place(a => EmitLoop(a, "count in registers")));
        using CpuRig rig = await StartAsync(s_sleeping);
        ulong code = rig.Place(a => EmitLoop(a, "count in registers"));

        for (int run = 0; run < Runs; run++)
        {
            // Requests in between are rung for, too.
            rig.Machine.Bus.ReadMemory(rig.Edu.Bars[0].Address, 4);
            Assert.Equal(expected, RunSlices(rig, code));
        }
    }

    [Fact]
    public async Task WhatTheHostDoesBetweenSlicesShiftsNothing()
    {
        using CpuRig rig = await StartAsync(s_spinning);
        ulong code = rig.Place(a => EmitLoop(a, "count in memory"));
        List<Cut> expected = RunSlices(rig, code);

        for (int run = 0; run < 50; run++)
        {
            int accesses = run % 7;
            Assert.Equal(expected, RunSlices(rig, code, () =>
            {
                for (int i = 0; i < accesses; i++)
                    rig.Machine.Bus.ReadMemory(rig.Edu.Bars[0].Address, 1 << (i % 3));
            }));
        }
    }

    [Fact]
    public async Task AServiceRoutineAboveASlicedLoopIsSlicedToo()
    {
        using CpuRig rig = await StartAsync(s_spinning);
        ulong outer = rig.Place(a => EmitLoop(a, "count in registers"));
        ulong inner = rig.Place(a => EmitLoop(a, "strings"));
        List<Cut>? first = null;
        for (int run = 0; run < Runs / 4; run++)
        {
            List<Cut> cuts = RunNested(rig, outer, inner);
            first ??= cuts;
            Assert.Equal(first, cuts);
        }
        Assert.Equal(5, first!.Count);
        Assert.NotEqual(first[0].Rax, first[4].Rax);
    }

    [Fact]
    public async Task ASuspendedSliceGoesOnWhereItWasCut()
    {
        using CpuRig rig = await StartAsync(s_spinning);
        const int Count = 100_000;
        ulong code = rig.Place(a =>
        {
            Label next = a.CreateLabel();
            a.xor(eax, eax);
            a.mov(ecx, Count);
            a.Label(ref next);
            a.add(rax, rcx);
            a.dec(ecx);
            a.jne(next);
            a.ret();
        });

        int slices = 0;
        VcpuExit exit = rig.Call(code, rdx: rig.Data);
        for (; exit.Reason == VcpuExitReason.Slice; slices++)
            exit = rig.Cpu.ResumeTrap(exit.Frame, exit.Irql);

        Assert.Equal((VcpuExitReason.Returned, Count * (Count + 1UL) / 2), (exit.Reason, exit.Value));
        Assert.Equal(3 * Count / (int)SliceInstructions, slices);
    }

    [Fact]
    public async Task TheWatchdogEndsASlicedLoopAfterAFixedNumberOfSlices()
    {
        int[] counts = new int[2];
        using CpuRig rig = await StartAsync(s_spinning with { Watchdog = TimeSpan.FromMilliseconds(10) });
        ulong code = rig.Place(a => EmitLoop(a, "spin on memory"));
        for (int run = 0; run < counts.Length; run++)
        {
            VcpuExit exit = rig.Call(code, rdx: rig.Data);
            for (; exit.Reason == VcpuExitReason.Slice; counts[run]++)
                exit = rig.Cpu.ResumeTrap(exit.Frame, exit.Irql);
            Assert.Equal(VcpuExitReason.Watchdog, exit.Reason);
        }

        Assert.InRange(counts[0], 100, 500); // 10 ms in slices of 20 µs and 1 µs for each resume.
        Assert.Equal(counts[0], counts[1]);
    }

    [Fact]
    public async Task ALoopWithoutAStackEndsItsOwnRun()
    {
        using CpuRig rig = await StartAsync(s_spinning);
        ulong code = rig.Place(a =>
        {
            Label loop = a.CreateLabel();
            a.xor(esp, esp);
            a.Label(ref loop);
            a.jmp(loop);
        });

        var lost = Assert.Throws<MachineLostException>(() => rig.Call(code));

        Assert.True(lost.IsTripleFault);
    }

    [Fact]
    public async Task AnInterruptDoesNotCutIntoDriverCodeAndIsTakenAtTheNextExit()
    {
        const byte Vector = 0x51;
        using CpuRig rig = await StartAsync(s_spinning);
        rig.EnableMessages(Vector);
        ulong device = rig.Edu.Bars[0].Address + 0x60 + MachineLayout.PhysicalMap;
        ulong code = rig.Place(a =>
        {
            Label next = a.CreateLabel();
            a.mov(rax, device); // The monitor's own mapping: what the driver's access becomes on the bus.
            a.mov(__dword_ptr[rax], 1);
            a.mov(ecx, 1000);
            a.Label(ref next);
            a.dec(ecx);
            a.jne(next);
            a.ret();
        });

        Assert.Equal(VcpuExitReason.Returned, rig.Call(code).Reason);
        rig.Cpu.Idle(0, long.MaxValue);

        Assert.True(rig.Cpu.TryTakeInterrupt(0, out byte vector));
        Assert.Equal(Vector, vector);
    }

    [Fact]
    public async Task ASlotThatIsTakenIsAnError()
    {
        using CpuRig rig = await StartAsync(s_spinning);

        await Assert.ThrowsAsync<MachineStartException>(() => StartAsync(s_spinning));
    }

    [Fact]
    public async Task LiveMachinesLeaveTheFirstSlotToCaptures()
    {
        using CpuRig live = await CpuRig.StartAsync();

        Assert.NotEqual(MachineLayout.WindowBase, live.Machine.Ram.Base);
    }

    [Fact]
    public async Task WatchedRoutinesAreTheHosts()
    {
        using CpuRig rig = await CpuRig.StartAsync(change: options => Deterministic(options, s_spinning) with
        {
            WatchesCalls = true,
        });

        Assert.Equal(0UL, rig.Cpu.FindGuestRoutine("KeAcquireSpinLockRaiseToDpc"));
        Assert.Equal(0UL, rig.Cpu.FindGuestRoutine("KfRaiseIrql"));
        Assert.NotEqual(0UL, rig.Cpu.FindGuestRoutine("memcpy"));
    }

    private static Task<CpuRig> StartAsync(VirtualCpuOptions cpu) =>
        CpuRig.StartAsync(change: options => Deterministic(options, cpu) with { WindowSlot = SlotOfTests });

    private static MachineOptions Deterministic(MachineOptions options, VirtualCpuOptions cpu) => options with
    {
        TrapsDeviceAccess = true,
        Deterministic = true,
        Slices = true,
        Cpu = cpu,
    };

    private static List<Cut> RunSlices(CpuRig rig, ulong code, Action? between = null)
    {
        Reset(rig);
        var cuts = new List<Cut>();
        VcpuExit exit = rig.Call(code, rdx: rig.Data);
        while (true)
        {
            Assert.Equal(VcpuExitReason.Slice, exit.Reason);
            cuts.Add(CutOf(rig, exit));
            if (cuts.Count == SlicesPerRun)
                return cuts;
            between?.Invoke();
            exit = rig.Cpu.ResumeTrap(exit.Frame, exit.Irql);
        }
    }

    // One slice of the loop, two of a routine above it, one more of the routine after a request, one of the loop.
    private static List<Cut> RunNested(CpuRig rig, ulong outer, ulong inner)
    {
        Reset(rig);
        VcpuExit below = rig.Call(outer, rdx: rig.Data);
        var cuts = new List<Cut> { CutOf(rig, below) };
        VcpuExit above = rig.Cpu.Call(inner, (below.Frame - 0x40) & ~0xFUL, 0, rig.Data, 0, 0, 5);
        cuts.Add(CutOf(rig, above));
        above = rig.Cpu.ResumeTrap(above.Frame, 5);
        cuts.Add(CutOf(rig, above));
        rig.Machine.Bus.ReadMemory(rig.Edu.Bars[0].Address, 4);
        above = rig.Cpu.ResumeTrap(above.Frame, 5);
        cuts.Add(CutOf(rig, above));
        below = rig.Cpu.ResumeTrap(below.Frame, 0);
        cuts.Add(CutOf(rig, below));
        return cuts;
    }

    private static unsafe void Reset(CpuRig rig) => new Span<byte>((byte*)rig.Data, 4096).Clear();

    private static unsafe Cut CutOf(CpuRig rig, VcpuExit exit)
    {
        var frame = (TrapFrame*)exit.Frame;
        return new Cut(exit.Reason, frame->Rip, frame->Rax, frame->Rcx, frame->Rdi, frame->Rflags, frame->Rsp,
            rig.DataWord(0), rig.DataWord(1));
    }

    // RDX: a page of data, zero at first.
    private static void EmitLoop(Assembler a, string loop)
    {
        Label next = a.CreateLabel();
        a.xor(eax, eax);
        a.xor(ecx, ecx);
        switch (loop)
        {
            case "spin on memory":
                a.Label(ref next);
                a.cmp(__qword_ptr[rdx], 0);
                a.je(next);
                break;
            case "count in memory":
                a.Label(ref next);
                a.inc(__qword_ptr[rdx]);
                a.mov(rax, __qword_ptr[rdx]);
                a.jmp(next);
                break;
            case "count in registers":
                a.Label(ref next);
                a.inc(rax);
                a.lea(rcx, __[rcx + rax * 2]);
                a.xor(rcx, rax);
                a.jmp(next);
                break;
            case "strings":
                a.Label(ref next);
                a.lea(rdi, __[rdx + 0x100]);
                a.mov(ecx, 17);
                a.rep.stosq();
                a.inc(rax);
                a.jmp(next);
                break;
        }
        a.ret();
    }

    private readonly record struct Cut(
        VcpuExitReason Reason, ulong Rip, ulong Rax, ulong Rcx, ulong Rdi, ulong Flags, ulong Rsp, ulong Word0,
        ulong Word1);
}
