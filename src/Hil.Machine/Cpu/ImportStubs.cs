using System.Buffers.Binary;

namespace Hil.Machine;

/// <summary>The import stubs: `mov eax, number; push gate; ret`, 16 bytes each. The gate is too far for a
/// relative jump; its address fits in the sign-extended operand of a push.</summary>
internal static unsafe class ImportStubs
{
    private const int StubBytes = 16;

    /// <summary>Writes all stubs; they never change, so no translation of them gets stale.</summary>
    public static void Write(RamWindow ram)
    {
        var stubs = new Span<byte>(
            (byte*)ram.Base + MachineLayout.StubsOffset, (int)MachineLayout.StubCount * StubBytes);
        for (int id = 0; id < MachineLayout.StubCount; id++)
        {
            Span<byte> stub = stubs.Slice(id * StubBytes, StubBytes);
            stub.Fill(0xCC);
            stub[0] = 0xB8; // mov eax, imm32
            BinaryPrimitives.WriteInt32LittleEndian(stub[1..], id);
            stub[5] = 0x68; // push imm32, sign-extended: the ROM lies in the top 2 GB
            BinaryPrimitives.WriteInt32LittleEndian(stub[6..], unchecked((int)(uint)MonitorRom.GateAddress));
            stub[10] = 0xC3; // ret
        }
    }
}
