namespace Hil.Kernel;

// Nothing is ever paged out, so making driver code and data resident succeeds at once. The handle of a section is its
// image's base address; what matters to a driver is that it is not null and that it gets the same one for one section.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Keeps the section with an address resident; returns the handle to unlock it by.</summary>
    /// <remarks>WDK: MmLockPagableDataSection, and MmLockPagableCodeSection, which is a macro for it.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* MmLockPagableDataSection(void* addressWithinSection)
    {
        NtKernel kernel = NtKernel.Current;
        LoadedModule? module = kernel.Modules.Find((ulong)addressWithinSection);
        if (module != null)
            return (void*)module.Base;
        if (kernel.Gate.TryFind((ulong)addressWithinSection, out _))
            return addressWithinSection;
        kernel.BugCheck(BugCheckCodes.MEMORY_MANAGEMENT, 0x1234, (ulong)addressWithinSection, 1, 0,
            $"0x{(ulong)addressWithinSection:x} was locked as part of a driver image, which it is not");
        return null;
    }

    /// <summary>As MmLockPagableDataSection, by the handle of an earlier call.</summary>
    /// <remarks>WDK: MmLockPagableSectionByHandle.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void MmLockPagableSectionByHandle(void* imageSectionHandle)
    {
    }

    /// <summary>Lets a section be paged out again.</summary>
    /// <remarks>WDK: MmUnlockPagableImageSection.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void MmUnlockPagableImageSection(void* imageSectionHandle)
    {
    }

    /// <summary>Makes a whole driver pageable; returns the base of its image, or null when the address is in
    /// none.</summary>
    /// <remarks>WDK: MmPageEntireDriver.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void* MmPageEntireDriver(void* addressWithinSection) =>
        (void*)(NtKernel.Current.Modules.Find((ulong)addressWithinSection)?.Base ?? 0);

    /// <summary>Undoes MmPageEntireDriver.</summary>
    /// <remarks>WDK: MmResetDriverPaging.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void MmResetDriverPaging(void* addressWithinSection)
    {
    }
}
