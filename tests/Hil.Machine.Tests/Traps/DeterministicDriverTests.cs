using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Wdm;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine.Tests.Traps;

/// <summary>Driver code of a deterministic machine sees the clock and its interrupt flag as it would
/// elsewhere.</summary>
public sealed class DeterministicDriverTests : IAsyncLifetime
{
    private const ulong SharedTime = MachineLayout.SharedUserDataAddress;
    private const ulong InterruptFlag = 0x200;

    private TrapRig _rig = null!;

    public async ValueTask InitializeAsync() =>
        _rig = await TrapRig.StartAsync(change: options => options with { Deterministic = true, Slices = true });

    public ValueTask DisposeAsync()
    {
        _rig?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void InterruptTimeIsTheKernelsClock()
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(rcx, SharedTime);
            a.mov(rax, __qword_ptr[rcx + 8]);
            a.ret();
        });

        long before = _rig.Machine.Clock.InterruptTime;
        long read = (long)_rig.Call(code);

        Assert.InRange(read, before, _rig.Machine.Clock.InterruptTime);
    }

    [Fact]
    public void EveryFormOfLoadSeesTheTime()
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(rcx, SharedTime);
            a.movups(xmm0, __xmmword_ptr[rcx + 0x14]);
            a.movq(rax, xmm0);
            a.xor(rax, __qword_ptr[rcx + 0x14]);
            a.shr(rax, 32); // The upper halves are the same for seven minutes.
            a.ret();
        });

        Assert.Equal(0UL, _rig.Call(code));
    }

    [Fact]
    public void TheTickCountHasItsMultiplier()
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(rcx, SharedTime);
            a.mov(eax, __dword_ptr[rcx + 4]);
            a.ret();
        });

        Assert.Equal(0x0FA0_0000UL, _rig.Call(code));
    }

    [Fact]
    public void TheClockPageIsReadOnly()
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(rcx, SharedTime);
            a.mov(__dword_ptr[rcx + 8], 0);
            a.ret();
        });

        Assert.Throws<BugCheckException>(() => _rig.Call(code));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void TheInterruptFlagIsAsTheDriverSetIt(bool crossesKernelCall)
    {
        ulong stub = StubOf("KeGetCurrentIrql");
        ulong code = _rig.PlaceImage(a =>
        {
            void Note(int index)
            {
                a.pushfq();
                a.pop(__qword_ptr[rbx + index * 8]);
            }

            a.push(rbx);
            a.sub(rsp, 0x20);
            a.mov(rbx, rcx);
            Note(0);
            a.pushfq();
            a.cli();
            Note(1);
            if (crossesKernelCall)
            {
                a.sub(rsp, 0x28);
                a.mov(rax, stub);
                a.call(rax);
                a.add(rsp, 0x28);
            }
            Note(2);
            a.popfq();
            Note(3);
            a.cli();
            a.sti();
            Note(4);
            a.add(rsp, 0x20);
            a.pop(rbx);
            a.ret();
        });

        _rig.Call(code, _rig.Memory);

        ulong[] flags = new ReadOnlySpan<ulong>((ulong*)_rig.Memory, 5).ToArray();
        Assert.Equal([InterruptFlag, 0, 0, InterruptFlag, InterruptFlag], flags.Select(value => value & InterruptFlag));
        Assert.All(flags, value => Assert.Equal(0UL, value & 0x4_0000)); // The flag that stands in does not show.
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ARequestIsServedWhileADriverSpins(bool callsTheKernel)
    {
        ulong spin = _rig.Place(a =>
        {
            Label loop = a.CreateLabel();
            a.push(rbx);
            a.sub(rsp, 0x20);
            a.mov(rbx, rcx);
            a.Label(ref loop);
            if (callsTheKernel)
            {
                a.mov(rax, StubOf("KeGetCurrentIrql"));
                a.call(rax);
            }
            a.cmp(__dword_ptr[rbx], 0);
            a.je(loop);
            a.mov(eax, 7);
            a.add(rsp, 0x20);
            a.pop(rbx);
            a.ret();
        });
        ulong answer = _rig.Place(a =>
        {
            a.mov(__dword_ptr[rcx], 1);
            a.ret();
        });

        Task<ulong> spins = _rig.Kernel.Scheduler.RunAsync(
            () => _rig.Kernel.Processor.Call(new DriverRoutine(spin), _rig.Memory));
        Task<ulong> answers = _rig.Kernel.Scheduler.RunAsync(
            () => _rig.Kernel.Processor.Call(new DriverRoutine(answer), _rig.Memory));

        Assert.Equal(7UL, await spins);
        await answers;
    }

    private ulong StubOf(string export)
    {
        Assert.True(ExportTable.TryFind(export, out int id));
        return _rig.Machine.Cpu.StubBase + (ulong)id * IVirtualProcessor.StubStride;
    }
}
