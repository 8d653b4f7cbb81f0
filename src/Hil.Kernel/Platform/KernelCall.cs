namespace Hil.Kernel.Platform;

/// <summary>What serving a kernel call begins with. The frame on the driver's stack holds the same, but the processor
/// that wrote it has those cache lines, and each costs as much to read as a cache-line ping-pong.</summary>
/// <param name="returnAddress">Address in driver code right after the call.</param>
/// <param name="registers">The four register arguments, as 8-byte slots.</param>
public readonly unsafe struct KernelCall(ulong returnAddress, ulong* registers)
{
    public ulong ReturnAddress { get; } = returnAddress;

    public ulong* Registers { get; } = registers;
}
