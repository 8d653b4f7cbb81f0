namespace Hil.Kernel;

/// <summary>One allocation that was not freed yet, for leak reports.</summary>
/// <param name="Caller">Driver code that allocated it; 0 for the kernel itself and for managed drivers.</param>
public readonly record struct PoolAllocation(ulong Address, ulong Bytes, uint Tag, bool IsPaged, ulong Caller)
{
    /// <summary>The tag as its four characters in memory order.</summary>
    public string TagName => Pool.TagName(Tag);
}
