using Hil.Kernel;
using Hil.Kernel.Platform;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine.Tests.Traps;

/// <summary>Instructions that do not fault by themselves: int3 stands in for them.</summary>
public sealed class StopTests : IAsyncLifetime
{
    // The PCI configuration ports keep what is written, in accesses of 4 bytes.
    private const ushort Port = 0xCF8;
    private const uint Value = 0x8000_1238;

    private TrapRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await TrapRig.StartAsync();

    public ValueTask DisposeAsync()
    {
        _rig?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void PortAccessesReachThePortAndAreEvents()
    {
        ulong code = _rig.PlaceImage(a =>
        {
            a.mov(edx, (uint)Port);
            a.mov(eax, Value);
            a.@out(dx, eax);
            a.xor(eax, eax);
            a.@in(eax, dx);
            a.ret();
        });

        Assert.Equal(Value, _rig.Call(code));
        Assert.Equal(
            [
                (Port, Value, 4 | RegisterAccess.PortMark | RegisterAccess.WriteMark),
                (Port, Value, 4 | RegisterAccess.PortMark),
            ],
            _rig.Registers.Select(e => ((ushort)e.A, (uint)e.B, e.C)));
    }

    [Fact]
    public void NarrowPortReadsLeaveTheRestOfTheRegister()
    {
        const byte PostPort = 0x80;
        ulong code = _rig.PlaceImage(a =>
        {
            a.mov(rax, 0x1111_2222_3333_4444);
            a.@in(al, PostPort);
            a.@out(PostPort, al);
            a.ret();
        });

        Assert.Equal(0x1111_2222_3333_4400UL, _rig.Call(code) & ~0xFFUL);
        Assert.Equal([1 | RegisterAccess.PortMark, 1 | RegisterAccess.PortMark | RegisterAccess.WriteMark],
            _rig.Registers.Select(e => e.C));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1500)]
    public unsafe void RepeatedPortReadsFillMemoryAcrossPages(int count)
    {
        ulong code = _rig.PlaceImage(a =>
        {
            a.push(rdi);
            a.mov(edx, (uint)Port);
            a.mov(eax, Value);
            a.@out(dx, eax);
            a.mov(rdi, _rig.Memory + 2);
            a.mov(ecx, count);
            a.rep.insd();
            a.mov(rax, rdi);
            a.add(rax, rcx);
            a.pop(rdi);
            a.ret();
        });

        ulong end = _rig.Call(code);

        Assert.Equal(_rig.Memory + 2 + (ulong)count * 4, end);
        Assert.Equal(count + 1, _rig.EventCount);
        var items = new ReadOnlySpan<uint>((uint*)(_rig.Memory + 2), 1501);
        Assert.Equal(count, items.IndexOfAnyExcept(Value));
    }

    [Fact]
    public unsafe void RepeatedPortWritesGoBackwardToo()
    {
        *(uint*)_rig.Memory = Value + 4;
        *(uint*)(_rig.Memory + 4) = Value;
        ulong code = _rig.PlaceImage(a =>
        {
            a.push(rsi);
            a.mov(edx, (uint)Port);
            a.mov(rsi, _rig.Memory + 4);
            a.mov(ecx, 2);
            a.std();
            a.rep.outsd();
            a.cld();
            a.mov(rax, rsi);
            a.pop(rsi);
            a.ret();
        });

        Assert.Equal(_rig.Memory - 4, _rig.Call(code));
        Assert.Equal([Value, Value + 4], _rig.Registers.Select(e => (uint)e.B));
    }

    [Fact]
    public void APortReadIntoNothingIsAPageFaultOfTheInstruction()
    {
        ulong nowhere = _rig.Machine.Ram.Base + _rig.Machine.Ram.Bytes;
        ulong place = 0;
        ulong code = _rig.PlaceImage(a =>
        {
            a.mov(edx, (uint)Port);
            a.mov(rdi, nowhere);
            a.insd();
            a.ret();
        });
        place = code + 5 + 10;

        var stop = Assert.Throws<BugCheckException>(() => _rig.Call(code));

        Assert.Equal((0x50u, nowhere, place), (stop.Report.Code, stop.Report.Parameter1, stop.Report.Rip));
        Assert.Equal(0, _rig.EventCount);
    }

    [Fact]
    public void TheCycleCounterIsTheKernelsClock()
    {
        ulong code = _rig.PlaceImage(a =>
        {
            a.rdtsc();
            a.shl(rdx, 32);
            a.or(rax, rdx);
            a.ret();
        });
        const long CyclesPerUnit = 100; // 1 GHz against 10 MHz

        long before = _rig.Machine.Clock.PerformanceCounter;
        long cycles = (long)_rig.Call(code);
        long after = _rig.Machine.Clock.PerformanceCounter;

        Assert.InRange(cycles, before * CyclesPerUnit, after * CyclesPerUnit);
    }

    [Fact]
    public void RandomNumbersComeFromTheSchedule()
    {
        ulong code = _rig.PlaceImage(a =>
        {
            Label failed = a.CreateLabel();
            a.rdrand(rax);
            a.jae(failed);
            a.rdseed(ecx);
            a.jae(failed);
            a.ret();
            a.Label(ref failed);
            a.xor(eax, eax);
            a.ret();
        });

        ulong first = _rig.Call(code);
        ulong second = _rig.Call(code);

        Assert.NotEqual(0UL, first);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void OtherBreakpointsStayBreakpoints()
    {
        ulong code = _rig.PlaceImage(a =>
        {
            a.rdtsc();
            a.int3();
            a.ret();
        });

        var stop = Assert.Throws<BugCheckException>(() => _rig.Call(code));

        Assert.Contains("breakpoint", stop.Report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void ReportsSeeTheOriginalBytes()
    {
        ulong code = _rig.PlaceImage(a =>
        {
            a.rdtsc();
            a.ret();
        });
        byte[] seen = new ReadOnlySpan<byte>((byte*)code, 3).ToArray();
        Assert.Equal([0xCC, 0x31, 0xC3], seen);

        _rig.Machine.AccessTraps!.RestoreOriginal(code, seen);

        Assert.Equal([0x0F, 0x31, 0xC3], seen);
    }

    [Fact]
    public void LeafFunctionsThatCodeCallsAreStoppedAndDataBehindThemIsNot()
    {
        byte[] content =
        [
            0xE8, 3, 0, 0, 0, // 0: call 8
            0xC3,             // 5: ret, the end of the function in the table
            0xEC, 0xEC,       // 6: data
            0xEC, 0xC3,       // 8: in al, dx; ret
            0xEC,             // 10: data
        ];
        RuntimeFunction function = new(0, 6, 0, 0);

        _rig.Machine.AccessTraps!.PatchImage(_rig.Memory, "test.sys", content, [function], []);

        Assert.Equal([0xE8, 3, 0, 0, 0, 0xC3, 0xEC, 0xEC, 0xCC, 0xC3, 0xEC], content);
    }

    [Fact]
    public void AnImageThatWasForgottenHasNoStops()
    {
        ulong code = _rig.PlaceImage(a =>
        {
            a.rdtsc();
            a.ret();
        });
        _rig.Machine.AccessTraps!.ForgetImage(code, 4096);

        Assert.Throws<BugCheckException>(() => _rig.Call(code));
    }
}
