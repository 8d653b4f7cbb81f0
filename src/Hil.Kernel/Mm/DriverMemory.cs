using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Hil.Kernel;

/// <summary>Checks ranges that the host reads or writes for a driver, with what an access by the driver itself would
/// have come to: in user memory an access violation in the caller, in kernel memory a bug check.</summary>
internal static unsafe class DriverMemory
{
    /// <summary>Returns when driver code may read all of a range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RequireReadable(void* address, nuint bytes, string export) =>
        Require((ulong)address, bytes, PageAccess.Read, export);

    /// <summary>Returns when driver code may write all of a range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RequireWritable(void* address, nuint bytes, string export) =>
        Require((ulong)address, bytes, PageAccess.Write, export);

    /// <summary>The first address of a range that does not allow an access, or 0.</summary>
    public static ulong FindForbidden(ulong address, ulong bytes, PageAccess access)
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        for (ulong at = address, left = bytes; left > 0;)
        {
            if ((memory.AccessOf(at) & access) != access)
                return Math.Max(at, 1); // Address 0 is forbidden too, and 0 says that nothing is.
            ulong step = Math.Min(left, PAGE_SIZE - at % PAGE_SIZE);
            at += step;
            left -= step;
        }
        return 0;
    }

    /// <summary>Bytes from an address to the terminating zero, of units of the given size; the terminator is not
    /// counted.</summary>
    /// <param name="unitsMax">Looks at no more units than these.</param>
    public static nuint MeasureString(void* text, int unitBytes, string export, ulong unitsMax = ulong.MaxValue)
    {
        var at = (byte*)text;
        for (ulong units = 0; units < unitsMax; units++, at += unitBytes)
        {
            if (units == 0 || (nuint)at % PAGE_SIZE < (nuint)unitBytes)
                RequireReadable(at, (nuint)unitBytes, export);
            if (unitBytes == 1 ? *at == 0 : *(ushort*)at == 0)
                break;
        }
        return (nuint)(at - (byte*)text);
    }

    private static void Require(ulong address, nuint bytes, PageAccess access, string export)
    {
        ulong forbidden = FindForbidden(address, bytes, access);
        if (forbidden != 0 && !PointerCheck.IsManagedVariable(forbidden))
            Fail(forbidden, address, access, export);
    }

    [DoesNotReturn]
    private static void Fail(ulong forbidden, ulong address, PageAccess access, string export)
    {
        NtKernel kernel = NtKernel.Current;
        bool isWrite = access == PageAccess.Write;
        string reason = $"{export} {(isWrite ? "wrote to" : "read from")} 0x{forbidden:x} for the driver, which "
            + (kernel.Pool.IsFreed(forbidden) ? "is freed pool" : kernel.Pool.IsBeyondEnd(forbidden)
                ? "is " + kernel.Pool.DescribeEnd(forbidden) : "is not mapped for that");
        bool isDispatch = kernel.Processor.Irql >= DISPATCH_LEVEL;
        if (forbidden < kernel.Services.Memory.KernelBase && !isDispatch)
            throw new GuestRaiseException(STATUS_ACCESS_VIOLATION, reason);
        if (isDispatch && !kernel.Pool.IsFreed(forbidden) && !kernel.Pool.IsBeyondEnd(forbidden))
            kernel.BugCheck(
                BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, forbidden, kernel.Processor.Irql.Value, isWrite ? 1u : 0,
                kernel.Processor.DriverRip, reason);
        uint code = kernel.Pool.IsFreed(forbidden) ? BugCheckCodes.DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL
            : kernel.Pool.IsBeyondEnd(forbidden) ? BugCheckCodes.DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION
            : kernel.Services.Memory.AccessOf(forbidden) != PageAccess.None
                ? BugCheckCodes.ATTEMPTED_WRITE_TO_READONLY_MEMORY
                : BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA;
        kernel.BugCheck(code, forbidden, isWrite ? 1u : 0, kernel.Processor.DriverRip, 0, reason);
    }
}
