namespace Hil.Samples.Edu;

/// <summary>Registers in BAR 0; qemu/edu.md describes them.</summary>
internal static class EduRegisters
{
    public const uint Identification = 0x00;
    public const uint Liveness = 0x04;
    public const uint Factorial = 0x08;
    public const uint Status = 0x20;
    public const uint InterruptStatus = 0x24;
    public const uint InterruptRaise = 0x60;
    public const uint InterruptAcknowledge = 0x64;
    public const uint DmaSource = 0x80;
    public const uint DmaDestination = 0x88;
    public const uint DmaCount = 0x90;
    public const uint DmaCommand = 0x98;
    public const uint Length = 0x100;

    public const uint StatusComputing = 0x01;
    public const uint StatusInterruptWhenComputed = 0x80;
    public const uint FactorialInterrupt = 0x001;
    public const uint DmaInterrupt = 0x100;
    public const uint DmaRun = 0x1;
    public const uint DmaToMemory = 0x2;
    public const uint DmaInterruptWhenDone = 0x4;

    /// <summary>Address of the DMA buffer, as the DMA engine sees it.</summary>
    public const uint BufferAddress = 0x40000;
    public const uint BufferLength = 4095;
    public const uint DmaAddressBits = 28;
    public const uint Revision1 = 0x010000ed;
}
