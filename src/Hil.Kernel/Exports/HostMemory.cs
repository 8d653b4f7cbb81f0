using System.Runtime.InteropServices;

namespace Hil.Kernel;

/// <summary>What of the host process's own memory exists.</summary>
internal static unsafe partial class HostMemory
{
    // A managed driver's variables lie on its stack, mostly on the page that was asked about last.
    [ThreadStatic]
    private static ulong t_mappedPage;

    /// <summary>Whether the page at an address is mapped, so that an access does not end the process.</summary>
    public static bool IsMapped(ulong address)
    {
        ulong page = address & ~(ulong)(PAGE_SIZE - 1);
        if (page == t_mappedPage && page != 0)
            return true;
        byte residency;
        if (QueryResidency((void*)page, PAGE_SIZE, &residency) != 0)
            return false;
        t_mappedPage = page;
        return true;
    }

    // Fails with ENOMEM for pages that are not mapped.
    [LibraryImport("libc.so.6", EntryPoint = "mincore")]
    private static partial int QueryResidency(void* address, nuint length, byte* residency);
}
