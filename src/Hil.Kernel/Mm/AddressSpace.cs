namespace Hil.Kernel;

// The RAM window has one address space: user memory below MmUserProbeAddress, kernel memory above it, each page at one
// address that also says which physical page it is. Device mappings lie outside the window.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Physical address behind a mapped address; 0 when it is not mapped.</summary>
    /// <remarks>WDK: MmGetPhysicalAddress.</remarks>
    [Export]
    public static PHYSICAL_ADDRESS MmGetPhysicalAddress(void* baseAddress)
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        if (memory.AccessOf((ulong)baseAddress) != PageAccess.None)
        {
            NtKernel.Current.Disclosed.AddPage((ulong)baseAddress);
            return new PHYSICAL_ADDRESS(memory.PhysicalOf((ulong)baseAddress));
        }
        return new PHYSICAL_ADDRESS(memory.TryTranslateDevice((ulong)baseAddress, out ulong physical) ? physical : 0);
    }

    /// <summary>Whether a read of one byte would not fault right now.</summary>
    /// <remarks>WDK: MmIsAddressValid.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN MmIsAddressValid(void* virtualAddress)
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        return memory.AccessOf((ulong)virtualAddress) != PageAccess.None
            || memory.TryTranslateDevice((ulong)virtualAddress, out _);
    }

    /// <summary>Raises in the caller unless a range is user memory and aligned. Reads nothing; an empty range is
    /// right.</summary>
    /// <remarks>WDK: ProbeForRead.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ProbeForRead(void* address, nuint length, uint alignment) =>
        Probe((ulong)address, length, alignment, "ProbeForRead");

    /// <summary>Raises in the caller unless a range is writable user memory and aligned.</summary>
    /// <remarks>WDK: ProbeForWrite.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ProbeForWrite(void* address, nuint length, uint alignment)
    {
        Probe((ulong)address, length, alignment, "ProbeForWrite");
        if (length != 0 && NtKernel.Current.Services.Memory.TryTranslateDevice((ulong)address, out _))
            return; // Device space that is mapped for a program can be written.
        ulong forbidden = DriverMemory.FindForbidden((ulong)address, length, PageAccess.Write);
        if (forbidden != 0)
            throw new GuestRaiseException(
                STATUS_ACCESS_VIOLATION, $"ProbeForWrite: user memory at 0x{forbidden:x} is not writable");
    }

    /// <summary>Address of an exported function or variable; null when the kernel has none of that name.</summary>
    /// <remarks>WDK: MmGetSystemRoutineAddress.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void* MmGetSystemRoutineAddress(UNICODE_STRING* systemRoutineName)
    {
        NtKernel kernel = NtKernel.Current;
        string name = CharsOf(systemRoutineName, "SystemRoutineName").ToString();
        ulong address = kernel.Services.VirtualProcessor.FindGuestRoutine(name);
        if (address == 0 && ExportTable.TryFind(name, out int id))
            address = kernel.Gate.AddressOf((uint)id);
        if (address == 0)
            kernel.Data.TryFind(name, out address);
        return (void*)address;
    }

    /// <summary>Copies memory that may be invalid, by virtual or physical address; tells how much it copied.</summary>
    /// <remarks>WDK: MmCopyMemory. STATUS_PARTIAL_COPY when it ended early.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS MmCopyMemory(
        void* targetAddress, MM_COPY_ADDRESS sourceAddress, nuint numberOfBytes, uint flags,
        nuint* numberOfBytesTransferred)
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        *numberOfBytesTransferred = 0;
        if (flags is not (MM_COPY_MEMORY_PHYSICAL or MM_COPY_MEMORY_VIRTUAL))
            return STATUS_INVALID_PARAMETER_4;
        ulong source = flags == MM_COPY_MEMORY_VIRTUAL
            ? (ulong)sourceAddress.VirtualAddress
            : memory.AddressOf(sourceAddress.PhysicalAddress.Value);
        ulong forbidden = flags == MM_COPY_MEMORY_VIRTUAL
            ? DriverMemory.FindForbidden(source, numberOfBytes, PageAccess.Read)
            : FirstBehindWindow(memory, source, numberOfBytes);
        nuint bytes = forbidden == 0 ? numberOfBytes : (nuint)(forbidden - Math.Min(source, forbidden));
        DriverMemory.RequireWritable(targetAddress, bytes, nameof(MmCopyMemory));
        Buffer.MemoryCopy((void*)source, targetAddress, bytes, bytes);
        *numberOfBytesTransferred = bytes;
        return bytes == numberOfBytes ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
    }

    /// <summary>The ranges of RAM, ended by an empty one, in pool that the caller frees; null on failure.</summary>
    /// <remarks>WDK: MmGetPhysicalMemoryRanges.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static PHYSICAL_MEMORY_RANGE* MmGetPhysicalMemoryRanges()
    {
        const uint Tag = 0x68506D4D; // 'MmPh'
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        var ranges = (PHYSICAL_MEMORY_RANGE*)ExAllocatePoolZero(
            POOL_TYPE.NonPagedPoolNx, (nuint)(2 * sizeof(PHYSICAL_MEMORY_RANGE)), Tag);
        if (ranges == null)
            return null;
        ranges[0].BaseAddress = new PHYSICAL_ADDRESS(memory.PhysicalOf(memory.Base));
        ranges[0].NumberOfBytes.QuadPart = (long)memory.Bytes;
        return ranges;
    }

    /// <summary>How much memory the system has: MmLargeSystem.</summary>
    /// <remarks>WDK: MmQuerySystemSize.</remarks>
    [Export]
    public static MM_SYSTEMSIZE MmQuerySystemSize() => MM_SYSTEMSIZE.MmLargeSystem;

    [ExportData("MmUserProbeAddress", 8)]
    public static void InitializeMmUserProbeAddress(byte* storage) =>
        *(ulong*)storage = NtKernel.Current.Services.Memory.KernelBase;

    [ExportData("MmHighestUserAddress", 8)]
    public static void InitializeMmHighestUserAddress(byte* storage) =>
        *(ulong*)storage = NtKernel.Current.Services.Memory.KernelBase - 1;

    [ExportData("MmSystemRangeStart", 8)]
    public static void InitializeMmSystemRangeStart(byte* storage) =>
        *(ulong*)storage = NtKernel.Current.Services.Memory.KernelBase;

    /// <summary>TRUE: physical addresses have more than 32 bits.</summary>
    [ExportData("Mm64BitPhysicalAddress", 1)]
    public static void InitializeMm64BitPhysicalAddress(byte* storage) => *storage = 1;

    /// <summary>An address that is never valid, for MM_BAD_POINTER: nothing maps this part of the kernel's
    /// half.</summary>
    /// <remarks>WDK: MM_BAD_POINTER.</remarks>
    [ExportData("MmBadPointer", 8)]
    public static void InitializeMmBadPointer(byte* storage) => *(ulong*)storage = 0xFFFFF0F0_F0F0F000;

    private static void Probe(ulong address, ulong length, uint alignment, string export)
    {
        if (length == 0)
            return;
        if (!uint.IsPow2(alignment) || alignment > 16)
            NtKernel.Current.Violation($"{export} with alignment {alignment}; it is 1, 2, 4, 8 or 16");
        else if ((address & (alignment - 1)) != 0)
            throw new GuestRaiseException(
                STATUS_DATATYPE_MISALIGNMENT, $"{export}: 0x{address:x} is not aligned to {alignment} bytes");
        ulong userEnd = NtKernel.Current.Services.Memory.KernelBase;
        if (address >= userEnd || length > userEnd - address)
            throw new GuestRaiseException(
                STATUS_ACCESS_VIOLATION, $"{export}: 0x{address:x}, {length} bytes, is not user memory");
    }

    private static ulong FirstBehindWindow(IGuestMemory memory, ulong address, ulong bytes)
    {
        if (address == 0)
            return 1;
        ulong end = memory.Base + memory.Bytes;
        return bytes <= end - address ? 0 : end;
    }
}
