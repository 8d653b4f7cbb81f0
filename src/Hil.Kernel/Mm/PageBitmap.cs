using System.Numerics;

namespace Hil.Kernel;

/// <summary>Which pages of a range of the window are taken; finds runs of free ones.</summary>
internal sealed class PageBitmap
{
    private const int WordBits = 64;

    private readonly ulong[] _taken;
    private readonly ulong _base;
    private int _next;

    /// <param name="baseAddress">Address of page 0.</param>
    /// <param name="pages">Number of pages.</param>
    public PageBitmap(ulong baseAddress, int pages)
    {
        _base = baseAddress;
        Pages = pages;
        FreePages = pages;
        _taken = new ulong[(pages + WordBits - 1) / WordBits];
    }

    public int Pages { get; }

    public int FreePages { get; private set; }

    public ulong AddressOf(int page) => _base + ((ulong)page << (int)PAGE_SHIFT);

    public int PageOf(ulong address) => (int)((address - _base) >> (int)PAGE_SHIFT);

    /// <summary>Takes a run of free pages from start to end and returns the first, or -1 when there is none.</summary>
    /// <param name="alignment">Of the first page's address, in bytes; a power of two.</param>
    public int Take(int count, int start, int end, ulong alignment)
    {
        if (count > FreePages)
            return -1;
        // Next fit: freed pages are not given out again at once, so late accesses to them keep faulting for a while.
        int from = _next > start && _next < end ? _next : start;
        int page = Find(from, end, count, alignment);
        if (page < 0 && from > start)
            page = Find(start, Math.Min(end, from + count - 1), count, alignment);
        if (page < 0)
            return -1;
        Mark(page, count, taken: true);
        if (end == Pages)
            _next = page + count;
        return page;
    }

    /// <summary>Gives pages back.</summary>
    public void Release(int page, int count)
    {
        Invariant.Holds(page >= 0 && count > 0 && page + count <= Pages, "only pages of the allocator are freed");
        for (int i = page; i < page + count; i++)
            Invariant.Holds(IsTaken(i), "a page is freed once");
        Mark(page, count, taken: false);
    }

    public bool IsTaken(int page) => (_taken[page / WordBits] & (1UL << (page % WordBits))) != 0;

    private int Find(int start, int end, int count, ulong alignment)
    {
        int page = Align(NextFree(start, end), alignment);
        while (page + count <= end)
        {
            int taken = NextTaken(page, page + count);
            if (taken == page + count)
                return page;
            page = Align(NextFree(taken, end), alignment);
        }
        return -1;
    }

    private int Align(int page, ulong alignment)
    {
        ulong address = AddressOf(page);
        return PageOf((address + alignment - 1) & ~(alignment - 1));
    }

    private int NextFree(int page, int end)
    {
        while (page < end)
        {
            ulong free = ~_taken[page / WordBits] >> (page % WordBits);
            if (free != 0)
                return Math.Min(end, page + BitOperations.TrailingZeroCount(free));
            page = (page / WordBits + 1) * WordBits;
        }
        return end;
    }

    private int NextTaken(int page, int end)
    {
        while (page < end)
        {
            ulong taken = _taken[page / WordBits] >> (page % WordBits);
            if (taken != 0)
                return Math.Min(end, page + BitOperations.TrailingZeroCount(taken));
            page = (page / WordBits + 1) * WordBits;
        }
        return end;
    }

    private void Mark(int page, int count, bool taken)
    {
        FreePages += taken ? -count : count;
        for (int end = page + count; page < end;)
        {
            int bit = page % WordBits;
            int bits = Math.Min(WordBits - bit, end - page);
            ulong mask = (bits == WordBits ? ulong.MaxValue : (1UL << bits) - 1) << bit;
            if (taken)
                _taken[page / WordBits] |= mask;
            else
                _taken[page / WordBits] &= ~mask;
            page += bits;
        }
    }
}
