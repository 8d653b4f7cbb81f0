namespace Hil.Machine;

// One picture of memory, read by the page-table builder, the ROM builder and the host:
//
//   RAM window (physical = address - base)            kernel half (virtual processor only)
//   +0      legacy PC area, unused                    FFFF8000_00000000  all physical memory, for the monitor
//   +1 MB   "user" memory                             FFFFE000_00000000  device mappings (MmMapIoSpace)
//   +16 MB  page tables, monitor data, stubs (8 MB)   FFFFF780_00000000  KUSER_SHARED_DATA, read-only
//   +24 MB  the kernel's: images, pool, stacks, …     FFFFFFFF_FFE00000  monitor data, LAPIC, ROM (one page table)
//
// Below all windows, for the virtual processor only, are device mappings with user addresses.

/// <summary>Where things are, for the guest and for the host.</summary>
internal static class MachineLayout
{
    public const ulong PageBytes = 4096;

    /// <summary>First address of the first machine's window; further machines in the process get the
    /// next strides.</summary>
    public const ulong WindowBase = 0x1000_0000_0000;

    public const ulong WindowStride = 0x10_0000_0000;

    public const ulong UserOffset = 0x10_0000;

    /// <summary>Physical address of the machine's own region; also the value of CR3, since the PML4
    /// comes first.</summary>
    public const ulong MachineOffset = 0x100_0000;

    public const ulong KernelOffset = 0x180_0000;

    /// <summary>Monitor data, in the machine region's first pages after the PML4.</summary>
    public const ulong MonitorDataOffset = MachineOffset + PageBytes;

    public const int MonitorDataPages = MonitorLayout.Bytes / (int)PageBytes;

    public const ulong ControlRegionOffset = MonitorDataOffset + MonitorDataPages * PageBytes;

    // A KPCR with its PRCB is larger than a page (0x180 + 0x700 bytes used by drivers; Windows 10: 0xC000 in all).
    public const int ControlRegionPages = 12;

    public const ulong SharedUserDataOffset = ControlRegionOffset + ControlRegionPages * PageBytes;

    public const ulong StubsOffset = SharedUserDataOffset + PageBytes;

    public const uint StubCount = 4096;

    public const int StubPages = (int)(StubCount * 16 / PageBytes);

    /// <summary>Guest-side routines: code that drivers call without leaving the virtual processor.</summary>
    public const ulong RoutinesOffset = StubsOffset + StubPages * PageBytes;

    public const int RoutinePages = 2;

    /// <summary>What driver code sees in place of device pages while one trapped instruction runs.</summary>
    public const ulong ScratchOffset = RoutinesOffset + RoutinePages * PageBytes;

    /// <summary>Two operands that each cross a page.</summary>
    public const int ScratchPages = 4;

    /// <summary>Further page tables are taken from here up to <see cref="KernelOffset"/>.</summary>
    public const ulong TablesOffset = ScratchOffset + ScratchPages * PageBytes;

    public const ulong PhysicalMap = 0xFFFF_8000_0000_0000;

    /// <summary>How much of it is mapped, and thus the highest device address that can be reached.</summary>
    public const ulong PhysicalMax = 512UL << 30;

    public const ulong DeviceWindow = 0xFFFF_E000_0000_0000;

    public const ulong DeviceWindowBytes = 0x10_0000_0000;

    /// <summary>Where drivers map devices for programs (MmMapLockedPagesSpecifyCache): below any machine's window, and
    /// so below MmUserProbeAddress. As large as the device window.</summary>
    public const ulong UserDeviceWindow = 0x0800_0000_0000;

    public const ulong SharedUserDataAddress = 0xFFFF_F780_0000_0000;

    /// <summary>The top 2 MB: one page table, and sign-extended 32-bit displacements reach all of it.</summary>
    public const ulong TopRegion = 0xFFFF_FFFF_FFE0_0000;

    // QEMU keeps a page's translation at the index that the low bits of the page number are, 6 at least. A device page
    // that another page with its index has pushed out is walked and looked up anew, which takes 120 ns; RAM comes back
    // sooner. Devices lie at round addresses, so the pages that each exit needs do not.
    private const ulong QuietIndex = 0x30;

    public const ulong MonitorData = TopRegion + QuietIndex * PageBytes;

    /// <summary>With the index of a stack that nothing but a broken machine uses.</summary>
    public const ulong LocalApic =
        TopRegion + 0x10_0000 + QuietIndex * PageBytes + MonitorLayout.MachineCheckStackTop - 2 * PageBytes;

    public const ulong LocalApicPhysical = 0xFEE0_0000;

    public const ulong Rom = 0xFFFF_FFFF_FFFF_0000;

    public const ulong RomPhysical = 0xFFFF_0000;

    public const int RomBytes = 0x1_0000;
}
