using System.Diagnostics.CodeAnalysis;

namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const short MdlStateFlags = MDL_MAPPED_TO_SYSTEM_VA | MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL
        | MDL_PARTIAL | MDL_IO_SPACE;

    // First parameters of bug check 0xC4 for MDLs (WDK: Bug Check 0xC4).
    private const ulong UnlockOfUnlocked = 0x7C;
    private const ulong UnlockOfNonpagedPool = 0x7D;
    private const ulong LockWithWrongFlags = 0xB0;
    private const ulong MapWithoutFlags = 0xB3;

    /// <summary>Bytes of an MDL for a buffer, page frame numbers included.</summary>
    /// <remarks>WDK: MmSizeOfMdl.</remarks>
    [Export]
    public static nuint MmSizeOfMdl(void* @base, nuint length) =>
        (nuint)sizeof(MDL) + sizeof(ulong) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(@base, length);

    /// <summary>Initialises an MDL for a buffer; allocates it from nonpaged pool if there is none.</summary>
    /// <param name="memoryDescriptorList">Null for a new one, which the caller frees with ExFreePool.</param>
    /// <returns>Null when memory is exhausted.</returns>
    /// <remarks>WDK: MmCreateMdl (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static MDL* MmCreateMdl(MDL* memoryDescriptorList, void* @base, nuint length)
    {
        MDL* mdl = memoryDescriptorList;
        if (mdl == null)
            mdl = (MDL*)NtKernel.Current.Pool.Allocate(MmSizeOfMdl(@base, length), MdlTag);
        if (mdl != null)
            MmInitializeMdl(mdl, @base, length);
        return mdl;
    }

    /// <summary>Fills in the pages of a buffer in nonpaged pool, which needs no locking, or of what MmMapIoSpace
    /// mapped.</summary>
    /// <remarks>WDK: MmBuildMdlForNonPagedPool.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmBuildMdlForNonPagedPool(MDL* memoryDescriptorList)
    {
        MDL* mdl = memoryDescriptorList;
        if ((mdl->MdlFlags & MdlStateFlags) != 0)
            FailMdl(mdl, LockWithWrongFlags, mdl->MdlFlags & MdlStateFlags,
                "MmBuildMdlForNonPagedPool of an MDL in use");
        void* address = MmGetMdlVirtualAddress(mdl);
        if (NtKernel.Current.Services.Memory.TryTranslateDevice((ulong)address, out _))
        {
            FillDevicePages(mdl);
            mdl->MdlFlags |= MDL_IO_SPACE;
        }
        else
        {
            FillNonPagedPages(mdl, address);
        }
        mdl->MappedSystemVa = address;
        mdl->Process = null;
        mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    }

    private static void FillNonPagedPages(MDL* mdl, void* address)
    {
        DriverMemory.RequireReadable(address, mdl->ByteCount, nameof(MmBuildMdlForNonPagedPool));
        ref PoolBlock block = ref NtKernel.Current.Pool.Find((ulong)address);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref block) && block.IsPaged)
            NtKernel.Current.Violation(
                $"MmBuildMdlForNonPagedPool of paged pool at 0x{(ulong)address:x}: lock it instead");
        FillPages(mdl);
        NtKernel.Current.Disclosed.AddBuffer(mdl, (ulong)address, mdl->ByteCount, isLocked: false);
    }

    private static void FillDevicePages(MDL* mdl)
    {
        NtKernel kernel = NtKernel.Current;
        Span<ulong> frames = FramesOf(mdl);
        for (int i = 0; i < frames.Length; i++)
        {
            ulong page = (ulong)mdl->StartVa + (ulong)i * PAGE_SIZE;
            if (!kernel.Services.Memory.TryTranslateDevice(page, out ulong physical))
                kernel.BugCheck(
                    BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, page, 0, kernel.Processor.DriverRip, 0,
                    $"MmBuildMdlForNonPagedPool of MDL 0x{(ulong)mdl:x} runs over the end of its mapping");
            frames[i] = physical >> (int)PAGE_SHIFT;
        }
    }

    /// <summary>Checks access to a buffer and locks its pages; raises in the caller when access is forbidden.</summary>
    /// <remarks>WDK: MmProbeAndLockPages. STATUS_ACCESS_VIOLATION for a kernel address in user mode, for an unmapped
    /// page and for a read-only one that is to be written.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmProbeAndLockPages(
        MDL* memoryDescriptorList, KPROCESSOR_MODE accessMode, LOCK_OPERATION operation)
    {
        MDL* mdl = memoryDescriptorList;
        if ((mdl->MdlFlags & MdlStateFlags) != 0)
            FailMdl(mdl, LockWithWrongFlags, mdl->MdlFlags & MdlStateFlags,
                (mdl->MdlFlags & MDL_PAGES_LOCKED) != 0
                    ? "MmProbeAndLockPages of an MDL whose pages are locked already"
                    : "MmProbeAndLockPages of an MDL that was built from nonpaged pool, is mapped or is partial");
        var address = (ulong)MmGetMdlVirtualAddress(mdl);
        RequireLockable(address, mdl->ByteCount, accessMode, operation);
        FillPages(mdl);
        NtKernel.Current.Disclosed.AddBuffer(mdl, address, mdl->ByteCount, isLocked: true);
        mdl->MdlFlags |= MDL_PAGES_LOCKED;
        if (operation != LOCK_OPERATION.IoReadAccess)
            mdl->MdlFlags |= MDL_WRITE_OPERATION;
    }

    /// <summary>As MmProbeAndLockPages for another process's buffer; there is one address space.</summary>
    /// <remarks>WDK: MmProbeAndLockProcessPages.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmProbeAndLockProcessPages(
        MDL* memoryDescriptorList, void* process, KPROCESSOR_MODE accessMode, LOCK_OPERATION operation) =>
        MmProbeAndLockPages(memoryDescriptorList, accessMode, operation);

    /// <summary>Unlocks the pages of an MDL and takes its system mapping away.</summary>
    /// <remarks>WDK: MmUnlockPages. Bug check for one that is not locked.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmUnlockPages(MDL* memoryDescriptorList)
    {
        MDL* mdl = memoryDescriptorList;
        if ((mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0)
            FailMdl(mdl, UnlockOfNonpagedPool, mdl->MdlFlags,
                "MmUnlockPages of an MDL built from nonpaged pool, which is never unlocked");
        if ((mdl->MdlFlags & MDL_PAGES_LOCKED) == 0)
            FailMdl(mdl, UnlockOfUnlocked, mdl->MdlFlags, "MmUnlockPages of an MDL whose pages are not locked");
        NtKernel.Current.Disclosed.RemoveBuffer(mdl);
        mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_WRITE_OPERATION);
        mdl->MappedSystemVa = null;
    }

    /// <summary>Advances the start of a locked MDL by a number of bytes.</summary>
    /// <remarks>WDK: MmAdvanceMdl. STATUS_INVALID_PARAMETER_2 beyond the end.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS MmAdvanceMdl(MDL* mdl, uint numberOfBytes)
    {
        if (numberOfBytes > mdl->ByteCount)
            return STATUS_INVALID_PARAMETER_2;
        uint before = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
        uint skipped = (mdl->ByteOffset + numberOfBytes) >> (int)PAGE_SHIFT;
        ulong* pages = MmGetMdlPfnArray(mdl);
        for (uint i = 0; i + skipped < before; i++)
            pages[i] = pages[i + skipped];
        mdl->ByteOffset = (mdl->ByteOffset + numberOfBytes) % PAGE_SIZE;
        mdl->StartVa = (byte*)mdl->StartVa + ((ulong)skipped << (int)PAGE_SHIFT);
        mdl->ByteCount -= numberOfBytes;
        if ((mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0)
            mdl->MappedSystemVa = (byte*)mdl->MappedSystemVa + numberOfBytes;
        return STATUS_SUCCESS;
    }

    private static void RequireLockable(
        ulong address, uint bytes, KPROCESSOR_MODE accessMode, LOCK_OPERATION operation)
    {
        ulong userEnd = NtKernel.Current.Services.Memory.KernelBase;
        if (accessMode != KPROCESSOR_MODE.KernelMode && (address >= userEnd || bytes > userEnd - address))
            throw new GuestRaiseException(
                STATUS_ACCESS_VIOLATION, $"MmProbeAndLockPages: 0x{address:x}, {bytes} bytes, is not user memory");
        PageAccess wanted = operation == LOCK_OPERATION.IoReadAccess ? PageAccess.Read : PageAccess.ReadWrite;
        ulong forbidden = DriverMemory.FindForbidden(address, bytes, wanted);
        if (forbidden != 0)
            throw new GuestRaiseException(
                STATUS_ACCESS_VIOLATION, $"MmProbeAndLockPages: 0x{forbidden:x} does not allow {wanted}");
    }

    private static void FillPages(MDL* mdl)
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        Span<ulong> frames = FramesOf(mdl);
        var start = (ulong)mdl->StartVa;
        for (int i = 0; i < frames.Length; i++)
            frames[i] = memory.PhysicalOf(start + (ulong)i * PAGE_SIZE) >> (int)PAGE_SHIFT;
    }

    private static Span<ulong> FramesOf(MDL* mdl)
    {
        ulong* frames = MmGetMdlPfnArray(mdl);
        uint pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
        DriverMemory.RequireWritable(frames, pages * sizeof(ulong), "an MDL routine");
        return new Span<ulong>(frames, (int)pages);
    }

    [DoesNotReturn]
    private static void FailMdl(MDL* mdl, ulong violation, int flags, string reason) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.DRIVER_VERIFIER_DETECTED_VIOLATION, violation, (ulong)mdl, (ushort)mdl->MdlFlags,
            (ushort)flags, $"{reason} (MDL 0x{(ulong)mdl:x})");
}
