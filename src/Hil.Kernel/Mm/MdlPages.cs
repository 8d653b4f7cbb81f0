namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Allocates pages below a physical address, zeroed, and an MDL for them; null when there are
    /// none.</summary>
    /// <remarks>WDK: MmAllocatePagesForMdl. It may give fewer bytes than asked for; MmGetMdlByteCount tells.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static MDL* MmAllocatePagesForMdl(
        PHYSICAL_ADDRESS lowAddress, PHYSICAL_ADDRESS highAddress, PHYSICAL_ADDRESS skipBytes, nuint totalBytes) =>
        MmAllocatePagesForMdlEx(
            lowAddress, highAddress, skipBytes, totalBytes, MEMORY_CACHING_TYPE.MmNotMapped, flags: 0);

    /// <summary>As MmAllocatePagesForMdl with flags: contents, all or nothing.</summary>
    /// <remarks>WDK: MmAllocatePagesForMdlEx.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static MDL* MmAllocatePagesForMdlEx(
        PHYSICAL_ADDRESS lowAddress,
        PHYSICAL_ADDRESS highAddress,
        PHYSICAL_ADDRESS skipBytes,
        nuint totalBytes,
        MEMORY_CACHING_TYPE cacheType,
        uint flags)
    {
        nuint bytes = ROUND_TO_PAGES(totalBytes);
        ulong address = TakeBetween(bytes, lowAddress.Value, highAddress.Value);
        while (address == 0 && (flags & MM_ALLOCATE_FULLY_REQUIRED) == 0 && bytes > PAGE_SIZE)
        {
            bytes = ROUND_TO_PAGES(bytes / 2);
            address = TakeBetween(bytes, lowAddress.Value, highAddress.Value);
        }
        if (address == 0)
            return null;
        NtKernel kernel = NtKernel.Current;
        var mdl = (MDL*)kernel.Pool.Allocate(MmSizeOfMdl(null, bytes), MdlTag);
        if (mdl == null)
        {
            kernel.Pages.Free(address, bytes);
            return null;
        }
        MmInitializeMdl(mdl, (void*)address, bytes);
        FillPages(mdl);
        mdl->StartVa = null; // These pages have no address until they are mapped.
        mdl->MappedSystemVa = null;
        mdl->Process = null;
        mdl->MdlFlags = MDL_PAGES_LOCKED;
        kernel.PageBlocks.Add(address, PageBlockKind.MdlPages, bytes);
        kernel.Disclosed.AddBuffer(mdl, address, bytes, isLocked: true);
        return mdl;
    }

    /// <summary>Frees the pages of an MDL from MmAllocatePagesForMdl; the caller frees the MDL with
    /// ExFreePool.</summary>
    /// <remarks>WDK: MmFreePagesFromMdl.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void MmFreePagesFromMdl(MDL* memoryDescriptorList)
    {
        MDL* mdl = memoryDescriptorList;
        NtKernel kernel = NtKernel.Current;
        ulong address = kernel.Services.Memory.AddressOf(MmGetMdlPfnArray(mdl)[0] << (int)PAGE_SHIFT);
        if (!kernel.PageBlocks.TryRemove(address, PageBlockKind.MdlPages, out nuint bytes))
            FailMdl(mdl, UnlockOfUnlocked, mdl->MdlFlags, "MmFreePagesFromMdl of pages that it does not own");
        mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA);
        mdl->MappedSystemVa = null;
        kernel.Disclosed.RemoveBuffer(mdl);
        kernel.Pages.Free(address, bytes);
    }

    private static ulong TakeBetween(nuint bytes, ulong lowest, ulong highest)
    {
        NtKernel kernel = NtKernel.Current;
        ulong address = kernel.Pages.Allocate(bytes, PageAccess.ReadWrite, highest);
        if (address == 0 || kernel.Services.Memory.PhysicalOf(address) >= lowest)
            return address;
        kernel.Pages.Free(address, bytes);
        return 0;
    }
}
