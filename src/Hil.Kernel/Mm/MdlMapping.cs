namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Maps the pages of a locked MDL into kernel space.</summary>
    /// <remarks>WDK: MmMapLockedPages (obsolete). Stops the machine on failure, as it does in Windows.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmMapLockedPages(MDL* memoryDescriptorList, KPROCESSOR_MODE accessMode) =>
        MmMapLockedPagesSpecifyCache(
            memoryDescriptorList, accessMode, MEMORY_CACHING_TYPE.MmCached, null, bugCheckOnFailure: 1, priority: 0);

    /// <summary>Maps the pages of a locked MDL; null (or bug check, on request) when they do not follow each other in
    /// RAM.</summary>
    /// <param name="accessMode">UserMode wants an address below MmUserProbeAddress, which user pages have and device
    /// space gets; else it raises.</param>
    /// <param name="requestedAddress">For device space in user mode; it raises unless it is null, since Hil chooses the
    /// address.</param>
    /// <remarks>WDK: MmMapLockedPagesSpecifyCache. Programs, which run outside the machine, cannot read device space at
    /// its user address; driver code can.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmMapLockedPagesSpecifyCache(
        MDL* memoryDescriptorList,
        KPROCESSOR_MODE accessMode,
        MEMORY_CACHING_TYPE cacheType,
        void* requestedAddress,
        uint bugCheckOnFailure,
        uint priority)
    {
        MDL* mdl = memoryDescriptorList;
        const short Mappable = MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL;
        if ((mdl->MdlFlags & Mappable) == 0)
            FailMdl(mdl, MapWithoutFlags, Mappable, "mapping an MDL whose pages are not locked");
        if (accessMode == KPROCESSOR_MODE.UserMode && (mdl->MdlFlags & MDL_IO_SPACE) != 0)
            return MapDeviceForUser(mdl, requestedAddress);
        void* mapped = AddressOfPages(mdl);
        if (accessMode == KPROCESSOR_MODE.UserMode)
            return RequireUserMapping(mapped);
        if (mapped == null)
        {
            if (bugCheckOnFailure != 0)
                NtKernel.Current.BugCheck(BugCheckCodes.NO_MORE_SYSTEM_PTES, 0, mdl->ByteCount, 0, 0,
                    "an MDL was mapped whose pages do not follow each other in RAM");
            return null;
        }
        mdl->MappedSystemVa = mapped;
        mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
        if ((mdl->MdlFlags & MDL_PARTIAL) != 0)
            mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
        return mapped;
    }

    /// <summary>Takes the mapping of an MDL away.</summary>
    /// <remarks>WDK: MmUnmapLockedPages. Pages of RAM keep their own address, so late use of it is not
    /// found.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmUnmapLockedPages(void* baseAddress, MDL* memoryDescriptorList)
    {
        MDL* mdl = memoryDescriptorList;
        NtKernel kernel = NtKernel.Current;
        if (kernel.PageBlocks.TryRemove((ulong)baseAddress, PageBlockKind.UserMapping, out nuint bytes))
        {
            kernel.Services.Memory.UnmapDevice((ulong)PAGE_ALIGN(baseAddress), bytes);
            return;
        }
        if ((ulong)baseAddress < kernel.Services.Memory.KernelBase
            && (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0)
            return; // A user mapping leaves no trace in the MDL.
        if ((mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0
            || PAGE_ALIGN(baseAddress) != PAGE_ALIGN(mdl->MappedSystemVa))
            kernel.BugCheck(BugCheckCodes.SYSTEM_PTE_MISUSE, 0, (ulong)baseAddress, (ulong)mdl, 0,
                $"MmUnmapLockedPages of 0x{(ulong)baseAddress:x}, where MDL 0x{(ulong)mdl:x} is not mapped");
        mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
        mdl->MappedSystemVa = null;
    }

    /// <summary>Address of an MDL's buffer in kernel space, mapping it if need be; null on failure.</summary>
    /// <remarks>WDK: MmGetSystemAddressForMdlSafe, inline in wdm.h; for managed drivers.</remarks>
    public static void* MmGetSystemAddressForMdlSafe(MDL* mdl, uint priority)
    {
        const short HasAddress = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL;
        return (mdl->MdlFlags & HasAddress) != 0
            ? mdl->MappedSystemVa
            : MmMapLockedPagesSpecifyCache(
                mdl, KPROCESSOR_MODE.KernelMode, MEMORY_CACHING_TYPE.MmCached, null, 0, priority);
    }

    /// <summary>Changes the protection of an MDL's mapping.</summary>
    /// <remarks>WDK: MmProtectMdlSystemAddress. Takes effect for whole pages, for everyone who uses them.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS MmProtectMdlSystemAddress(MDL* memoryDescriptorList, uint newProtect)
    {
        MDL* mdl = memoryDescriptorList;
        if ((mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0 || (mdl->MdlFlags & MDL_IO_SPACE) != 0)
            return STATUS_NOT_MAPPED_VIEW; // Pages of RAM have a protection here, device space has none.
        PageAccess? access = PageProtection.Read(newProtect);
        if (access == null)
            return STATUS_INVALID_PAGE_PROTECTION;
        void* start = PAGE_ALIGN(mdl->MappedSystemVa);
        uint pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->MappedSystemVa, mdl->ByteCount);
        NtKernel.Current.Services.Memory.Protect((ulong)start, (ulong)pages * PAGE_SIZE, access.Value);
        return STATUS_SUCCESS;
    }

    private static void* AddressOfPages(MDL* mdl)
    {
        if ((mdl->MdlFlags & MDL_IO_SPACE) != 0)
            return MmGetMdlVirtualAddress(mdl); // MmMapIoSpace's mapping, which outlives the MDL's.
        ulong address = TryFindRun(FramesOf(mdl), out ulong physical)
            ? NtKernel.Current.Services.Memory.AddressOf(physical)
            : 0;
        return address == 0 ? null : (byte*)address + mdl->ByteOffset;
    }

    // Whether the pages follow each other, and where they begin.
    private static bool TryFindRun(ReadOnlySpan<ulong> frames, out ulong physical)
    {
        physical = frames.IsEmpty ? 0 : frames[0] << (int)PAGE_SHIFT;
        for (int i = 1; i < frames.Length; i++)
        {
            if (frames[i] != frames[0] + (uint)i)
                return false;
        }
        return !frames.IsEmpty;
    }

    private static void* MapDeviceForUser(MDL* mdl, void* requestedAddress)
    {
        NtKernel kernel = NtKernel.Current;
        Span<ulong> frames = FramesOf(mdl);
        nuint bytes = (nuint)frames.Length * PAGE_SIZE;
        ulong mapped = requestedAddress == null && TryFindRun(frames, out ulong physical)
            ? kernel.Services.Memory.MapDevice(physical, bytes, isForUser: true)
            : 0;
        if (mapped == 0)
            throw new GuestRaiseException(
                STATUS_INSUFFICIENT_RESOURCES, "an MDL of device space has no room in user space as it was asked for");
        mapped += mdl->ByteOffset;
        kernel.PageBlocks.Add(mapped, PageBlockKind.UserMapping, bytes);
        return (void*)mapped;
    }

    private static void* RequireUserMapping(void* mapped) =>
        mapped != null && (ulong)mapped < NtKernel.Current.Services.Memory.KernelBase
            ? mapped
            : throw new GuestRaiseException(
                STATUS_INSUFFICIENT_RESOURCES,
                "kernel pages have no address in user space, where an MDL was to be mapped");
}
