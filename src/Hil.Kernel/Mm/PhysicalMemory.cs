namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Where a page of RAM is mapped; null for a physical address that is no RAM.</summary>
    /// <remarks>WDK: MmGetVirtualForPhysical.</remarks>
    [Export]
    public static void* MmGetVirtualForPhysical(PHYSICAL_ADDRESS physicalAddress) =>
        (void*)NtKernel.Current.Services.Memory.AddressOf(physicalAddress.Value);

    /// <summary>Whether an address is mapped in kernel space; nothing there is ever paged out.</summary>
    /// <remarks>WDK: MmIsNonPagedSystemAddressValid (obsolete).</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN MmIsNonPagedSystemAddressValid(void* virtualAddress) =>
        (ulong)virtualAddress >= NtKernel.Current.Services.Memory.KernelBase && MmIsAddressValid(virtualAddress);

    /// <summary>Whether a driver has a part of a physical range mapped with MmMapIoSpace.</summary>
    /// <remarks>WDK: MmIsIoSpaceActive.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint MmIsIoSpaceActive(PHYSICAL_ADDRESS startAddress, nuint numberOfBytes)
    {
        NtKernel kernel = NtKernel.Current;
        foreach ((ulong address, nuint bytes) in kernel.PageBlocks.IoMappings)
        {
            ulong physical = kernel.Services.Memory.TryTranslateDevice(address, out ulong device)
                ? device
                : kernel.Services.Memory.PhysicalOf(address);
            if (physical < startAddress.Value + numberOfBytes && startAddress.Value < physical + bytes)
                return 1;
        }
        return 0;
    }

    /// <summary>Maps a display adapter's memory; null when there is no room.</summary>
    /// <remarks>WDK: MmMapVideoDisplay (obsolete).</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* MmMapVideoDisplay(
        PHYSICAL_ADDRESS physicalAddress, nuint numberOfBytes, MEMORY_CACHING_TYPE cacheType) =>
        MmMapIoSpace(physicalAddress, numberOfBytes, cacheType);

    /// <summary>Undoes MmMapVideoDisplay.</summary>
    /// <remarks>WDK: MmUnmapVideoDisplay (obsolete).</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void MmUnmapVideoDisplay(void* baseAddress, nuint numberOfBytes) =>
        MmUnmapIoSpace(baseAddress, numberOfBytes);

    /// <summary>Adds RAM to a running system, which this one has no slot for.</summary>
    /// <returns>STATUS_NOT_SUPPORTED; STATUS_CONFLICTING_ADDRESSES for a range that is RAM already;
    /// STATUS_INVALID_PARAMETER_1 and _2 for one that is not of whole pages.</returns>
    /// <remarks>WDK: MmAddPhysicalMemory.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS MmAddPhysicalMemory(PHYSICAL_ADDRESS* startAddress, LARGE_INTEGER* numberOfBytes)
    {
        NTSTATUS status = CheckRange(startAddress, numberOfBytes, out bool isRam);
        return !status.IsSuccess ? status : isRam ? STATUS_CONFLICTING_ADDRESSES : STATUS_NOT_SUPPORTED;
    }

    /// <summary>Takes RAM away from a running system, which is all in use or may be.</summary>
    /// <returns>STATUS_NOT_SUPPORTED; STATUS_INVALID_PARAMETER_1 and _2 for a range that is not of whole
    /// pages.</returns>
    /// <remarks>WDK: MmRemovePhysicalMemory.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS MmRemovePhysicalMemory(PHYSICAL_ADDRESS* startAddress, LARGE_INTEGER* numberOfBytes)
    {
        NTSTATUS status = CheckRange(startAddress, numberOfBytes, out _);
        return status.IsSuccess ? STATUS_NOT_SUPPORTED : status;
    }

    private static NTSTATUS CheckRange(PHYSICAL_ADDRESS* start, LARGE_INTEGER* bytes, out bool isRam)
    {
        isRam = NtKernel.Current.Services.Memory.AddressOf(start->Value) != 0;
        if (start->Value % PAGE_SIZE != 0)
            return STATUS_INVALID_PARAMETER_1;
        return bytes->QuadPart <= 0 || bytes->QuadPart % PAGE_SIZE != 0 ? STATUS_INVALID_PARAMETER_2 : STATUS_SUCCESS;
    }
}
