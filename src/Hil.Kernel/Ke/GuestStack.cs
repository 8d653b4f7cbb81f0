namespace Hil.Kernel;

/// <summary>A stack for driver code in the RAM window, with an unmapped guard page below.</summary>
public sealed class GuestStack(ulong limit, ulong top)
{
    /// <summary>Lowest usable address.</summary>
    public ulong Limit { get; } = limit;

    /// <summary>Address just above the stack; page-aligned.</summary>
    public ulong Top { get; } = top;

    public bool Contains(ulong address) => address - Limit < Top - Limit;
}
