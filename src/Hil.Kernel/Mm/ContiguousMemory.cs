using System.Numerics;

namespace Hil.Kernel;

// Every run of pages in the window is contiguous in RAM, and the host and every device see it coherently, so
// contiguous, noncached and plain pages differ only in the limits that the caller sets and in the routine that frees
// them.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Allocates contiguous nonpaged memory, page-aligned, below a physical address; null on
    /// failure.</summary>
    /// <remarks>WDK: MmAllocateContiguousMemory.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmAllocateContiguousMemory(nuint numberOfBytes, PHYSICAL_ADDRESS highestAcceptableAddress) =>
        AllocateContiguous(numberOfBytes, 0, highestAcceptableAddress.Value, 0);

    /// <summary>As MmAllocateContiguousMemory, within bounds and not across a multiple of a boundary (0:
    /// any).</summary>
    /// <remarks>WDK: MmAllocateContiguousMemorySpecifyCache.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmAllocateContiguousMemorySpecifyCache(
        nuint numberOfBytes,
        PHYSICAL_ADDRESS lowestAcceptableAddress,
        PHYSICAL_ADDRESS highestAcceptableAddress,
        PHYSICAL_ADDRESS boundaryAddressMultiple,
        MEMORY_CACHING_TYPE cacheType) =>
        AllocateContiguous(
            numberOfBytes, lowestAcceptableAddress.Value, highestAcceptableAddress.Value,
            boundaryAddressMultiple.Value);

    /// <summary>As MmAllocateContiguousMemorySpecifyCache; there is one node.</summary>
    /// <remarks>WDK: MmAllocateContiguousMemorySpecifyCacheNode.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmAllocateContiguousMemorySpecifyCacheNode(
        nuint numberOfBytes,
        PHYSICAL_ADDRESS lowestAcceptableAddress,
        PHYSICAL_ADDRESS highestAcceptableAddress,
        PHYSICAL_ADDRESS boundaryAddressMultiple,
        MEMORY_CACHING_TYPE cacheType,
        uint preferredNode) =>
        AllocateContiguous(
            numberOfBytes, lowestAcceptableAddress.Value, highestAcceptableAddress.Value,
            boundaryAddressMultiple.Value);

    /// <summary>As MmAllocateContiguousMemorySpecifyCacheNode, with a page protection; null when that is not a
    /// writable one.</summary>
    /// <remarks>WDK: MmAllocateContiguousNodeMemory.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmAllocateContiguousNodeMemory(
        nuint numberOfBytes,
        PHYSICAL_ADDRESS lowestAcceptableAddress,
        PHYSICAL_ADDRESS highestAcceptableAddress,
        PHYSICAL_ADDRESS boundaryAddressMultiple,
        uint protect,
        uint preferredNode)
    {
        const uint Caching = PAGE_NOCACHE | PAGE_WRITECOMBINE;
        return (protect & ~Caching) is PAGE_READWRITE or PAGE_EXECUTE_READWRITE
            ? AllocateContiguous(
                numberOfBytes, lowestAcceptableAddress.Value, highestAcceptableAddress.Value,
                boundaryAddressMultiple.Value,
                (protect & PAGE_EXECUTE_READWRITE) != 0 ? PageAccess.All : PageAccess.ReadWrite)
            : null;
    }

    /// <summary>Frees contiguous memory by its start; anything else is a bug check.</summary>
    /// <remarks>WDK: MmFreeContiguousMemory.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmFreeContiguousMemory(void* baseAddress)
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.PageBlocks.TryRemove((ulong)baseAddress, PageBlockKind.Contiguous, out nuint bytes))
            kernel.BugCheck(BugCheckCodes.BAD_POOL_CALLER, 0x60, (ulong)baseAddress, 0, 0,
                $"0x{(ulong)baseAddress:x} was freed as contiguous memory, which it is not (any more)");
        kernel.Disclosed.Unshare((ulong)baseAddress, bytes, DmaSharing.Common);
        kernel.Pages.Free((ulong)baseAddress, bytes);
    }

    /// <summary>As MmFreeContiguousMemory; a size other than the one allocated is reported.</summary>
    /// <remarks>WDK: MmFreeContiguousMemorySpecifyCache.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmFreeContiguousMemorySpecifyCache(
        void* baseAddress, nuint numberOfBytes, MEMORY_CACHING_TYPE cacheType) => MmFreeContiguousMemory(baseAddress);

    /// <summary>Allocates noncached memory in whole pages; null on failure.</summary>
    /// <remarks>WDK: MmAllocateNonCachedMemory.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* MmAllocateNonCachedMemory(nuint numberOfBytes)
    {
        NtKernel kernel = NtKernel.Current;
        ulong address = kernel.Pages.Allocate(numberOfBytes, PageAccess.ReadWrite);
        if (address != 0)
            kernel.PageBlocks.Add(address, PageBlockKind.NonCached, numberOfBytes);
        return (void*)address;
    }

    /// <summary>Frees noncached memory; the size must be the one that was allocated.</summary>
    /// <remarks>WDK: MmFreeNonCachedMemory.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void MmFreeNonCachedMemory(void* baseAddress, nuint numberOfBytes)
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.PageBlocks.TryRemove((ulong)baseAddress, PageBlockKind.NonCached, out nuint bytes)
            || ROUND_TO_PAGES(bytes) != ROUND_TO_PAGES(numberOfBytes))
            kernel.BugCheck(BugCheckCodes.BAD_POOL_CALLER, 0x46, (ulong)baseAddress, 0, 0,
                $"0x{(ulong)baseAddress:x}, {numberOfBytes} bytes, was freed as noncached memory, which it is not");
        kernel.Pages.Free((ulong)baseAddress, bytes);
    }

    private static void* AllocateContiguous(
        nuint bytes, ulong lowest, ulong highest, ulong boundary, PageAccess access = PageAccess.ReadWrite)
    {
        NtKernel kernel = NtKernel.Current;
        nuint span = ROUND_TO_PAGES(bytes);
        if (boundary != 0 && span > boundary)
            return null;
        // A block aligned to its own size, rounded up to a power of two, crosses no multiple of a larger one.
        nuint alignment = boundary == 0 ? PAGE_SIZE : (nuint)BitOperations.RoundUpToPowerOf2(Math.Max(span, PAGE_SIZE));
        ulong address = kernel.Pages.Allocate(bytes, access, highest, alignment, lowest);
        if (address == 0)
            return null;
        kernel.PageBlocks.Add(address, PageBlockKind.Contiguous, bytes);
        kernel.Disclosed.Share(address, bytes, DmaSharing.Common);
        return (void*)address;
    }
}
