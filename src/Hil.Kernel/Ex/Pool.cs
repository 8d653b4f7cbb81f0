using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hil.Kernel;

// Three kinds of block behind one front. Drivers get special pool (PagePool, guarded), because finding their mistakes
// is what Hil is for; when pages run short, or by option, they get slots of a filled and checked SlabPool, or plain
// pages. The kernel's own structures (IRPs above all) come from a SlabPool of their own that neither fills nor checks.

/// <summary>Paged and nonpaged pool in the RAM window. Both kinds are resident; paged pool only obeys the IRQL
/// rules.</summary>
public sealed unsafe class Pool
{
    // Below one eighth of the window special pool, two pages a block, gives way to slots.
    private const int PressureShare = 8;

    private readonly NtKernel _kernel;
    private readonly PagePool _pages;
    private readonly SlabPool _slabs;
    private readonly SlabPool _own;

    internal Pool(NtKernel kernel)
    {
        _kernel = kernel;
        ulong baseAddress = kernel.Services.Memory.KernelBase;
        _pages = new PagePool(kernel.Pages, baseAddress);
        _slabs = new SlabPool(kernel.Pages, baseAddress, isFilled: true);
        _own = new SlabPool(kernel.Pages, baseAddress, isFilled: false);
    }

    /// <summary>Allocates for the kernel itself, without guard page; null when memory is exhausted. Allocates nothing
    /// managed.</summary>
    /// <param name="zero">Otherwise the contents are what was there before.</param>
    public void* Allocate(nuint bytes, uint tag, bool zero = false)
    {
        if (IsAbsurd(bytes))
            return null;
        ulong address = bytes <= SlabPool.BytesMax
            ? _own.Allocate(bytes, tag, isPaged: false, caller: 0, out _)
            : _pages.Allocate(bytes, tag, isPaged: false, isGuarded: false, PageAccess.ReadWrite, caller: 0);
        if (zero && address != 0)
            NativeMemory.Clear((void*)address, bytes);
        return (void*)address;
    }

    /// <summary>Frees a block that <see cref="Allocate"/> gave out. What is none (any more) is a bug check: it is
    /// drivers that have the kernel free twice.</summary>
    public void Free(void* address)
    {
        ref PoolBlock block = ref _own.Find((ulong)address);
        if (!Unsafe.IsNullRef(ref block) && block.State == PoolBlockState.Live && block.Address == (ulong)address)
        {
            _kernel.Disclosed.Forget(block.Address, block.Bytes, block.Address);
            _own.Free(ref block);
        }
        else
        {
            Ntoskrnl.ExFreePool(address);
        }
    }

    /// <summary>Whether an address lies in an allocation that was freed and not given out again.</summary>
    public bool IsFreed(ulong address)
    {
        ref PoolBlock block = ref Find(address);
        return !Unsafe.IsNullRef(ref block) && block.State == PoolBlockState.Freed;
    }

    /// <summary>Whether an address lies on the unmapped page right behind an allocation.</summary>
    public bool IsBeyondEnd(ulong address) => _pages.IsBeyondEnd(address);

    /// <summary>What drivers have allocated and not freed, in no particular order.</summary>
    public IReadOnlyList<PoolAllocation> Outstanding()
    {
        var blocks = new List<PoolBlock>();
        _pages.CollectLive(blocks);
        _slabs.CollectLive(blocks);
        return [.. blocks.Select(block =>
            new PoolAllocation(block.Address, block.Bytes, block.Tag, block.IsPaged, block.Caller))];
    }

    /// <summary>What the code of one driver image has allocated and not freed: its leaks, if it is being
    /// unloaded.</summary>
    public IReadOnlyList<PoolAllocation> Outstanding(LoadedModule module) =>
        [.. Outstanding().Where(allocation => allocation.Caller - module.Base < module.Bytes)];

    /// <summary>Reports, by tag, what the code of an image that is going away has not freed.</summary>
    public void ReportLeaks(LoadedModule module)
    {
        if (_kernel.StoppedBy != null)
            return; // Nothing is freed any more once the machine has stopped.
        foreach (IGrouping<string, PoolAllocation> tag in Outstanding(module).GroupBy(leak => leak.TagName))
        {
            PoolAllocation first = tag.First();
            _kernel.Violation($"{module.Name} leaves {tag.Count()} pool blocks with tag '{tag.Key}' behind, "
                + $"{tag.Sum(leak => (long)leak.Bytes)} bytes; one at 0x{first.Address:x}, "
                + $"allocated by {_kernel.Modules.Describe(first.Caller)}");
        }
        foreach (string block in _kernel.PageBlocks.Outstanding(module))
            _kernel.Violation($"{module.Name} leaves behind: {block}");
    }

