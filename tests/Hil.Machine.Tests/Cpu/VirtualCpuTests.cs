using System.Text.Json.Nodes;
using Hil.Kernel.Platform;
using Hil.Machine.Qemu;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine.Tests.Cpu;

public sealed class VirtualCpuTests : IAsyncLifetime
{
    private const byte Vector = 0x51;

    private CpuRig _rig = null!;

    private VirtualCpu Cpu => _rig.Cpu;

    public async ValueTask InitializeAsync() => _rig = await CpuRig.StartAsync(TimeSpan.FromMilliseconds(300));

    public ValueTask DisposeAsync()
    {
        _rig?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void CallPassesFourRegistersAndReturnsRax()
    {
        ulong code = _rig.Place(a =>
        {
            a.lea(rax, __[rcx + rdx * 2]);
            a.lea(rax, __[rax + r8 * 4]);
            a.lea(rax, __[rax + r9 * 8]);
            a.ret();
        });

        VcpuExit exit = Cpu.Call(code, _rig.StackPointer, 1, 10, 100, 1000, 0);

        Assert.Equal(VcpuExitReason.Returned, exit.Reason);
        Assert.Equal(1UL + 20 + 400 + 8000, exit.Value);
        Assert.Equal(_rig.StackPointer, exit.Frame);
    }

    [Fact]
    public void SideWorkIsDoneWhileTheHostSpins()
    {
        const int CallsMax = 1_000; // The first finds the processor asleep, and the host sleeps, too.
        int pieces = 0;
        Cpu.SideWork = () => ++pieces < 10;
        ulong code = _rig.Place(a =>
        {
            Label again = a.CreateLabel();
            a.mov(ecx, 2_000);
            a.Label(ref again);
            a.dec(ecx);
            a.jne(again);
            a.ret();
        });
        for (int i = 0; i < CallsMax && pieces < 20; i++)
            Assert.Equal(VcpuExitReason.Returned, _rig.Call(code).Reason);

        if (Environment.ProcessorCount > 1)
            Assert.True(pieces >= 20, $"{pieces} pieces of work were asked for");
        else
            Assert.Equal(0, pieces);
    }

    // Each instruction is a translation of its own from here on: an interrupt can cut in between any two.
    private static async Task TranslateSinglyAsync(QemuProcess qemu)
    {
        string command = qemu.Version < new Version(8, 1) ? "singlestep on" : "one-insn-per-tb on";
        await qemu.Qmp.ExecuteAsync("human-monitor-command", new JsonObject { ["command-line"] = command });
    }

    // The monitor takes interrupts while it enters driver code. Driver code itself looks whether one has slipped by.
    [Fact]
    public async Task NoInterruptSlipsByOnTheWayIntoDriverCode()
    {
        const int Slipped = 0xBAD;
        using CpuRig rig = await CpuRig.StartAsync();
        await TranslateSinglyAsync(rig.Machine.Qemu);
        ulong code = rig.Place(a =>
        {
            Label again = a.CreateLabel();
            Label seen = a.CreateLabel();
            Label end = a.CreateLabel();
            a.push(rbx);
            a.sub(rsp, 0x20);
            a.mov(rbx, rig.Data);
            a.Label(ref again);
            a.mov(rax, rig.Cpu.StubBase);
            a.call(rax);
            a.mov(rdx, MachineLayout.MonitorData);
            a.mov(al, __byte_ptr[rdx + MonitorLayout.RingSeen]);
            a.cmp(al, __byte_ptr[rdx + MonitorLayout.RingHead]);
            a.je(seen);
            // Unless one has just cut in between the two.
            a.cmp(al, __byte_ptr[rdx + MonitorLayout.RingSeen]);
            a.mov(eax, Slipped);
            a.je(end);
            a.Label(ref seen);
            a.mov(rax, __qword_ptr[rbx]);
            a.test(rax, rax);
            a.je(again);
            a.Label(ref end);
            a.add(rsp, 0x20);
            a.pop(rbx);
            a.ret();
        });

        VcpuExit exit = RunWithInterrupts(rig, code, enough: 2_000);

        Assert.Equal((VcpuExitReason.Returned, 1UL), (exit.Reason, exit.Value));
    }

    // Code that calls the kernel until the first word of data, which it returns, is 1.
    private static VcpuExit RunWithInterrupts(CpuRig rig, ulong code, int enough)
    {
        int taken = 0;
        var frames = new Stack<VcpuExit>();
        VcpuExit exit = rig.Call(code);
        using var ringer = new InterruptRinger(rig.Machine.Qemu, Vector, seed: 42);
        while (exit.Reason is VcpuExitReason.KernelCall or VcpuExitReason.Interrupt or VcpuExitReason.NotStarted)
        {
            if (exit.Reason == VcpuExitReason.NotStarted)
                Assert.True(rig.Cpu.TryTakeInterrupt(0, out _));
            else
                frames.Push(exit);
            if (exit.Reason != VcpuExitReason.KernelCall)
            {
                rig.DataWord(0) = ++taken >= enough ? 1UL : 0;
                rig.Cpu.EndOfInterrupt();
            }
            VcpuExit from = frames.Peek();
            exit = from.Reason == VcpuExitReason.Interrupt
                ? rig.Cpu.ResumeTrap(from.Frame, 0)
                : rig.Cpu.ResumeCall(from.Frame, 0, 0);
            if (exit.Reason != VcpuExitReason.NotStarted)
                frames.Pop();
        }
        return exit;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(15)]
    public void CallRunsAtTheIrqlAsked(byte irql)
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(rax, cr8);
            a.ret();
        });

        VcpuExit exit = _rig.Call(code, irql: irql);

        Assert.Equal(irql, exit.Value);
        Assert.Equal(irql, exit.Irql.Value);
    }

    [Fact]
    public void IrqlThatDriverCodeSetsItselfIsReported()
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(eax, 2);
            a.mov(cr8, rax);
            a.ret();
        });

        Assert.Equal(2, _rig.Call(code).Irql.Value);
        // And the next call runs at the level that it asks for, not at the one left behind.
        ulong read = _rig.Place(a =>
        {
            a.mov(rax, cr8);
            a.ret();
        });
        Assert.Equal(0UL, _rig.Call(read).Value);
    }

    [Fact]
    public unsafe void KernelCallFrameHoldsRegisterAndStackArguments()
    {
        ulong code = _rig.Place(a =>
        {
            a.sub(rsp, 0x38);
            a.mov(__qword_ptr[rsp + 0x20], 5);
            a.mov(__qword_ptr[rsp + 0x28], 6);
            a.mov(ecx, 1);
            a.mov(edx, 2);
            a.mov(r8d, 3);
            a.mov(r9d, 4);
            a.mov(rax, Cpu.StubBase + 42 * IVirtualProcessor.StubStride);
            a.call(rax);
            a.inc(rax);
            a.add(rsp, 0x38);
            a.ret();
        });

        VcpuExit exit = _rig.Call(code);

        Assert.Equal((VcpuExitReason.KernelCall, 42UL), (exit.Reason, exit.Value));
        var frame = (KernelCallFrame*)exit.Frame;
        Assert.Equal([1UL, 2, 3, 4, 5, 6], Enumerable.Range(0, 6).Select(i => frame->Argument(i)).ToArray());
        exit = Cpu.ResumeCall(exit.Frame, 99, 0);
        Assert.Equal((VcpuExitReason.Returned, 100UL), (exit.Reason, exit.Value));
    }

    [Fact]
    public void CalleeSavedRegistersSurviveAKernelCallWithOtherCodeInBetween()
    {
        ulong outer = _rig.Place(a =>
        {
            a.push(rbx);
            a.push(r15);
            a.sub(rsp, 0x28);
            a.mov(ebx, 0x1111);
            a.mov(r15d, 0x2222);
            a.movd(xmm9, ebx);
            a.mov(rax, Cpu.StubBase);
            a.call(rax);
            a.movd(eax, xmm9);
            a.add(rax, rbx);
            a.add(rax, r15);
            a.add(rsp, 0x28);
            a.pop(r15);
            a.pop(rbx);
            a.ret();
        });
        ulong clobber = _rig.Place(a =>
        {
            a.mov(ebx, -1);
            a.mov(r15d, -1);
            a.pcmpeqd(xmm9, xmm9);
            a.ret();
        });

        VcpuExit call = _rig.Call(outer);
        Cpu.SelectContext(7);
        VcpuExit other = Cpu.Call(clobber, _rig.StackPointer - 0x1000, 0, 0, 0, 0, 0);
        Cpu.SelectContext(0);
        VcpuExit exit = Cpu.ResumeCall(call.Frame, 0, 0);

        Assert.Equal(VcpuExitReason.Returned, other.Reason);
        Assert.Equal(0x1111UL + 0x1111 + 0x2222, exit.Value);
    }

    [Fact]
    public void AMessageCutsIntoDriverCodeAndLosesNoRegister()
    {
        _rig.EnableMessages(Vector);
        // Raises, then counts in every volatile register until the service routine's word is there; the sum tells.
        ulong code = _rig.Place(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(rax, _rig.Registers);
            a.mov(__dword_ptr[rax + 0x60], 1);
            a.mov(r10, _rig.Data);
            a.mov(r11d, 0x30);
            a.movd(xmm5, r11d);
            a.stc();
            a.Label(ref loop);
            a.cmp(__qword_ptr[r10], 0);
            a.je(loop);
            a.movd(eax, xmm5);
            a.add(rax, r11);
            a.add(rax, rcx);
            a.ret();
        });
        ulong serviceRoutine = _rig.Place(a =>
        {
            a.mov(rax, _rig.Registers);
            a.mov(r8d, __dword_ptr[rax + 0x24]);
            a.mov(__dword_ptr[rax + 0x64], r8d);
            a.mov(r10, _rig.Data);
            a.mov(__qword_ptr[r10], r8);
            a.xor(ecx, ecx);
            a.xor(r11d, r11d);
            a.pxor(xmm5, xmm5);
            a.ret();
        });

        for (int round = 0; round < 500; round++)
        {
            _rig.DataWord(0) = 0;
            VcpuExit interrupt = _rig.Call(code, rcx: 0x500);
            Assert.Equal((VcpuExitReason.Interrupt, (ulong)Vector), (interrupt.Reason, interrupt.Value));
            VcpuExit service = Cpu.Call(serviceRoutine, (interrupt.Frame - 0x40) & ~0xFUL, 0, 0, 0, 0, Vector >> 4);
            Assert.Equal(VcpuExitReason.Returned, service.Reason);
            Cpu.EndOfInterrupt();
            VcpuExit exit = Cpu.ResumeTrap(interrupt.Frame, 0);
            Assert.Equal((VcpuExitReason.Returned, 0x560UL), (exit.Reason, exit.Value));
        }
    }

    [Fact]
    public void AnInterruptThatComesWhileTheProcessorWaitsIsTakenOnce()
    {
        _rig.EnableMessages(Vector);
        for (int round = 0; round < 200; round++)
        {
            _rig.RaiseFromHost(1);
            Cpu.Idle(0, long.MaxValue);

            Assert.False(Cpu.TryTakeInterrupt(Vector >> 4, out _));
            Assert.True(Cpu.TryTakeInterrupt((Vector >> 4) - 1, out byte vector));
            Assert.Equal(Vector, vector);
            _rig.AcknowledgeFromHost();
            Cpu.EndOfInterrupt();
            Assert.False(Cpu.HasPendingInterrupt);
        }
    }

    // The registers are switched once, whether driver code is entered then or not.
    [Fact]
    public void CalleeSavedRegistersAreSwitchedByAnEntryThatIsNotStarted()
    {
        _rig.EnableMessages(Vector);
        ulong outer = _rig.Place(a =>
        {
            a.sub(rsp, 0x28);
            a.mov(eax, 0x1111);
            a.movd(xmm9, eax);
            a.mov(rax, Cpu.StubBase);
            a.call(rax);
            a.movd(eax, xmm9);
            a.add(rsp, 0x28);
            a.ret();
        });
        ulong clobber = _rig.Place(a =>
        {
            a.pcmpeqd(xmm9, xmm9);
            a.ret();
        });
        VcpuExit call = _rig.Call(outer);
        Cpu.SelectContext(7);
        VcpuExit other = AfterNotStarted(
            () => Cpu.Call(clobber, _rig.StackPointer - 0x1000, 0, 0, 0, 0, 0));
        Cpu.SelectContext(0);
        VcpuExit exit = AfterNotStarted(() => Cpu.ResumeCall(call.Frame, 0, 0));

        Assert.Equal(VcpuExitReason.Returned, other.Reason);
        Assert.Equal((VcpuExitReason.Returned, 0x1111UL), (exit.Reason, exit.Value));
    }

    private VcpuExit AfterNotStarted(Func<VcpuExit> enter)
    {
        RaiseUnseen();
        Assert.Equal(VcpuExitReason.NotStarted, enter().Reason);
        Assert.True(Cpu.TryTakeInterrupt(0, out byte vector));
        Assert.Equal(Vector, vector);
        _rig.AcknowledgeFromHost();
        Cpu.EndOfInterrupt();
        return enter();
    }

    // The monitor has accepted the interrupt, and the host does not know of it.
    private unsafe void RaiseUnseen()
    {
        byte* head = _rig.Machine.Ram.MonitorData + MonitorLayout.RingHead;
        byte before = *head;
        _rig.RaiseFromHost(1);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref *head) != before, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void DriverCodeIsNotStartedUnderAnInterruptThatWaits()
    {
        _rig.EnableMessages(Vector);
        ulong code = _rig.Place(a => a.ret());
        _rig.RaiseFromHost(1);

        // The vector may come before or right after the call's start; both are fine, going on as if
        // nothing came is not.
        VcpuExit exit = _rig.Call(code);

        if (exit.Reason != VcpuExitReason.Interrupt)
        {
            Assert.True(exit.Reason is VcpuExitReason.NotStarted);
            Assert.True(Cpu.TryTakeInterrupt(0, out byte vector));
            Assert.Equal(Vector, vector);
        }
    }

    [Fact]
    public void ADeadlineEndsCodeThatSpins()
    {
        ulong code = _rig.Place(Spin);
        Cpu.ArmPreemption(_rig.Machine.Clock.InterruptTime + 20_000);

        VcpuExit exit = _rig.Call(code);

        Assert.Equal((VcpuExitReason.Interrupt, (ulong)IVirtualProcessor.WakeVector), (exit.Reason, exit.Value));
    }

    [Fact]
    public async Task AWakeFromAnotherThreadEndsCodeThatSpins()
    {
        // With a watchdog that leaves the waker time on a core that it shares with everybody else.
        _rig.Dispose();
        _rig = await CpuRig.StartAsync();
        ulong code = _rig.Place(Spin);
        var waker = new Thread(() =>
        {
            // Rings once the guest says that it spins.
            while (Volatile.Read(ref _rig.DataWord(1)) == 0)
                Thread.Yield();
            Cpu.Wake();
        });
        waker.Start();

        VcpuExit exit = _rig.Call(code);
        waker.Join();

        Assert.Equal((VcpuExitReason.Interrupt, (ulong)IVirtualProcessor.WakeVector), (exit.Reason, exit.Value));

        // Who has looked for work before that code ran, and idles after it, hears of the wake all the same.
        const long Patience = 100_000_000;
        long start = _rig.Machine.Clock.InterruptTime;
        Cpu.Idle(0, start + Patience);
        Assert.InRange(_rig.Machine.Clock.InterruptTime - start, 0, Patience - 1);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(2, true)]
    [InlineData(15, true)]
    [InlineData(0, false)]
    public unsafe void TheWatchdogStopsCodeThatSpinsAtAnyLevel(byte irql, bool interruptsOn)
    {
        ulong code = _rig.Place(a =>
        {
            if (!interruptsOn)
                a.cli();
            Spin(a);
        });

        VcpuExit exit = _rig.Call(code, irql: irql);

        Assert.Equal(VcpuExitReason.Watchdog, exit.Reason);
        Assert.Equal(irql, exit.Irql.Value);
        Assert.InRange(((TrapFrame*)exit.Frame)->Rip, code, code + 64);
    }

    [Theory]
    [InlineData("null", 14)]
    [InlineData("divide", 0)]
    [InlineData("invalid", 6)]
    [InlineData("non-canonical", 13)]
    [InlineData("breakpoint", 3)]
    [InlineData("fast-fail", 0x29)]
    [InlineData("lost-stack", 8)]
    [InlineData("data", 14)]
    [InlineData("read-only", 14)]
    public unsafe void AFaultIsReportedWithItsVectorAndPlace(string fault, ulong vector)
    {
        ulong code = _rig.Place(a => EmitFault(a, fault));

        VcpuExit exit = _rig.Call(code);

        Assert.Equal((VcpuExitReason.Fault, vector), (exit.Reason, exit.Value));
        ulong rip = ((TrapFrame*)exit.Frame)->Rip;
        Assert.True(rip - code < 64 || rip == _rig.Data, $"RIP 0x{rip:x} is not in the code at 0x{code:x}");
        // The processor is still of use.
        ulong fine = _rig.Place(a => a.ret());
        Assert.Equal(VcpuExitReason.Returned, _rig.Call(fine).Reason);
    }

    [Fact]
    public void LosingThePageTablesIsATripleFault()
    {
        ulong code = _rig.Place(a =>
        {
            a.xor(eax, eax);
            a.mov(cr3, rax);
            a.ret();
        });

        var lost = Assert.Throws<MachineLostException>(() => _rig.Call(code));

        Assert.True(lost.IsTripleFault);
        Assert.Throws<MachineLostException>(() => _rig.Call(code));
    }

    [Fact]
    public unsafe void ProtectionTakesEffectBeforeTheNextCall()
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(rax, __qword_ptr[rcx]);
            a.ret();
        });
        Assert.Equal(VcpuExitReason.Returned, _rig.Call(code, rcx: _rig.Data).Reason);

        _rig.Machine.Ram.Protect(_rig.Data, 4096, PageAccess.None);
        VcpuExit exit = _rig.Call(code, rcx: _rig.Data);

        Assert.Equal(VcpuExitReason.Fault, exit.Reason);
        Assert.Equal(_rig.Data, ((TrapFrame*)exit.Frame)->Cr2);
    }

    [Fact]
    public void WriteCodeReplacesCodeThatHasRun()
    {
        ulong code = _rig.Place(a =>
        {
            a.mov(eax, 1);
            a.ret();
        });
        Assert.Equal(1UL, _rig.Call(code).Value);

        Cpu.WriteCode(code + 1, [2]);

        Assert.Equal(2UL, _rig.Call(code).Value);
    }

    [Fact]
    public void RequestsReachAProcessorThatSleeps()
    {
        for (int round = 0; round < 20; round++)
        {
            // Long enough for the monitor to have halted: its spin budget is far below.
            Cpu.Idle(0, _rig.Machine.Clock.InterruptTime + 20_000);
            Assert.Equal(0x010000EDUL, _rig.Machine.Bus.ReadMemory(_rig.Edu.Bars[0].Address, 4));
        }
    }

    [Fact]
    public void TenThousandRegisterReadsAllocateNothing()
    {
        ulong address = _rig.Edu.Bars[0].Address;
        for (int i = 0; i < 1000; i++)
            _rig.Machine.Bus.ReadMemory(address, 4);

        Assert.Equal(0, Allocation.Least(() =>
        {
            for (int i = 0; i < 10_000; i++)
                _rig.Machine.Bus.ReadMemory(address, 4);
        }));
    }

    private void Spin(Assembler a)
    {
        Label loop = a.CreateLabel();
        a.mov(rcx, _rig.Data);
        a.mov(__qword_ptr[rcx + 8], 1);
        a.Label(ref loop);
        a.cmp(__qword_ptr[rcx], 0);
        a.je(loop);
        a.ret();
    }

    private void EmitFault(Assembler a, string fault)
    {
        a.mov(rcx, _rig.Data);
        switch (fault)
        {
            case "null":
                a.xor(eax, eax);
                a.mov(eax, __dword_ptr[rax]);
                break;
            case "divide":
                a.xor(edx, edx);
                a.xor(eax, eax);
                a.div(edx);
                break;
            case "invalid":
                a.ud2();
                break;
            case "non-canonical":
                a.mov(rax, 0x8000_0000_0000_0000);
                a.mov(eax, __dword_ptr[rax]);
                break;
            case "breakpoint":
                a.int3();
                break;
            case "fast-fail":
                a.@int(0x29);
                break;
            case "lost-stack":
                a.xor(esp, esp);
                a.push(rax);
                break;
            case "data":
                a.jmp(rcx);
                break;
            case "read-only":
                Label here = a.CreateLabel();
                a.Label(ref here);
                a.lea(rax, __qword_ptr[here]);
                a.mov(__byte_ptr[rax], 0);
                break;
        }
        a.ret();
    }
}
