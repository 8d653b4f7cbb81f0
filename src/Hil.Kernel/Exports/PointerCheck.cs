using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Hil.Kernel;

/// <summary>Checks pointers that drivers hand over, before the host follows them: inside the RAM window and mapped.
/// A wild one is a bug check that names the export and the argument. The generator checks every typed pointer parameter
/// (null passes); pointers found inside structures are checked by hand with <see cref="Follow{T}"/>.</summary>
public static unsafe class PointerCheck
{
    /// <summary>Checks an argument; null passes, because many parameters are optional.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Argument(ulong address, int bytes, int argument)
    {
        if (address != 0 && !IsReadable(address, (ulong)bytes))
            FailArgument(address, argument);
    }

    /// <summary>Checks a pointer found in driver-visible memory and returns it typed; null and wild are
    /// bug checks.</summary>
    /// <param name="what">Names the place for the report, as in C: "Irp->Tail.Overlay.CurrentStackLocation".</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T* Follow<T>(void* pointer, string what)
        where T : unmanaged
    {
        if (!IsReadable((ulong)pointer, (ulong)sizeof(T)) && !IsManagedVariable((ulong)pointer))
            FailFollow((ulong)pointer, what);
        return (T*)pointer;
    }

    /// <summary>Whether the host may read a range: all of it in the window and mapped for driver code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsReadable(ulong address, ulong bytes)
    {
        IGuestMemory memory = NtKernel.Current.Services.Memory;
        ulong offset = address - memory.Base;
        if (offset >= memory.Bytes || memory.Bytes - offset < bytes)
            return false;
        return memory.AccessOf(address) != PageAccess.None
            && (bytes <= 1 || memory.AccessOf(address + bytes - 1) != PageAccess.None);
    }

    /// <summary>Whether an address outside the RAM window is a managed driver's own variable: so it is if no native
    /// driver is calling and the host has something there.</summary>
    internal static bool IsManagedVariable(ulong address)
    {
        NtKernel kernel = NtKernel.Current;
        IGuestMemory memory = kernel.Services.Memory;
        return kernel.Processor.DriverRip == 0 && address - memory.Base >= memory.Bytes && HostMemory.IsMapped(address);
    }

    [DoesNotReturn]
    private static void FailArgument(ulong address, int argument) =>
        Fail(address, $"the driver passed a wild pointer 0x{address:x} as argument {argument + 1}");

    [DoesNotReturn]
    private static void FailFollow(ulong address, string what) =>
        Fail(address, $"{what} is a wild pointer, 0x{address:x}");

    // The routine that would have followed it is the kernel's, so it is not bug check 0xD1 at DISPATCH_LEVEL.
    [DoesNotReturn]
    private static void Fail(ulong address, string reason)
    {
        NtKernel kernel = NtKernel.Current;
        if (kernel.Processor.Irql >= DISPATCH_LEVEL)
            kernel.BugCheck(
                BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, address, kernel.Processor.Irql.Value, 0,
                kernel.Processor.DriverRip, reason);
        kernel.BugCheck(
            BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, address, 0, kernel.Processor.DriverRip, 0, reason);
    }
}
