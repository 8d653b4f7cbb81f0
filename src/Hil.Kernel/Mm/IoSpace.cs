namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Maps a physical range, device registers as a rule; null when there is no room.</summary>
    /// <remarks>WDK: MmMapIoSpace. RAM already has its address, which is what a mapping of it returns.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmMapIoSpace(
        PHYSICAL_ADDRESS physicalAddress, nuint numberOfBytes, MEMORY_CACHING_TYPE cacheType)
    {
        NtKernel kernel = NtKernel.Current;
        if (numberOfBytes == 0)
        {
            kernel.Violation($"MmMapIoSpace of no bytes at physical 0x{physicalAddress.Value:x}");
            return null;
        }
        ulong physical = physicalAddress.Value;
        ulong ram = RamAt(physical);
        if (ram != 0)
        {
            RequireOwned(kernel, physical, ram, numberOfBytes);
            kernel.PageBlocks.Add(ram, PageBlockKind.RamMapping, numberOfBytes);
            return (void*)ram;
        }
        ulong offset = physical % PAGE_SIZE;
        nuint span = ROUND_TO_PAGES((nuint)offset + numberOfBytes);
        ulong mapped = kernel.Services.Memory.MapDevice(physical - offset, span);
        if (mapped == 0)
            return null;
        kernel.PageBlocks.Add(mapped + offset, PageBlockKind.DeviceMapping, numberOfBytes);
        return (void*)(mapped + offset);
    }

    /// <summary>Window address of a physical address to map, or 0 when it is mapped as device space: video memory and
    /// ROMs of a PC are never RAM to a driver, though there is some behind them, and the memory below them is the
    /// firmware's.</summary>
    internal static ulong RamAt(ulong physical)
    {
        const ulong LegacySpaceEnd = 0x100000;
        return physical < LegacySpaceEnd ? 0 : NtKernel.Current.Services.Memory.AddressOf(physical);
    }

    // WDK: "Bug Check 0xC4". Somebody must hold RAM that is mapped; a page that nobody has is not locked, either.
    private static void RequireOwned(NtKernel kernel, ulong physical, ulong ram, nuint bytes)
    {
        const ulong MappedUnlocked = 0x83;
        for (ulong at = 0; at < bytes; at += PAGE_SIZE - (physical + at) % PAGE_SIZE)
        {
            if (kernel.Services.Memory.AccessOf(ram + at) == PageAccess.None)
                kernel.BugCheck(
                    BugCheckCodes.DRIVER_VERIFIER_DETECTED_VIOLATION, MappedUnlocked, physical, bytes,
                    (physical + at) / PAGE_SIZE,
                    $"MmMapIoSpace of RAM that nobody has: physical 0x{physical + at:x}");
        }
    }

    /// <summary>As MmMapIoSpace, with a page protection; null for one that is no readable mapping.</summary>
    /// <remarks>WDK: MmMapIoSpaceEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* MmMapIoSpaceEx(PHYSICAL_ADDRESS physicalAddress, nuint numberOfBytes, uint protect)
    {
        const uint Caching = PAGE_NOCACHE | PAGE_WRITECOMBINE;
        return (protect & ~Caching) is PAGE_READONLY or PAGE_READWRITE or PAGE_EXECUTE or PAGE_EXECUTE_READ
            or PAGE_EXECUTE_READWRITE
            ? MmMapIoSpace(physicalAddress, numberOfBytes, MEMORY_CACHING_TYPE.MmNonCached)
            : null;
    }

    /// <summary>Undoes MmMapIoSpace; address and size must be the ones of the mapping.</summary>
    /// <remarks>WDK: MmUnmapIoSpace.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void MmUnmapIoSpace(void* baseAddress, nuint numberOfBytes)
    {
        NtKernel kernel = NtKernel.Current;
        var address = (ulong)baseAddress;
        if (kernel.PageBlocks.TryRemove(address, PageBlockKind.RamMapping, out _))
            return;
        if (!kernel.PageBlocks.TryRemove(address, PageBlockKind.DeviceMapping, out nuint bytes)
            || bytes != numberOfBytes)
            kernel.BugCheck(BugCheckCodes.SYSTEM_PTE_MISUSE, 0, address, numberOfBytes, bytes,
                $"MmUnmapIoSpace of 0x{address:x}, {numberOfBytes} bytes, which is no mapping of that size");
        ulong offset = address % PAGE_SIZE;
        kernel.Services.Memory.UnmapDevice(address - offset, ROUND_TO_PAGES((nuint)offset + bytes));
    }
}
