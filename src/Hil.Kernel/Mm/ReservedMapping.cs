namespace Hil.Kernel;

// Every page has one address, so a mapping needs no room of its own: what is reserved is a range nobody else gets, and
// mapping gives the pages' own address. A driver learns it from the return value, as the documentation has it.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Reserves room for mappings, for drivers that must not fail later.</summary>
    /// <returns>Null when there is no room.</returns>
    /// <remarks>WDK: MmAllocateMappingAddress.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmAllocateMappingAddress(nuint numberOfBytes, uint poolTag)
    {
        NtKernel kernel = NtKernel.Current;
        nuint bytes = (numberOfBytes + PAGE_SIZE - 1) & ~(nuint)(PAGE_SIZE - 1);
        ulong address = bytes == 0 ? 0 : kernel.Pages.Allocate(bytes, PageAccess.None);
        if (address != 0)
            kernel.ReservedMappings.Add(address, new ReservedMapping(bytes, poolTag));
        return (void*)address;
    }

    /// <summary>Gives reserved room back.</summary>
    /// <remarks>WDK: MmFreeMappingAddress. Bug check SYSTEM_PTE_MISUSE for a wrong address or tag, and while something
    /// is mapped there.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmFreeMappingAddress(void* baseAddress, uint poolTag)
    {
        ReservedMapping mapping = RequireReserved(baseAddress, poolTag, "MmFreeMappingAddress");
        if (mapping.Mdl != 0)
            FailReserved(baseAddress, "MmFreeMappingAddress while an MDL is mapped there");
        NtKernel kernel = NtKernel.Current;
        kernel.ReservedMappings.Remove((ulong)baseAddress);
        kernel.Pages.Free((ulong)baseAddress, mapping.Bytes);
    }

    /// <summary>Maps the pages of a locked MDL.</summary>
    /// <returns>Null when they are more than was reserved or do not follow each other in RAM.</returns>
    /// <remarks>WDK: MmMapLockedPagesWithReservedMapping. Bug check SYSTEM_PTE_MISUSE as
    /// MmFreeMappingAddress.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmMapLockedPagesWithReservedMapping(
        void* mappingAddress, uint poolTag, MDL* memoryDescriptorList, MEMORY_CACHING_TYPE cacheType)
    {
        MDL* mdl = memoryDescriptorList;
        ReservedMapping mapping = RequireReserved(mappingAddress, poolTag, "MmMapLockedPagesWithReservedMapping");
        if (mapping.Mdl != 0)
            FailReserved(mappingAddress, "MmMapLockedPagesWithReservedMapping while an MDL is mapped there");
        uint pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
        if ((ulong)pages * PAGE_SIZE > mapping.Bytes)
            return null;
        void* mapped = MmMapLockedPagesSpecifyCache(mdl, KPROCESSOR_MODE.KernelMode, cacheType, null, 0, priority: 0);
        if (mapped != null)
            mapping.Mdl = (ulong)mdl;
        return mapped;
    }

    /// <summary>Undoes MmMapLockedPagesWithReservedMapping; the room stays reserved.</summary>
    /// <remarks>WDK: MmUnmapReservedMapping. Bug check SYSTEM_PTE_MISUSE if that MDL is not mapped there.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmUnmapReservedMapping(void* baseAddress, uint poolTag, MDL* memoryDescriptorList)
    {
        MDL* mdl = memoryDescriptorList;
        ReservedMapping? mapping = null;
        foreach (ReservedMapping candidate in NtKernel.Current.ReservedMappings.Values)
        {
            if (candidate.Mdl == (ulong)mdl)
                mapping = candidate;
        }
        if (mapping == null || mapping.PoolTag != poolTag)
        {
            FailReserved(baseAddress, "MmUnmapReservedMapping of an MDL that is not mapped with that tag");
            return;
        }
        mapping.Mdl = 0;
        MmUnmapLockedPages(baseAddress, mdl);
    }

    private static ReservedMapping RequireReserved(void* address, uint poolTag, string export)
    {
        if (!NtKernel.Current.ReservedMappings.TryGetValue((ulong)address, out ReservedMapping? mapping)
            || mapping.PoolTag != poolTag)
            FailReserved(address, $"{export}: nothing is reserved there with that tag");
        return mapping!;
    }

    private static void FailReserved(void* address, string what) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.SYSTEM_PTE_MISUSE, 0, (ulong)address, 0, 0, $"{what} (0x{(ulong)address:x})");
}

/// <summary>Room that MmAllocateMappingAddress gave.</summary>
internal sealed class ReservedMapping(nuint bytes, uint poolTag)
{
    public nuint Bytes { get; } = bytes;

    public uint PoolTag { get; } = poolTag;

    /// <summary>The MDL that is mapped, or 0.</summary>
    public ulong Mdl { get; set; }
}
