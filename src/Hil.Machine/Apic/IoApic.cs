namespace Hil.Machine.Apic;

/// <summary>The IOAPIC: an index and a data register in front of one 64-bit redirection entry per input (Intel
/// 82093AA).</summary>
public sealed class IoApic(IBus bus)
{
    public const ulong Base = 0xFEC0_0000;

    private const ulong IndexRegister = Base;
    private const ulong DataRegister = Base + 0x10;
    private const uint VersionIndex = 1;
    private const uint FirstRedirectionIndex = 0x10;

    private const uint ActiveLowFlag = 1 << 13;
    private const uint LevelFlag = 1 << 15;
    private const uint MaskFlag = 1 << 16;

    /// <summary>Number of inputs; global system interrupts are numbered like them.</summary>
    public uint ReadInputCount() => ((ReadRegister(VersionIndex) >> 16) & 0xFF) + 1;

    /// <summary>Sends an input to a vector of processor 0, fixed delivery, physical destination.</summary>
    public void Connect(uint input, byte vector, bool levelSensitive, bool activeLow)
    {
        uint entry = vector;
        if (levelSensitive)
            entry |= LevelFlag;
        if (activeLow)
            entry |= ActiveLowFlag;
        // The half that holds the mask bit last: a half-written entry must not deliver.
        WriteRegister(LowIndexOf(input), MaskFlag);
        WriteRegister(LowIndexOf(input) + 1, 0);
        WriteRegister(LowIndexOf(input), entry);
    }

    public void Mask(uint input) => WriteRegister(LowIndexOf(input), ReadRegister(LowIndexOf(input)) | MaskFlag);

    public void Unmask(uint input) => WriteRegister(LowIndexOf(input), ReadRegister(LowIndexOf(input)) & ~MaskFlag);

    /// <summary>The lower half of a redirection entry, with its status bits.</summary>
    public uint ReadEntry(uint input) => ReadRegister(LowIndexOf(input));

    private static uint LowIndexOf(uint input) => FirstRedirectionIndex + 2 * input;

    private uint ReadRegister(uint index)
    {
        bus.WriteMemory(IndexRegister, 4, index);
        return (uint)bus.ReadMemory(DataRegister, 4);
    }

    private void WriteRegister(uint index, uint value)
    {
        bus.WriteMemory(IndexRegister, 4, index);
        bus.WriteMemory(DataRegister, 4, value);
    }
}
