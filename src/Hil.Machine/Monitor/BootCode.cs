using System.Buffers.Binary;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine;

/// <summary>From the reset vector to long mode. RAM already holds the page tables and the monitor's data: the host
/// wrote them before QEMU started.</summary>
internal static class BootCode
{
    private const uint Cr0ProtectedMode = 1;
    private const uint Cr0ExtensionType = 0x10;
    private const uint Cr0LongMode = 0x8001_0023; // PG, WP, NE, MP, PE; no EM, no TS.
    private const uint Cr4 = 0x620;               // PAE, OSFXSR, OSXMMEXCPT.
    private const uint MsrEfer = 0xC000_0080;
    private const uint EferLongModeNoExecute = 0x900;

    private const int LoadTableBytes = 7;
    private const int FarJumpBytes = 8;

    public static byte[] Assemble(ulong monitorStart)
    {
        // Each part needs the address of the next, which depends on the length of the ones before: assemble twice.
        byte[] part32 = Protected(monitorStart, 0);
        int offset32 = Real(0).Length;
        byte[] boot = [.. Real(offset32), .. Protected(monitorStart, offset32)];
        Invariant.Holds(
            boot.Length == offset32 + part32.Length, "boot code does not change its length with its address");
        return boot;
    }

    private static byte[] Real(int offset32)
    {
        uint linear32 = (uint)MachineLayout.RomPhysical + MonitorRom.BootOffset + (uint)offset32;
        var a = new Assembler(16);
        a.cli();
        a.xor(eax, eax);
        a.mov(cr3, eax); // Forget what was there before a reset.
        byte[] head = ToBytes(a, 0);
        var tail = new Assembler(16);
        tail.mov(eax, Cr0ProtectedMode | Cr0ExtensionType);
        tail.mov(cr0, eax);
        byte[] enter = ToBytes(tail, 0);
        // CS base is 0xFFFF0000 here: the operand of lgdt lies in the ROM behind this code.
        int tableOffset = MonitorRom.BootOffset + head.Length + LoadTableBytes + enter.Length + FarJumpBytes;
        // cs o32 lgdt [disp16]
        byte[] lgdt = [0x2E, 0x66, 0x0F, 0x01, 0x16, (byte)tableOffset, (byte)(tableOffset >> 8)];
        // o32 jmp far Code32Selector:linear32
        byte[] jump =
        [
            0x66, 0xEA, (byte)linear32, (byte)(linear32 >> 8), (byte)(linear32 >> 16), (byte)(linear32 >> 24),
            (byte)MonitorRom.Code32Selector, 0,
        ];
        var pointer = new byte[6];
        BinaryPrimitives.WriteUInt16LittleEndian(pointer, 0x5F);
        BinaryPrimitives.WriteUInt32LittleEndian(
            pointer.AsSpan(2), (uint)MachineLayout.RomPhysical + MonitorRom.GdtOffset);
        return [.. head, .. lgdt, .. enter, .. jump, .. pointer];
    }

    private static byte[] Protected(ulong monitorStart, int offset32)
    {
        ulong ip = MachineLayout.RomPhysical + MonitorRom.BootOffset + (ulong)offset32;
        var a = new Assembler(32);
        a.mov(eax, (uint)MonitorRom.DataSelector);
        a.mov(ds, eax);
        a.mov(es, eax);
        a.mov(ss, eax);
        a.mov(eax, Cr4);
        a.mov(cr4, eax);
        a.mov(eax, (uint)MachineLayout.MachineOffset);
        a.mov(cr3, eax);
        a.mov(ecx, MsrEfer);
        a.mov(eax, EferLongModeNoExecute);
        a.xor(edx, edx);
        a.wrmsr();
        a.mov(eax, Cr0LongMode | Cr0ExtensionType);
        a.mov(cr0, eax);
        byte[] code = ToBytes(a, ip);
        uint linear64 = (uint)ip + (uint)code.Length + 7;
        byte[] jump = [0xEA, (byte)linear64, (byte)(linear64 >> 8), (byte)(linear64 >> 16), (byte)(linear64 >> 24),
            (byte)MonitorRom.CodeSelector, 0];
        var b = new Assembler(64);
        b.mov(rax, monitorStart);
        b.jmp(rax);
        return [.. code, .. jump, .. ToBytes(b, linear64)];
    }

    private static byte[] ToBytes(Assembler assembler, ulong ip)
    {
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), ip);
        return stream.ToArray();
    }
}
