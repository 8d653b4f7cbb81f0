using System.Collections.Immutable;

namespace Hil.Kernel;

/// <summary>How a device signals the interrupts that it was given.</summary>
public enum InterruptKind : byte
{
    /// <summary>INTA to INTD through the IOAPIC, level-sensitive.</summary>
    Line,

    /// <summary>The MSI capability: one address, consecutive data.</summary>
    Msi,

    /// <summary>The MSI-X table: address and data per message.</summary>
    MsiX,
}

/// <summary>One interrupt message: what the device writes where, and the vector that this raises.</summary>
public readonly record struct InterruptMessage(byte Vector, ulong Address, uint Data)
{
    /// <summary>DIRQL: a vector's upper four bits are its level.</summary>
    public KIRQL Irql => (byte)(Vector >> 4);
}

/// <summary>The interrupts that a started device holds; what IoConnectInterruptEx looks up by physical device
/// object.</summary>
/// <param name="Line">Global system interrupt; meaningful for Line only.</param>
/// <param name="Messages">One entry per message in message-ID order; for Line one entry with just the vector.</param>
public sealed record InterruptAssignment(InterruptKind Kind, uint Line, ImmutableArray<InterruptMessage> Messages);
