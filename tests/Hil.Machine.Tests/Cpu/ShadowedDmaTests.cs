using System.Diagnostics;
using Hil.Kernel.Platform;
using Hil.Machine.Tests.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine.Tests.Cpu;

/// <summary>Driver code, host code and devices around a shadowed page. QEMU's qtest socket writes guest memory from
/// outside; edu does so as a device.</summary>
public sealed class ShadowedDmaTests : IAsyncLifetime
{
    private const ulong PageBytes = 4096;
    private const ulong ShadowBytes = 1 << 20;
    private const int PageFault = 14;
    private const ulong EduBuffer = 0x40000;

    private readonly DmaLog _log = new();
    private CpuRig _rig = null!;
    private ShadowMemory _shadow = null!;
    private ulong _read;
    private ulong _write;

    private ulong Physical => _rig.Machine.Ram.PhysicalOf(_rig.Data);

    public async ValueTask InitializeAsync()
    {
        _rig = await CpuRig.StartAsync(shadowBytes: ShadowBytes);
        _shadow = new ShadowMemory(_rig.Machine.Ram, _log);
        _read = _rig.Place(a =>
        {
            a.mov(rax, __qword_ptr[rcx]);
            a.ret();
        });
        _write = _rig.Place(a =>
        {
            a.mov(__qword_ptr[rcx], rdx);
            a.ret();
        });
    }

    public ValueTask DisposeAsync()
    {
        _rig?.Dispose();
        _shadow?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void NativeAndHostCodeSeeWhatCameFromOutsideAfterTheObservationOnly()
    {
        _shadow.Share(_rig.Data, PageBytes, DmaSharing.Common);

        _rig.Machine.Qemu.Qtest.WriteMemory(Physical, 8, 0x1234);
        Assert.Equal((0UL, 0UL), (ReadNatively(), _rig.DataWord(0)));
        _shadow.Observe();

        Assert.Equal((0x1234UL, 0x1234UL), (ReadNatively(), _rig.DataWord(0)));
        Assert.Equal([(_rig.Data, "3412")], _log.Writes);
    }

    [Fact]
    public void WhatNativeCodeWroteLeavesTheMachineAtTheObservationOnly()
    {
        _shadow.Share(_rig.Data, PageBytes, DmaSharing.Common);

        _rig.Call(_write, _rig.Data, 0x77);
        Assert.Equal(0UL, _rig.Machine.Qemu.Qtest.ReadMemory(Physical, 8));
        _shadow.Observe();

        Assert.Equal(0x77UL, _rig.Machine.Qemu.Qtest.ReadMemory(Physical, 8));
        Assert.Empty(_log.Writes);
    }

    /// <summary>A page that driver code has used has a translation that must be forgotten, both ways.</summary>
    [Fact]
    public void PagesInUseAreSharedAndUnshared()
    {
        _rig.Call(_write, _rig.Data, 1);
        _shadow.Share(_rig.Data, PageBytes, DmaSharing.Common);
        _rig.Call(_write, _rig.Data, 2);
        Assert.Equal(1UL, _rig.Machine.Qemu.Qtest.ReadMemory(Physical, 8));

        _shadow.Unshare(_rig.Data, PageBytes, DmaSharing.Common);
        Assert.Equal((2UL, 2UL), (ReadNatively(), _rig.Machine.Qemu.Qtest.ReadMemory(Physical, 8)));
        TakeTwinBack();
        _rig.Call(_write, _rig.Data, 3);

        Assert.Equal(3UL, _rig.Machine.Qemu.Qtest.ReadMemory(Physical, 8));
    }

    [Fact]
    public unsafe void ProtectionOfASharedPageHoldsForItsTwin()
    {
        RamWindow ram = _rig.Machine.Ram;
        _shadow.Share(_rig.Data, PageBytes, DmaSharing.Common);
        _rig.Call(_write, _rig.Data, 1);

        ram.Protect(_rig.Data, PageBytes, PageAccess.Read);
        VcpuExit exit = _rig.Call(_write, _rig.Data, 2);
        Assert.Equal((VcpuExitReason.Fault, PageFault), (exit.Reason, (int)((TrapFrame*)exit.Frame)->Vector));
        ram.Protect(_rig.Data, PageBytes, PageAccess.ReadWrite);
        exit = _rig.Cpu.ResumeTrap(exit.Frame, 0);

        Assert.Equal(VcpuExitReason.Returned, exit.Reason);
        Assert.Equal((2UL, 0UL), (ReadNatively(), _rig.Machine.Qemu.Qtest.ReadMemory(Physical, 8)));
    }

    [Fact]
    public unsafe void EdusDmaIsSeenAtTheFlushOfItsBuffer()
    {
        const ulong FirstHalf = 0, SecondHalf = 2048;
        byte[] expected = new byte[2048];
        new Random(3).NextBytes(expected);
        _shadow.Share(_rig.Data, PageBytes, DmaSharing.Transfer);
        expected.CopyTo(new Span<byte>((byte*)_rig.Data, expected.Length));
        _shadow.Flush(_rig.Data, PageBytes);

        RunEdu(source: Physical + FirstHalf, destination: EduBuffer, expected.Length, toMemory: false);
        RunEdu(source: EduBuffer, destination: Physical + SecondHalf, expected.Length, toMemory: true);

        var target = new ReadOnlySpan<byte>((byte*)_rig.Data + SecondHalf, expected.Length);
        Assert.Equal(-1, target.IndexOfAnyExcept((byte)0));
        _shadow.Observe();
        Assert.Equal(-1, target.IndexOfAnyExcept((byte)0));
        _shadow.Flush(_rig.Data, PageBytes);
        Assert.True(target.SequenceEqual(expected));
        Assert.Equal([(_rig.Data + SecondHalf, Convert.ToHexString(expected))], _log.Writes);
    }

    // Others need all the twins that there are.
    private void TakeTwinBack() =>
        _shadow.Share(_rig.Data + PageBytes * 64, ShadowBytes, DmaSharing.Common);

    private ulong ReadNatively() => _rig.Call(_read, _rig.Data).Value;

    private void RunEdu(ulong source, ulong destination, int bytes, bool toMemory)
    {
        const ulong Source = 0x80, Destination = 0x88, Count = 0x90, Command = 0x98;
        const ulong Run = 1, ToMemory = 2;
        IBus bus = _rig.Machine.Bus;
        ulong registers = _rig.Edu.Bars[0].Address;
        bus.WriteMemory(registers + Source, 8, source);
        bus.WriteMemory(registers + Destination, 8, destination);
        bus.WriteMemory(registers + Count, 8, (ulong)bytes);
        bus.WriteMemory(registers + Command, 8, Run | (toMemory ? ToMemory : 0));
        long end = Stopwatch.GetTimestamp() + 10 * Stopwatch.Frequency;
        while ((bus.ReadMemory(registers + Command, 8) & Run) != 0)
            Assert.True(Stopwatch.GetTimestamp() < end, "edu's DMA does not end");
    }
}
