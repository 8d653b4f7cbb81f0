namespace Hil.Trace;

/// <summary>A place in driver code that reaches a register, and the register.</summary>
/// <param name="Rip">The instruction's address.</param>
/// <param name="Space">0 memory, 1 port, 2 configuration.</param>
/// <param name="Address">Physical address, port number, or configuration address.</param>
/// <param name="Access">Width in bytes; 0x100 is added when it writes.</param>
/// <param name="Device">Id of the device's name, 0 when unknown.</param>
/// <param name="Bar">Number of the base address register.</param>
/// <param name="Offset">Offset in it.</param>
/// <param name="Place">Id of the driver's symbol and offset, 0 when unknown.</param>
public readonly record struct TraceSite(
    ulong Rip, ulong Space, ulong Address, ulong Access, ulong Device, ulong Bar, ulong Offset, ulong Place)
{
    public const ulong WriteAccess = 0x100;
    public const ulong PortSpace = 1;
    public const ulong ConfigSpace = 2;

    /// <summary>As <see cref="Bar"/>: no base address register decodes it.</summary>
    public const ulong NoBar = 0xFF;

    /// <summary>Width in bytes.</summary>
    public int Width => (int)(Access & 0xFF);

    public bool IsWrite => (Access & WriteAccess) != 0;
}
