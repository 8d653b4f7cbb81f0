namespace Hil.Kernel;

// Allocations that own whole pages. Guarded ones are the special pool: the allocation ends where an unmapped page
// begins, so running over its end faults at the very instruction; what is left of its pages is filled with a pattern
// that is checked when it is freed; freed pages stay unmapped, in quarantine, until others were freed after them, so
// late use faults too. From a page size on, Windows promises page-aligned memory, so there the pattern stands behind
// the allocation.
//
//   | FD FD FD … FD | allocation | FD 0–15 | unmapped |            | allocation         | FD … FD | unmapped |
//   page            ^ 16-byte aligned      page                    page                           page

/// <summary>Pool allocations of whole pages: special pool and large blocks.</summary>
internal sealed class PagePool
{
    private const ulong Align = 16;

    private readonly PageAllocator _pages;
    private readonly ulong _base;
    private readonly Run[] _runs;
    private readonly int[] _runOfPage;
    private readonly Queue<int> _quarantine = new();
    private readonly int _quarantinePagesMax;
    private int _quarantinePages;

    public PagePool(PageAllocator pages, ulong baseAddress)
    {
        _pages = pages;
        _base = baseAddress;
        _runs = new Run[pages.TotalPages];
        _runOfPage = new int[pages.TotalPages];
        _quarantinePagesMax = pages.TotalPages / 4; // The rest must do for a driver that keeps its memory.
    }

    private struct Run
    {
        public PoolBlock Block;
        public int Pages;
        public bool IsGuarded;
    }

    /// <summary>Allocates; 0 when there are no pages. The memory of the allocation itself is left as it was.</summary>
    public ulong Allocate(nuint bytes, uint tag, bool isPaged, bool isGuarded, PageAccess access, ulong caller)
    {
        int dataPages = (int)((Math.Max(bytes, 1) + PAGE_SIZE - 1) / PAGE_SIZE);
        nuint dataBytes = (nuint)dataPages * PAGE_SIZE;
        ulong start = TakePages(dataBytes, isGuarded, access);
        if (start == 0)
            return 0;
        ulong span = (Math.Max(bytes, 1) + Align - 1) & ~(Align - 1);
        ulong address = isGuarded && bytes < PAGE_SIZE ? start + dataBytes - span : start;
        if (isGuarded)
        {
            PoolFill.Fill(start, address - start, PoolFill.Slack);
            PoolFill.Fill(address + bytes, start + dataBytes - address - bytes, PoolFill.Slack);
        }
        int first = PageOf(start);
        int pages = dataPages + (isGuarded ? 1 : 0);
        _runs[first] = new Run
        {
            Pages = pages,
            IsGuarded = isGuarded,
            Block = new PoolBlock
            {
                Address = address,
                Bytes = bytes,
                Caller = caller,
                Tag = tag,
                State = PoolBlockState.Live,
                IsPaged = isPaged,
            },
        };
        _runOfPage.AsSpan(first, pages).Fill(first + 1);
        return address;
    }

    /// <summary>The block whose pages contain an address, freed ones in quarantine included; null reference if none
    /// does.</summary>
    public ref PoolBlock Find(ulong address)
    {
        int run = RunOf(address);
        return ref run < 0 ? ref System.Runtime.CompilerServices.Unsafe.NullRef<PoolBlock>() : ref _runs[run].Block;
    }

    /// <summary>Whether an address is on the unmapped page behind a live block.</summary>
    public bool IsBeyondEnd(ulong address)
    {
        int run = RunOf(address);
        return run >= 0 && _runs[run].IsGuarded && _runs[run].Block.State == PoolBlockState.Live
            && PageOf(address) == run + _runs[run].Pages - 1;
    }

    /// <summary>Address of a byte around a live block that was overwritten, or 0.</summary>
    public ulong FindDamage(ref readonly PoolBlock block)
    {
        ref Run run = ref _runs[RunOf(block.Address)];
        if (!run.IsGuarded)
            return 0;
        ulong start = block.Address & ~(ulong)(PAGE_SIZE - 1);
        ulong end = start + (ulong)(run.Pages - 1) * PAGE_SIZE;
        ulong damage = PoolFill.FindDamage(start, block.Address - start, PoolFill.Slack);
        return damage != 0
            ? damage
            : PoolFill.FindDamage(block.Address + block.Bytes, end - block.Address - block.Bytes, PoolFill.Slack);
    }

    /// <summary>Frees a live block; guarded ones go through quarantine.</summary>
    public void Free(ref PoolBlock block, IGuestMemory memory)
    {
        int first = RunOf(block.Address);
        ref Run run = ref _runs[first];
        block.State = PoolBlockState.Freed;
        if (!run.IsGuarded)
        {
            Release(first);
            return;
        }
        memory.Protect(AddressOf(first), (ulong)(run.Pages - 1) * PAGE_SIZE, PageAccess.None);
        _quarantine.Enqueue(first);
        _quarantinePages += run.Pages;
        while (_quarantinePages > _quarantinePagesMax && TryReleaseOldest())
        {
        }
    }

    /// <summary>Gives pages in quarantine back until so many are free, or none is left in it.</summary>
    public void ReleaseUntil(int freePages)
    {
        while (_pages.FreePages < freePages && TryReleaseOldest())
        {
        }
    }

    public void CollectLive(List<PoolBlock> blocks)
    {
        foreach (ref Run run in _runs.AsSpan())
        {
            if (run.Block.State == PoolBlockState.Live)
                blocks.Add(run.Block);
        }
    }

    private ulong TakePages(nuint dataBytes, bool isGuarded, PageAccess access)
    {
        ulong start;
        do
        {
            start = isGuarded
                ? _pages.AllocateGuarded(dataBytes, access)
                : _pages.AllocateUnzeroed(dataBytes, access);
        }
        while (start == 0 && TryReleaseOldest());
        return start;
    }

    private bool TryReleaseOldest()
    {
        if (!_quarantine.TryDequeue(out int first))
            return false;
        _quarantinePages -= _runs[first].Pages;
        Release(first);
        return true;
    }

    private void Release(int first)
    {
        ref Run run = ref _runs[first];
        _runOfPage.AsSpan(first, run.Pages).Clear();
        _pages.Free(AddressOf(first), (nuint)run.Pages * PAGE_SIZE);
        run = default;
    }

    private int RunOf(ulong address)
    {
        ulong page = (address - _base) / PAGE_SIZE;
        return page < (ulong)_runOfPage.Length ? _runOfPage[page] - 1 : -1;
    }

    private int PageOf(ulong address) => (int)((address - _base) / PAGE_SIZE);

    private ulong AddressOf(int page) => _base + (ulong)page * PAGE_SIZE;
}
