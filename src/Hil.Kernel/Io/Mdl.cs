namespace Hil.Kernel;

// A memory descriptor list names a buffer by its physical pages. Building one from pool, or locking one over any
// buffer, fills in the page frame numbers; mapping one gives it an address in kernel space. Here a page has one
// address, so mapping is finding it, and it works for every list whose pages follow each other in RAM: all but those a
// driver puts together by hand.
//
//   allocated ── MmBuildMdlForNonPagedPool ──► nonpaged pool (never locked, never unlocked, mapped as it is)
//             ── MmProbeAndLockPages ──► locked ── MmMapLockedPagesSpecifyCache ──► locked and mapped ── MmUnlockPages
// ──► allocated

public static unsafe partial class Ntoskrnl
{
    private const uint MdlTag = 0x206C644D; // 'Mdl '

    // The largest buffer one MDL describes (WDK: IoAllocateMdl, as of Windows Vista).
    private const uint MdlBytesMax = uint.MaxValue - PAGE_SIZE + 1;

    /// <summary>Allocates an MDL for a buffer and, if there is an IRP, hangs it there; null on failure.</summary>
    /// <param name="secondaryBuffer">TRUE appends to the IRP's chain, FALSE makes it the first.</param>
    /// <remarks>WDK: IoAllocateMdl. The pages are neither checked nor locked.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static MDL* IoAllocateMdl(
        void* virtualAddress, uint length, BOOLEAN secondaryBuffer, BOOLEAN chargeQuota, IRP* irp)
    {
        if (length > MdlBytesMax)
            return null;
        var mdl = (MDL*)NtKernel.Current.Pool.Allocate(MmSizeOfMdl(virtualAddress, length), MdlTag);
        if (mdl == null)
            return null;
        MmInitializeMdl(mdl, virtualAddress, length);
        mdl->Process = null;
        mdl->MappedSystemVa = null;
        if (irp == null)
            return mdl;
        if (secondaryBuffer && irp->MdlAddress != null)
            LastInChain(irp->MdlAddress)->Next = mdl;
        else
            irp->MdlAddress = mdl;
        return mdl;
    }

    /// <summary>Frees an MDL. One whose pages are still locked, or that describes pages of its own, loses them:
    /// reported.</summary>
    /// <remarks>WDK: IoFreeMdl.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoFreeMdl(MDL* mdl)
    {
        if ((mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0)
            MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
        if ((mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL)) == MDL_PAGES_LOCKED)
            NtKernel.Current.Violation($"the MDL at 0x{(ulong)mdl:x} was freed while its pages are locked");
        NtKernel.Current.Disclosed.RemoveBuffer(mdl);
        FreePool((ulong)mdl, MdlTag);
    }

    /// <summary>Makes an MDL describe part of a buffer that another one describes.</summary>
    /// <param name="length">In bytes; 0 is everything from the address on.</param>
    /// <remarks>WDK: IoBuildPartialMdl. The part must lie in the source and fit the target: otherwise a bug check, as
    /// in Windows.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoBuildPartialMdl(MDL* sourceMdl, MDL* targetMdl, void* virtualAddress, uint length)
    {
        ulong offset = (ulong)virtualAddress - (ulong)MmGetMdlVirtualAddress(sourceMdl);
        uint bytes = length == 0 ? sourceMdl->ByteCount - (uint)offset : length;
        RequirePart(sourceMdl, targetMdl, virtualAddress, offset, bytes);

        const short Inherited = MDL_SOURCE_IS_NONPAGED_POOL | MDL_IO_PAGE_READ | MDL_IO_SPACE;
        const short Kept = MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED;
        targetMdl->MdlFlags = (short)((targetMdl->MdlFlags & Kept) | (sourceMdl->MdlFlags & Inherited) | MDL_PARTIAL);
        targetMdl->Process = sourceMdl->Process;
        targetMdl->StartVa = PAGE_ALIGN(virtualAddress);
        targetMdl->ByteOffset = BYTE_OFFSET(virtualAddress);
        targetMdl->ByteCount = bytes;
        targetMdl->MappedSystemVa = null;
        if ((sourceMdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0)
        {
            targetMdl->MappedSystemVa = (byte*)sourceMdl->MappedSystemVa + offset;
            if ((sourceMdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) != 0)
                targetMdl->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA | MDL_MAPPED_TO_SYSTEM_VA;
        }
        ulong firstPage = (sourceMdl->ByteOffset + offset) >> (int)PAGE_SHIFT;
        uint pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(virtualAddress, bytes);
        new Span<ulong>(MmGetMdlPfnArray(sourceMdl) + firstPage, (int)pages)
            .CopyTo(new Span<ulong>(MmGetMdlPfnArray(targetMdl), (int)pages));
        Disclose(targetMdl);
    }

    /// <summary>Prepares a partial MDL for being built again.</summary>
    /// <remarks>WDK: MmPrepareMdlForReuse, a macro; for managed drivers.</remarks>
    public static void MmPrepareMdlForReuse(MDL* mdl)
    {
        if ((mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0)
            MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    }

    // A part of nonpaged pool may outlive the MDL that it was taken from; pages that are locked stay the source's.
    private static void Disclose(MDL* partialMdl)
    {
        DisclosedMemory disclosed = NtKernel.Current.Disclosed;
        if ((partialMdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0)
            disclosed.AddBuffer(
                partialMdl, (ulong)partialMdl->MappedSystemVa, partialMdl->ByteCount, isLocked: false);
        else
            disclosed.RemoveBuffer(partialMdl);
    }

    private static MDL* LastInChain(MDL* mdl)
    {
        while (mdl->Next != null)
            mdl = PointerCheck.Follow<MDL>(mdl->Next, "Mdl->Next");
        return mdl;
    }

    private static void RequirePart(MDL* source, MDL* target, void* address, ulong offset, uint bytes)
    {
        ulong room = (ulong)(target->Size - sizeof(MDL)) / sizeof(ulong);
        bool isInside = offset < source->ByteCount && bytes <= source->ByteCount - offset;
        bool isLarge = target->Size < sizeof(MDL); // Size wraps for buffers from 16 MB on and says nothing then.
        if (isInside && (isLarge || ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, bytes) <= room))
            return;
        NtKernel.Current.BugCheck(
            BugCheckCodes.TARGET_MDL_TOO_SMALL, (ulong)source, (ulong)target, (ulong)address, bytes,
            isInside
                ? "IoBuildPartialMdl: the target MDL is too small"
                : $"IoBuildPartialMdl: 0x{(ulong)address:x}, {bytes} bytes, is not part of the source MDL's buffer");
    }
}
