namespace Hil.Kernel;

/// <summary>Paged and nonpaged pool in the RAM window.</summary>
public sealed class Pool
{
    internal Pool(NtKernel kernel)
    {
    }

    /// <summary>Whether an address lies in an allocation that was freed and not given out again.</summary>
    public bool IsFreed(ulong address) => throw new NotImplementedException();
}
