using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Hil.Machine.MonitorLayout;

namespace Hil.Machine;

// Long mode is on, nothing else: tables, segments and devices, then the first turn to the host.
internal sealed partial class MonitorCode
{
    private const uint SpuriousVectorRegister = 0xF0;
    private const uint TaskPriorityRegister = 0x80;
    private const uint TimerVectorRegister = 0x320;
    private const uint TimerDivideRegister = 0x3E0;
    private const uint OneShotNmi = 0x400;
    private const uint DivideByOne = 0xB;

    private void EmitStart()
    {
        Label gdt = New();
        Label idt = New();
        Label settled = New();
        const uint GsBaseMsr = 0xC000_0101;
        _a.Label(ref _start);
        _a.mov(rsp, unchecked((long)(MachineLayout.MonitorData + MonitorStackTop)));
        _a.lgdt(__[gdt]);
        _a.lidt(__[idt]);
        _a.mov(eax, (uint)MonitorRom.DataSelector);
        _a.mov(ds, eax);
        _a.mov(es, eax);
        _a.mov(ss, eax);
        _a.xor(eax, eax);
        _a.mov(fs, eax);
        _a.mov(gs, eax);
        _a.mov(eax, (uint)MonitorRom.TaskSelector);
        _a.ltr(ax);
        // The host has left the address of the KPCR in A.
        _a.mov(eax, Dword(A));
        _a.mov(edx, Dword(A + 4));
        _a.mov(ecx, GsBaseMsr);
        _a.wrmsr();
        _a.fninit();
        EmitSilenceLegacyHardware();
        const uint ApicEnabled = 0x100;
        _a.mov(Apic(SpuriousVectorRegister), ApicEnabled | SpuriousVector);
        _a.mov(Apic(TaskPriorityRegister), 0);
        _a.mov(Apic(TimerDivideRegister), DivideByOne);
        _a.mov(Apic(TimerVectorRegister), OneShotNmi);
        _a.mov(Dword(Settled), 0);
        _a.cmp(Dword(InterruptsOpen), 0);
        _a.jne(settled);
        _a.mov(Byte(SettledEndOfInterrupts), NeverSettled);
        _a.Label(ref settled);
        _a.mov(Byte(InDriver), 0);
        _a.mov(Dword(Turn), 0);
        _a.mov(Dword(RomVersion), LayoutVersion);
        _a.inc(Dword(BootCount));
        _a.mov(Dword(Ready), 1);
        _a.@out((byte)DoorbellPort, al);
        _a.jmp(_open);
        _a.Label(ref gdt);
        EmitTablePointer(MachineLayout.Rom + MonitorRom.GdtOffset, 0x5F);
        _a.Label(ref idt);
        EmitTablePointer(MachineLayout.Rom + MonitorRom.IdtOffset, MonitorRom.VectorCount * 16 - 1);
    }

    // Both PICs masked; the PIT's channel 0 left waiting for a count that never comes, else an idle QEMU wakes for it.
    private void EmitSilenceLegacyHardware()
    {
        _a.mov(al, 0xFF);
        _a.@out(0x21, al);
        _a.@out(0xA1, al);
        _a.mov(al, 0x30);
        _a.@out(0x43, al);
    }

    private void EmitTablePointer(ulong address, ushort limit)
    {
        _a.dw(limit);
        _a.dq(address);
    }
}
