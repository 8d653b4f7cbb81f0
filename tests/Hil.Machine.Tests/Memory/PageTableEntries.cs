namespace Hil.Machine.Tests.Memory;

/// <summary>Walks the virtual processor's page tables as it does itself.</summary>
internal static unsafe class PageTableEntries
{
    private const ulong Present = 1;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>Physical address that driver code reaches at an address, or null when it faults.</summary>
    public static ulong? PhysicalOf(RamWindow ram, ulong address)
    {
        ulong table = MachineLayout.MachineOffset;
        for (int shift = 39; shift >= 12; shift -= 9)
        {
            ulong entry = ((ulong*)(ram.Base + table))[(address >> shift) & 0x1FF];
            if ((entry & Present) == 0)
                return null;
            table = entry & AddressMask;
        }
        return table + address % MachineLayout.PageBytes;
    }
}