    /// <summary>Where an address behind the end of an allocation lies, for a report.</summary>
    public string DescribeEnd(ulong address)
    {
        ref PoolBlock block = ref _pages.Find(address);
        return Unsafe.IsNullRef(ref block)
            ? "no pool"
            : $"{address - block.Address - block.Bytes} bytes behind the end of the pool block at 0x{block.Address:x} "
                + $"({block.Bytes} bytes, tag '{TagName(block.Tag)}')";
    }

    /// <summary>A tag as its four characters in memory order, such as "edu ".</summary>
    public static string TagName(uint tag) => string.Create(4, tag, static (text, tag) =>
    {
        for (int i = 0; i < text.Length; i++, tag >>= 8)
            text[i] = (tag & 0x7F) is >= 0x20 and < 0x7F and uint printable ? (char)printable : '.';
    });

    /// <summary>Allocates for a driver; 0 when memory is exhausted. Contents: zero or the fresh pattern.</summary>
    internal ulong AllocateForDriver(nuint bytes, uint tag, bool isPaged, bool isExecutable, bool zero)
    {
        if (IsAbsurd(bytes))
            return 0;
        ulong caller = _kernel.Processor.DriverRip;
        ulong address = HasRoomForGuards(bytes) || isExecutable
            ? _pages.Allocate(bytes, tag, isPaged, isGuarded: true, AccessFor(isExecutable), caller)
            : AllocatePlain(bytes, tag, isPaged, caller);
        if (address != 0)
            PoolFill.Fill(address, bytes, zero ? (byte)0 : PoolFill.Fresh);
        return address;
    }

    /// <summary>The block whose memory contains an address, live or freed; a null reference if there is none.</summary>
    internal ref PoolBlock Find(ulong address)
    {
        ref PoolBlock block = ref _pages.Find(address);
        if (Unsafe.IsNullRef(ref block))
            block = ref _slabs.Find(address);
        if (Unsafe.IsNullRef(ref block))
            block = ref _own.Find(address);
        return ref block;
    }

    /// <summary>Frees a live block whose free was found to be right.</summary>
    internal void Free(ref PoolBlock block)
    {
        _kernel.Disclosed.Forget(block.Address, block.Bytes, block.Address);
        if (!Unsafe.IsNullRef(ref _slabs.Find(block.Address)))
            _slabs.Free(ref block);
        else if (!Unsafe.IsNullRef(ref _own.Find(block.Address)))
            _own.Free(ref block);
        else
            _pages.Free(ref block, _kernel.Services.Memory);
    }

    /// <summary>Address of a byte next to a live block that was overwritten, or 0.</summary>
    internal ulong FindDamage(ref PoolBlock block) =>
        Unsafe.IsNullRef(ref _pages.Find(block.Address)) ? 0 : _pages.FindDamage(ref block);

    private static PageAccess AccessFor(bool isExecutable) => isExecutable ? PageAccess.All : PageAccess.ReadWrite;

    // Page counts are ints: a size beyond the window is refused before it is made one.
    private bool IsAbsurd(nuint bytes) => bytes > (ulong)_kernel.Pages.TotalPages * PAGE_SIZE;

    private bool HasRoomForGuards(nuint bytes)
    {
        if (!_kernel.Services.SpecialPool)
            return false;
        int wanted = _kernel.Pages.TotalPages / PressureShare + (int)(bytes / PAGE_SIZE) + 2;
        if (_kernel.Pages.FreePages < wanted)
            _pages.ReleaseUntil(wanted);
        return _kernel.Pages.FreePages >= wanted;
    }

    private ulong AllocatePlain(nuint bytes, uint tag, bool isPaged, ulong caller)
    {
        if (bytes > SlabPool.BytesMax)
            return _pages.Allocate(bytes, tag, isPaged, isGuarded: false, PageAccess.ReadWrite, caller);
        ulong address = _slabs.Allocate(bytes, tag, isPaged, caller, out ulong damage);
        if (damage != 0)
            _kernel.BugCheck(BugCheckCodes.DRIVER_CAUGHT_MODIFYING_FREED_POOL, damage, 1, 0, 4,
                $"pool at 0x{damage:x} was written after it had been freed");
        return address;
    }
}
