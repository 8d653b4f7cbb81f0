namespace Hil.Kernel;

// A user process could free memory, or take rights away, while a driver works with it. Nobody does so here but drivers
// themselves: memory of a view, with ZwUnmapViewOfSection. So a secured range is a note for which that routine looks.

/// <summary>User memory that drivers have secured.</summary>
internal sealed class SecuredMemory
{
    private const ulong HandleStep = 4;

    private readonly Dictionary<ulong, (ulong Address, ulong Bytes)> _ranges = [];
    private ulong _last;

    /// <summary>Secures a range; returns the handle.</summary>
    public ulong Add(ulong address, ulong bytes)
    {
        _last += HandleStep;
        _ranges.Add(_last, (address, bytes));
        return _last;
    }

    public bool Remove(ulong handle) => _ranges.Remove(handle);

    /// <summary>Whether a part of a range is secured.</summary>
    public bool Overlaps(ulong address, ulong bytes)
    {
        foreach ((ulong from, ulong length) in _ranges.Values)
        {
            if (address < from + length && from < address + bytes)
                return true;
        }
        return false;
    }
}

public static unsafe partial class Ntoskrnl
{
    /// <summary>Keeps user memory mapped, as it is, until MmUnsecureVirtualMemory.</summary>
    /// <param name="probeMode">PAGE_READONLY or PAGE_READWRITE: what the range must allow.</param>
    /// <returns>A handle; null for a range that is no user memory, does not allow it, or is empty.</returns>
    /// <remarks>WDK: MmSecureVirtualMemory.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* MmSecureVirtualMemory([UncheckedPointer] void* address, nuint size, uint probeMode)
    {
        NtKernel kernel = NtKernel.Current;
        var start = (ulong)address;
        ulong userEnd = kernel.Services.Memory.KernelBase;
        PageAccess wanted = probeMode == PAGE_READONLY ? PageAccess.Read : PageAccess.ReadWrite;
        if (probeMode is not (PAGE_READONLY or PAGE_READWRITE) || size == 0 || start >= userEnd
            || size > userEnd - start || DriverMemory.FindForbidden(start, size, wanted) != 0)
            return null;
        return (void*)kernel.SecuredMemory.Add(start, size);
    }

    /// <summary>Undoes MmSecureVirtualMemory; another handle is a bug check.</summary>
    /// <remarks>WDK: MmUnsecureVirtualMemory.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void MmUnsecureVirtualMemory(void* secureHandle)
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.SecuredMemory.Remove((ulong)secureHandle))
            kernel.BugCheck(
                BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, (ulong)secureHandle, 0, kernel.Processor.DriverRip, 0,
                $"MmUnsecureVirtualMemory of 0x{(ulong)secureHandle:x}, which secures nothing (any more)");
    }
}
