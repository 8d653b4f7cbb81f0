using System.Buffers.Binary;

namespace Hil.Machine;

/// <summary>Builds the firmware image: our only guest code. Reset vector, long mode, then a loop that
/// serves the host.</summary>
/// <remarks>
/// <code>
///   0x0000  IDT, 256 gates                 0x4000  vector stubs, 16 bytes each
///   0x1000  GDT                            0xF000  boot code (16 and 32 bits)
///   0x2000  monitor code, hot part first   0xFFF0  reset vector
/// </code>
/// TCG chains jumps inside one page only: what runs on every round trip stays within page 0x2000.
/// </remarks>
public static class MonitorRom
{
    internal const int IdtOffset = 0x0000;
    internal const int GdtOffset = 0x1000;
    internal const int CodeOffset = 0x2000;
    internal const int StubsOffset = 0x4000;
    internal const int StubBytes = 16;
    internal const int BootOffset = 0xF000;
    internal const int ResetOffset = 0xFFF0;
    internal const int VectorCount = 256;

    // As on x64 Windows: kernel code 0x10, data 0x18, TSS 0x40. 0x08 is the 32-bit segment of the way to long mode.
    internal const ushort Code32Selector = 0x08;
    internal const ushort CodeSelector = 0x10;
    internal const ushort DataSelector = 0x18;
    internal const ushort TaskSelector = 0x40;

    /// <summary>The committed image, beside the program.</summary>
    public static string Path { get; } =
        System.IO.Path.Combine(AppContext.BaseDirectory, "firmware-images", "hil-monitor.rom");

    /// <summary>The image, always the same bytes: firmware-images/hil-monitor.rom is this.</summary>
    public static byte[] Build()
    {
        var rom = new byte[MachineLayout.RomBytes];
        rom.AsSpan().Fill(0xF4); // hlt
        MonitorCode code = MonitorCode.Assemble(MachineLayout.Rom + CodeOffset, MachineLayout.Rom + StubsOffset);
        Invariant.Holds(code.Gate == GateAddress, "the gate is the first thing in the monitor's code");
        Place(rom, CodeOffset, code.Loop, StubsOffset);
        Place(rom, StubsOffset, code.Stubs, BootOffset);
        WriteDescriptors(rom.AsSpan(GdtOffset));
        WriteGates(rom.AsSpan(IdtOffset));
        byte[] boot = BootCode.Assemble(code.Start);
        Place(rom, BootOffset, boot, ResetOffset);
        // jmp near to the boot code, which lies in the same 64 KB.
        rom[ResetOffset] = 0xE9;
        const int Distance = BootOffset - (ResetOffset + 3);
        BinaryPrimitives.WriteInt16LittleEndian(rom.AsSpan(ResetOffset + 1), Distance);
        return rom;
    }

    /// <summary>Address of the kernel-call gate that import stubs jump to: the first thing in the code.</summary>
    internal const ulong GateAddress = MachineLayout.Rom + CodeOffset;

    private static void Place(byte[] rom, int offset, byte[] code, int end)
    {
        Invariant.Holds(offset + code.Length <= end, "monitor code fits in its part of the ROM");
        code.CopyTo(rom, offset);
    }

    // Intel SDM volume 3, 3.4.5 and 7.2.3 (descriptors).
    private static void WriteDescriptors(Span<byte> gdt)
    {
        gdt[..0x60].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(gdt[Code32Selector..], 0x00CF_9B00_0000_FFFF);
        BinaryPrimitives.WriteUInt64LittleEndian(gdt[CodeSelector..], 0x00AF_9B00_0000_FFFF);
        BinaryPrimitives.WriteUInt64LittleEndian(gdt[DataSelector..], 0x00CF_9300_0000_FFFF);
        const ulong Tss = MachineLayout.MonitorData + MonitorLayout.TaskStateSegment;
        const ulong AvailableTss = 0x0000_8900_0000_0000;
        ulong low = AvailableTss | (MonitorLayout.TaskStateSegmentBytes - 1)
            | ((Tss & 0xFF_FFFF) << 16) | ((Tss >> 24 & 0xFF) << 56);
        BinaryPrimitives.WriteUInt64LittleEndian(gdt[TaskSelector..], low);
        BinaryPrimitives.WriteUInt64LittleEndian(gdt[(TaskSelector + 8)..], Tss >> 32);
    }

    // Intel SDM volume 3, 6.14.1 (64-bit gates). Interrupt gates: IF is clear when a stub starts.
    private static void WriteGates(Span<byte> idt)
    {
        for (int vector = 0; vector < VectorCount; vector++)
        {
            ulong stub = MachineLayout.Rom + StubsOffset + (ulong)(vector * StubBytes);
            ulong stack = vector switch { 8 => 1, 2 => 2, 18 => 3, _ => 0 };
            const ulong PresentInterruptGate = 0x8E;
            Span<byte> gate = idt[(vector * 16)..];
            BinaryPrimitives.WriteUInt64LittleEndian(gate,
                (stub & 0xFFFF) | ((ulong)CodeSelector << 16) | (stack << 32) | (PresentInterruptGate << 40)
                | ((stub >> 16 & 0xFFFF) << 48));
            BinaryPrimitives.WriteUInt64LittleEndian(gate[8..], stub >> 32);
        }
    }
}
