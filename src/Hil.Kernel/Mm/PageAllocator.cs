namespace Hil.Kernel;

/// <summary>Gives out pages of the RAM window.</summary>
public sealed class PageAllocator
{
    internal PageAllocator(NtKernel kernel)
    {
    }

    /// <summary>Allocates zeroed, physically contiguous kernel pages; 0 when there are none.</summary>
    /// <param name="highestPhysical">No byte lies above this physical address (a device's DMA reach).</param>
    /// <param name="alignment">In bytes, a power of two of at least a page.</param>
    public ulong Allocate(
        nuint bytes, PageAccess access, ulong highestPhysical = ulong.MaxValue, nuint alignment = 4096) =>
        throw new NotImplementedException();

    /// <summary>Takes pages back and unmaps them for driver code.</summary>
    public void Free(ulong address, nuint bytes) => throw new NotImplementedException();

    /// <summary>Allocates below KernelBase, for user buffers.</summary>
    public ulong AllocateUser(nuint bytes, PageAccess access) => throw new NotImplementedException();

    /// <summary>A stack with an unmapped guard page below it.</summary>
    public GuestStack AllocateStack(int bytes) => throw new NotImplementedException();

    public void FreeStack(GuestStack stack) => throw new NotImplementedException();
}
