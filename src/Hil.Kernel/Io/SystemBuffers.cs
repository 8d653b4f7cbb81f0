namespace Hil.Kernel;

// Buffered I/O hands the driver a buffer of the I/O manager's. Such a buffer stands right before an unmapped page, so
// that a driver that writes past the length it was told faults at the instruction that does it. Regions are kept for
// the next request: mapping and unmapping would cost more than the request itself.

/// <summary>Buffers between user and driver for buffered I/O.</summary>
internal sealed unsafe class SystemBuffers(NtKernel kernel)
{
    private const int CachedPagesMax = 16; // Larger buffers are rare and go back to the page allocator.
    private const int CachedPerSize = 32;
    private const nuint Align = 16; // MEMORY_ALLOCATION_ALIGNMENT: what drivers may rely on.

    private readonly Stack<ulong>[] _free = CreateStacks();
    private readonly Dictionary<ulong, (ulong Region, int Pages)> _used = new(64);

    /// <summary>Allocates a buffer, filled; null when there is no memory.</summary>
    public void* Allocate(nuint bytes)
    {
        int pages = (int)BYTES_TO_PAGES(Math.Max(bytes, 1));
        ulong region = pages <= CachedPagesMax && _free[pages].TryPop(out ulong cached)
            ? cached
            : kernel.Pages.AllocateGuarded((nuint)pages * PAGE_SIZE, PageAccess.ReadWrite);
        if (region == 0)
            return null;
        ulong address = region + (ulong)pages * PAGE_SIZE - ((bytes + Align - 1) & ~(Align - 1));
        PoolFill.Fill(address, bytes, PoolFill.Fresh);
        _used.Add(address, (region, pages));
        return (void*)address;
    }

    /// <summary>Frees a buffer; one that a driver put into its own IRP is pool.</summary>
    public void Free(void* buffer)
    {
        if (!TryFree((ulong)buffer))
            Ntoskrnl.ExFreePool(buffer);
    }

    /// <summary>Frees a buffer if it is one of these. To a driver they are pool: the completion routine of
    /// IoBuildAsynchronousFsdRequest's IRP hands them to ExFreePool (WDK: IoBuildAsynchronousFsdRequest).</summary>
    public bool TryFree(ulong buffer)
    {
        if (!_used.Remove(buffer, out (ulong Region, int Pages) used))
            return false;
        kernel.Disclosed.Forget(used.Region, (ulong)used.Pages * PAGE_SIZE);
        if (used.Pages <= CachedPagesMax && _free[used.Pages].Count < CachedPerSize)
            _free[used.Pages].Push(used.Region);
        else
            kernel.Pages.Free(used.Region, (nuint)(used.Pages + 1) * PAGE_SIZE);
        return true;
    }

    private static Stack<ulong>[] CreateStacks()
    {
        var stacks = new Stack<ulong>[CachedPagesMax + 1];
        for (int pages = 0; pages < stacks.Length; pages++)
            stacks[pages] = new Stack<ulong>(CachedPerSize);
        return stacks;
    }
}
