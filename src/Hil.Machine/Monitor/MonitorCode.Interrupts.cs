using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Hil.Machine.MonitorLayout;

namespace Hil.Machine;

// Every vector: in driver code a trap that the host hears of, in the monitor an entry of the ring.
internal sealed partial class MonitorCode
{
    private const int SavedRip = 32; // above RCX, RAX, vector and error code

    // Every vector's stub has pushed an error code (its own 0 where the processor pushes none) and the vector.
    private void EmitCommonInterrupt()
    {
        Label fault = New();
        Label kernelVector = New();
        Label interrupt = New();
        Label tell = New();
        _a.Label(ref _common);
        _a.cmp(Byte(InDriver), 0);
        _a.je(_inMonitor);
        _a.mov(Byte(InDriver), 0);
        EmitSaveTrap();
        _a.mov(rax, __qword_ptr[rsp + TrapExtraBytes + TrapRegisters * 8]);
        _a.cmp(eax, (uint)IVirtualProcessor.DispatchVector);
        _a.jb(fault);
        _a.je(kernelVector);
        _a.cmp(eax, (uint)IVirtualProcessor.WakeVector);
        _a.je(kernelVector);
        _a.Label(ref interrupt);
        _a.mov(ecx, (uint)VcpuExitReason.Interrupt);
        _a.Label(ref tell);
        _a.mov(Dword(Operation), ecx);
        _a.mov(Qword(A), rax);
        _a.mov(Qword(B), rbx);
        _a.jmp(_handToHost);

        _a.Label(ref kernelVector);
        _a.mov(Apic(EndOfInterruptRegister), 0);
        _a.jmp(interrupt);

        _a.Label(ref fault);
        _a.mov(ecx, (uint)VcpuExitReason.Fault);
        _a.cmp(eax, 2);
        _a.jne(tell);
        EmitNmi(tell);
    }

    // What EmitResumeTrap takes back; RBX is its address.
    private void EmitSaveTrap()
    {
        foreach (AssemblerRegister64 register in s_trapOrder)
            _a.push(register);
        _a.sub(rsp, TrapExtraBytes);
        for (int i = 0; i < VolatileXmmCount; i++)
            _a.movups(__xmmword_ptr[rsp + i * 16], s_xmm[i]);
        _a.stmxcsr(__dword_ptr[rsp + VolatileXmmCount * 16]);
        _a.mov(rax, cr2);
        _a.mov(__qword_ptr[rsp + VolatileXmmCount * 16 + 8], rax);
        _a.mov(rbx, rsp);
    }

    private void EmitInMonitor()
    {
        Label nmi = New();
        Label fault = New();
        Label kernelVector = New();
        Label leave = New();
        _a.Label(ref _inMonitor);
        _a.push(rax);
        _a.push(rcx);
        _a.mov(eax, __dword_ptr[rsp + 16]);
        _a.cmp(eax, 2);
        _a.je(nmi);
        _a.cmp(eax, (uint)IVirtualProcessor.DispatchVector);
        _a.jb(fault);
        _a.je(kernelVector);
        _a.cmp(eax, (uint)IVirtualProcessor.WakeVector);
        _a.je(kernelVector);
        _a.mov(ecx, Dword(RingHead));
        _a.and(ecx, RingCapacity - 1);
        _a.mov(__byte_ptr[rcx + unchecked((int)(uint)(MachineLayout.MonitorData + RingEntries))], al);
        _a.inc(Dword(RingHead));
        _a.inc(Byte(SettledRing));
        EmitReenter();
        _a.cmp(Dword(HostSleeping), 0);
        _a.je(leave);
        _a.@out((byte)DoorbellPort, al);
        _a.Label(ref leave);
        _a.pop(rcx);
        _a.pop(rax);
        _a.add(rsp, 16);
        _a.iretq();

        _a.Label(ref kernelVector);
        _a.mov(Apic(EndOfInterruptRegister), 0);
        _a.jmp(leave);

        _a.Label(ref nmi);
        EmitWakeFromNmi(leave);

        _a.Label(ref fault);
        EmitPanic();
    }

    // Code that was about to enter driver code looks at the ring once more.
    private void EmitReenter()
    {
        Label elsewhere = New();
        _a.lea(rax, __qword_ptr[_enter]);
        _a.cmp(__qword_ptr[rsp + SavedRip], rax);
        _a.jb(elsewhere);
        _a.lea(rcx, __qword_ptr[_entered]);
        _a.cmp(__qword_ptr[rsp + SavedRip], rcx);
        _a.jae(elsewhere);
        _a.mov(__qword_ptr[rsp + SavedRip], rax);
        _a.Label(ref elsewhere);
    }

    private void EmitPanic()
    {
        _a.mov(Qword(A), rax);
        _a.mov(rcx, __qword_ptr[rsp + SavedRip]);
        _a.mov(Qword(B), rcx);
        _a.mov(rcx, cr2);
        _a.mov(Qword(C), rcx);
        _a.mov(rcx, __qword_ptr[rsp + SavedRip - 8]);
        _a.mov(Qword(D), rcx);
        _a.mov(Dword(Operation), MonitorExit.Panic);
        _a.mov(rsp, unchecked((long)(MachineLayout.MonitorData + MonitorStackTop)));
        EmitTurnToHost(_open);
    }

    private static byte[] EmitStubs(ulong address, ulong common)
    {
        var stubs = new byte[MonitorRom.VectorCount * MonitorRom.StubBytes];
        for (int vector = 0; vector < MonitorRom.VectorCount; vector++)
        {
            var a = new Assembler(64);
            if (vector == SpuriousVector)
            {
                a.iretq();
            }
            else
            {
                bool hasErrorCode = vector is 8 or (>= 10 and <= 14) or 17 or 21;
                if (!hasErrorCode)
                    a.push(0);
                a.push(vector);
                a.jmp(common);
            }
            using var stream = new MemoryStream();
            a.Assemble(new StreamCodeWriter(stream), address + (ulong)(vector * MonitorRom.StubBytes));
            Invariant.Holds(stream.Length <= MonitorRom.StubBytes, "a vector stub fits in its 16 bytes");
            stream.ToArray().CopyTo(stubs, vector * MonitorRom.StubBytes);
        }
        return stubs;
    }
}
