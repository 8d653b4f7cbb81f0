namespace Hil.Kernel;

// Every page of the window has one address for good, and that address fixes its physical one: there is no second
// mapping of a page, and a run of addresses is a run of RAM. Two bitmaps tell what is taken: user pages below
// KernelBase, kernel pages above it. A page that nobody owns is unmapped for driver code, so an access to freed memory
// faults.

/// <summary>Gives out pages of the RAM window.</summary>
public sealed unsafe class PageAllocator
{
    private const int LowShare = 8;

    private readonly IGuestMemory _memory;
    private readonly DisclosedMemory _disclosed;
    private readonly PageBitmap _kernel;
    private readonly PageBitmap _user;

    internal PageAllocator(NtKernel kernel)
    {
        _memory = kernel.Services.Memory;
        _disclosed = kernel.Disclosed;
        _user = new PageBitmap(_memory.UserBase, PagesIn(_memory.UserEnd - _memory.UserBase));
        _kernel = new PageBitmap(_memory.KernelBase, PagesIn(_memory.Base + _memory.Bytes - _memory.KernelBase));
        Invariant.Holds(
            _memory.PhysicalOf(_memory.Base + _memory.Bytes - PAGE_SIZE) - _memory.PhysicalOf(_memory.Base)
                == _memory.Bytes - PAGE_SIZE,
            "the RAM window is one run of physical memory");
    }

    /// <summary>Kernel pages that nobody owns.</summary>
    public int FreePages => _kernel.FreePages;

    /// <summary>Kernel pages in all.</summary>
    public int TotalPages => _kernel.Pages;

    /// <summary>Allocates zeroed, physically contiguous kernel pages; 0 when there are none.</summary>
    /// <param name="highestPhysical">No byte lies above this physical address (a device's DMA reach).</param>
    /// <param name="alignment">In bytes, a power of two of at least a page.</param>
    /// <param name="lowestPhysical">No byte lies below this physical address.</param>
    public ulong Allocate(
        nuint bytes, PageAccess access, ulong highestPhysical = ulong.MaxValue, nuint alignment = PAGE_SIZE,
        ulong lowestPhysical = 0)
    {
        ulong address = AllocateUnzeroed(bytes, access, highestPhysical, alignment, lowestPhysical);
        if (address != 0)
            Clear(address, bytes);
        return address;
    }

    /// <summary>Allocates below KernelBase, for user buffers; zeroed; 0 when there are no pages.</summary>
    public ulong AllocateUser(nuint bytes, PageAccess access)
    {
        ulong address = Take(_user, bytes, 0, _user.Pages, PAGE_SIZE);
        if (address == 0)
            return 0;
        _memory.Protect(address, (ulong)PagesIn(bytes) * PAGE_SIZE, access);
        Clear(address, bytes);
        return address;
    }

    /// <summary>Takes pages of either kind back and unmaps them for driver code.</summary>
    public void Free(ulong address, nuint bytes)
    {
        Invariant.Holds(address % PAGE_SIZE == 0, "pages are freed by the address they were given out at");
        PageBitmap bitmap = address >= _memory.KernelBase ? _kernel : _user;
        int pages = PagesIn(bytes);
        bitmap.Release(bitmap.PageOf(address), pages);
        _disclosed.Forget(address, (ulong)pages * PAGE_SIZE);
        _memory.Protect(address, (ulong)pages * PAGE_SIZE, PageAccess.None);
    }

    /// <summary>A stack with an unmapped guard page below it.</summary>
    public GuestStack AllocateStack(int bytes)
    {
        int pages = PagesIn((ulong)bytes);
        ulong guard = TakeKernel((nuint)(pages + 1) * PAGE_SIZE, _kernel.Pages, PAGE_SIZE);
        Invariant.Holds(guard != 0, "the RAM window has room for a stack");
        ulong limit = guard + PAGE_SIZE;
        _memory.Protect(limit, (ulong)pages * PAGE_SIZE, PageAccess.ReadWrite);
        Clear(limit, (nuint)bytes);
        return new GuestStack(limit, limit + (ulong)pages * PAGE_SIZE);
    }

    public void FreeStack(GuestStack stack) =>
        Free(stack.Limit - PAGE_SIZE, (nuint)(stack.Top - stack.Limit + PAGE_SIZE));

    /// <summary>As Allocate, with whatever was in the pages before.</summary>
    internal ulong AllocateUnzeroed(
        nuint bytes, PageAccess access, ulong highestPhysical = ulong.MaxValue, nuint alignment = PAGE_SIZE,
        ulong lowestPhysical = 0)
    {
        ulong address = TakeKernel(
            bytes, EndBelow(highestPhysical), Math.Max(alignment, PAGE_SIZE), StartAbove(lowestPhysical));
        if (address != 0)
            _memory.Protect(address, (ulong)PagesIn(bytes) * PAGE_SIZE, access);
        return address;
    }

    /// <summary>Unzeroed pages with one unmapped page behind them, which the caller frees along with them.</summary>
    internal ulong AllocateGuarded(nuint bytes, PageAccess access)
    {
        int pages = PagesIn(bytes);
        ulong address = TakeKernel((nuint)(pages + 1) * PAGE_SIZE, _kernel.Pages, PAGE_SIZE);
        if (address != 0)
            _memory.Protect(address, (ulong)pages * PAGE_SIZE, access);
        return address;
    }

    // Index of the first kernel page that reaches above a physical address.
    private int EndBelow(ulong highestPhysical)
    {
        ulong first = _memory.PhysicalOf(_memory.KernelBase);
        if (highestPhysical < first)
            return 0;
        ulong pages = (highestPhysical - first + (highestPhysical == ulong.MaxValue ? 0 : 1UL)) / PAGE_SIZE;
        return (int)Math.Min(pages, (ulong)_kernel.Pages);
    }

    // Index of the first kernel page that lies wholly at or above a physical address.
    private int StartAbove(ulong lowestPhysical)
    {
        ulong first = _memory.PhysicalOf(_memory.KernelBase);
        if (lowestPhysical <= first)
            return 0;
        ulong page = (lowestPhysical - first - 1) / PAGE_SIZE + 1;
        return (int)Math.Min(page, (ulong)_kernel.Pages);
    }

    private ulong TakeKernel(nuint bytes, int end, nuint alignment, int start = 0)
    {
        int plenty = Math.Max(start, _kernel.Pages / LowShare);
        ulong address = end == _kernel.Pages ? Take(_kernel, bytes, plenty, end, alignment) : 0;
        return address != 0 ? address : Take(_kernel, bytes, start, end, alignment);
    }

    // Takes pages and leaves them unmapped.
    private static ulong Take(PageBitmap bitmap, nuint bytes, int start, int end, nuint alignment)
    {
        Invariant.Holds((alignment & (alignment - 1)) == 0, "page alignment is a power of two");
        if (bytes == 0 || bytes > (ulong)bitmap.Pages * PAGE_SIZE)
            return 0;
        int page = bitmap.Take(PagesIn(bytes), start, end, alignment);
        return page < 0 ? 0 : bitmap.AddressOf(page);
    }

    private static void Clear(ulong address, nuint bytes) =>
        // SAFETY: the pages were just taken from the window, and nobody else owns them.
        System.Runtime.InteropServices.NativeMemory.Clear((void*)address, (nuint)PagesIn(bytes) * PAGE_SIZE);

    private static int PagesIn(ulong bytes) => (int)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
}
