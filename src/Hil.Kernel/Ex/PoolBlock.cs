namespace Hil.Kernel;

internal enum PoolBlockState : byte
{
    None,
    Live,
    Freed,
}

/// <summary>What the host knows of one pool allocation. Nothing of it lies in the window, where a driver could
/// overwrite it.</summary>
internal struct PoolBlock
{
    public ulong Address;

    /// <summary>Bytes asked for.</summary>
    public ulong Bytes;

    /// <summary>Driver code that allocated it, or 0 for the kernel itself.</summary>
    public ulong Caller;
    public uint Tag;
    public PoolBlockState State;
    public bool IsPaged;
}
