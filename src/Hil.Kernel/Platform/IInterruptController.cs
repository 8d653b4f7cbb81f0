namespace Hil.Kernel.Platform;

/// <summary>Routes device interrupts to vectors of the virtual processor. A vector's level is its upper
/// four bits.</summary>
public interface IInterruptController
{
    /// <summary>Routes a global system interrupt (IOAPIC pin) to a vector and unmasks it.</summary>
    void ConnectLine(uint line, byte vector, bool levelSensitive, bool activeLow);

    /// <summary>Masks a line; a level that stays asserted is delivered after <see cref="UnmaskLine"/>.</summary>
    void MaskLine(uint line);

    void UnmaskLine(uint line);

    /// <summary>Address and data that a device writes to raise a vector by message (MSI, MSI-X).</summary>
    (ulong Address, uint Data) MessageFor(byte vector);
}
