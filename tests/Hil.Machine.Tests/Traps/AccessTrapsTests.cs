using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Wdm;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine.Tests.Traps;

public sealed class AccessTrapsTests : IAsyncLifetime
{
    private const uint EduIdentification = 0x010000ED;
    private const uint PageFaultCode = 0x50;
    private const uint WatchdogCode = 0x133;

    private TrapRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await TrapRig.StartAsync();

    public ValueTask DisposeAsync()
    {
        _rig?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void AnAccessIsOneRegisterEvent()
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(eax, __dword_ptr[rcx]);
            a.mov(__dword_ptr[rcx + 4], 0x11);
            a.ret();
        });

        ulong result = _rig.Call(code, _rig.EduRegisters);

        Assert.Equal(EduIdentification, result);
        Assert.Equal(
            [(_rig.Edu.Address, EduIdentification, 4UL), (_rig.Edu.Address + 4, 0x11UL, 4 | RegisterAccess.WriteMark)],
            _rig.Registers.Select(e => (e.A, e.B, e.C)));
    }

    [Fact]
    public void TenThousandAccessesAllocateNothing()
    {
        ulong plain = _rig.Place(a => EmitLoop(a, () => a.mov(eax, __dword_ptr[rcx])));
        ulong stepped = _rig.Place(a => EmitLoop(a, () => a.or(__dword_ptr[rcx + 4], 0)));
        _rig.KeepsEvents = false;
        foreach (ulong code in (ulong[])[plain, stepped])
        {
            _rig.Call(code, _rig.EduRegisters);

            long least = -1;
            _rig.Do(() => least = Allocation.Least(
                () => _rig.Kernel.Processor.Call(new DriverRoutine(code), _rig.EduRegisters)));

            Assert.Equal(0, least);
        }
    }

    [Fact]
    public void CodeThatChangesIsDecodedAgain()
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(eax, __dword_ptr[rcx]);
            a.ret();
        });
        Assert.Equal(EduIdentification, _rig.Call(code, _rig.EduRegisters));

        _rig.Do(() => _rig.Machine.Cpu.WriteCode(code, [0x89])); // mov [rcx], eax
        _rig.Call(code, _rig.EduRegisters + 4);

        Assert.Equal(4 | RegisterAccess.WriteMark, _rig.Registers[^1].C);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnAccessBeyondAMappingsEndIsThePageFaultThatItWouldBe(bool isPlain)
    {
        ulong last = _rig.TestRegisters + 4096 - 2;
        ulong code = _rig.Place(a =>
        {
            if (isPlain)
                a.mov(eax, __dword_ptr[rcx]);
            else
                a.movups(xmm0, __xmmword_ptr[rcx]);
            a.ret();
        });

        var stop = Assert.Throws<BugCheckException>(() => _rig.Call(code, last));

        Assert.Equal((PageFaultCode, _rig.TestRegisters + 4096), (stop.Report.Code, stop.Report.Parameter1));
        Assert.Equal(0, _rig.EventCount);
    }

    [Fact]
    public void AStepWhoseOtherOperandFaultsIsTheDriversFault()
    {
        ulong code = _rig.Place(a =>
        {
            a.push(rsi);
            a.push(rdi);
            a.mov(rsi, rcx);
            a.mov(rdi, _rig.Machine.Ram.Base + _rig.Machine.Ram.Bytes); // Behind the window: nothing there.
            a.movsd();
            a.pop(rdi);
            a.pop(rsi);
            a.ret();
        });

        var stop = Assert.Throws<BugCheckException>(() => _rig.Call(code, _rig.EduRegisters));

        Assert.Equal((PageFaultCode, _rig.Machine.Ram.Base + _rig.Machine.Ram.Bytes),
            (stop.Report.Code, stop.Report.Parameter1));
        Assert.Equal(0UL, stop.Report.Registers!.Value.Rflags & 0x100); // The trap flag is ours.
        Assert.Equal(0x200UL, stop.Report.Registers!.Value.Rflags & 0x200);
    }

    [Fact]
    public async Task ALoopThatPollsARegisterForEverMeetsTheWatchdogInTime()
    {
        const int AccessesMax = 270_000; // One takes far more than a microsecond.
        using TrapRig rig = await TrapRig.StartAsync(watchdog: TimeSpan.FromMilliseconds(300));
        ulong code = rig.Place(a =>
        {
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.mov(eax, __dword_ptr[rcx]);
            a.jmp(loop);
        });
        rig.KeepsEvents = false;

        var stop = Assert.Throws<BugCheckException>(() => rig.Call(code, rig.EduRegisters));

        Assert.Equal(WatchdogCode, stop.Report.Code);
        Assert.InRange(rig.EventCount, 1, AccessesMax);
    }

    [Fact]
    public async Task ARequestIsServedWhileADriverPollsARegister()
    {
        ulong code = _rig.Place(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(rdx, _rig.Memory);
            a.Label(ref loop);
            a.mov(eax, __dword_ptr[rcx]);
            a.cmp(__dword_ptr[rdx], 0);
            a.je(loop);
            a.ret();
        });
        ulong other = _rig.Place(a =>
        {
            a.mov(__dword_ptr[rcx], 1);
            a.ret();
        });
        _rig.KeepsEvents = false;

        Task<ulong> polls = _rig.Kernel.Scheduler.RunAsync(
            () => _rig.Kernel.Processor.Call(new DriverRoutine(code), _rig.EduRegisters));
        Task<ulong> answers = _rig.Kernel.Scheduler.RunAsync(
            () => _rig.Kernel.Processor.Call(new DriverRoutine(other), _rig.Memory));

        Assert.Equal(EduIdentification, await polls);
        await answers;
    }

    [Fact]
    public void CodeOutsideImagesMakesARunInexact()
    {
        ulong page = 0;
        _rig.Do(() =>
        {
            page = _rig.Kernel.Pages.Allocate(4096, PageAccess.ReadWrite);
            _rig.Machine.Cpu.WriteCode(page, [0xB8, 7, 0, 0, 0, 0xC3]);
            _rig.Machine.Ram.Protect(page, 4096, PageAccess.All);
        });
        Assert.Empty(_rig.Machine.AccessTraps!.InexactReasons);

        Assert.Equal(7UL, _rig.Call(page) & 0xFFFF_FFFF);

        InexactReason reason = Assert.Single(_rig.Machine.AccessTraps!.InexactReasons);
        Assert.Equal(page, reason.Address);
    }

    [Fact]
    public void AnImageWithoutExceptionTableMakesARunInexact()
    {
        byte[] content = [0xEC, 0xC3];
        _rig.Machine.AccessTraps!.PatchImage(_rig.Memory, "leaf.sys", content, [], [0]);

        Assert.Equal(0xEC, content[0]);
        InexactReason reason = Assert.Single(_rig.Machine.AccessTraps!.InexactReasons);
        Assert.Contains("leaf.sys", reason.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void DeviceSpaceThatCannotBeReachedIsNotMapped()
    {
        Assert.Equal(0UL, _rig.Machine.Ram.MapDevice(0xFFFF_FFFF_FFFF_F000, 0x1000));
        Assert.Equal(0UL, _rig.Machine.Ram.MapDevice(1UL << 39, 0x1000));
    }

    private static void EmitLoop(Assembler a, Action access)
    {
        Label loop = a.CreateLabel();
        a.mov(edx, 10_000);
        a.Label(ref loop);
        access();
        a.dec(edx);
        a.jne(loop);
        a.ret();
    }
}
