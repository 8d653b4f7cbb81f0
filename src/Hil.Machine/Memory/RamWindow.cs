using Hil.Machine.Pci;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Hil.Machine.Qemu;

namespace Hil.Machine;

/// <summary>The machine's RAM: a memfd that QEMU maps too, at the same address for the host and for
/// driver code.</summary>
public sealed unsafe class RamWindow : IGuestMemory, IDisposable
{
    /// <summary>q35 keeps at most 2 GB of RAM below the PCI hole.</summary>
    public const ulong BytesMax = 2UL << 30;

    public const ulong BytesMin = 64UL << 20;

    // Beyond this many single pages a reload of CR3 (1.75 µs) is cheaper than INVLPG (133 ns) each.
    private const int InvalidationsMax = 12;

    /// <summary>How many windows there can be in one process.</summary>
    internal const int SlotCount = 256;

    /// <summary>Most memory for shadow pages: each is a mapping of its own in the worst case, with a gap behind it, and
    /// Linux allows 65,530 in a process.</summary>
    public const ulong ReserveMax = 64UL << 20;

    private readonly int _fd;
    private readonly byte* _ram;
    private readonly PageTables _tables;
    private readonly PageAccess[] _access;
    private readonly ulong[] _invalidations = new ulong[InvalidationsMax];
    private readonly SortedList<ulong, (ulong Bytes, ulong Physical)> _devices = [];

    // Physical ranges whose devices were pulled out. Their accesses go to the configuration space of a function that
    // does not exist, the last one of the window: it reads as all ones in every width and loses what is written.
    private const ulong EmptySlot = PciEcam.Base + 0x0FFF_F000;
    private readonly List<(ulong Physical, ulong Bytes)> _disconnected = [];

    // Page of the memory file that is seen at a page of the window, where that is another one; else 0.
    private readonly int[]? _redirected;

    private readonly bool[]? _trustedCode;
    private bool _disposed;

    /// <param name="bytes">What the kernel gives out.</param>
    /// <param name="reserveBytes">Memory behind it for <see cref="ShadowMemory"/>; QEMU counts it as RAM.</param>
    /// <param name="trapsAccess">Leaves device mappings absent for driver code, and code that nobody vouches for not
    /// executable, until <see cref="Traps.AccessTraps"/> has seen to it.</param>
    /// <param name="slots">The address ranges to choose from, in this order; null for all of them.</param>
    /// <exception cref="MachineStartException">None of the slots is free.</exception>
    public RamWindow(ulong bytes, ulong reserveBytes = 0, bool trapsAccess = false, Range? slots = null)
    {
        if (bytes < BytesMin || bytes > BytesMax || bytes % MachineLayout.PageBytes != 0)
            throw new ArgumentOutOfRangeException(
                nameof(bytes), bytes, $"RAM is {BytesMin >> 20} to {BytesMax >> 20} MB");
        if (reserveBytes > Math.Min(ReserveMax, BytesMax - bytes) || reserveBytes % MachineLayout.PageBytes != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(reserveBytes), reserveBytes,
                $"the reserve is at most {ReserveMax >> 20} MB, and {BytesMax >> 20} MB together with RAM");
        }
        Bytes = bytes;
        ReserveBytes = reserveBytes;
        _fd = Check(LibC.MemfdCreate("hil-ram", LibC.MfdCloexec), "memfd_create");
        Check(LibC.Ftruncate(_fd, (long)(bytes + reserveBytes)), "ftruncate");
        _ram = MapAtFreeBase(_fd, bytes, slots ?? ..SlotCount);
        _access = new PageAccess[bytes / MachineLayout.PageBytes];
        _redirected = reserveBytes == 0 ? null : new int[_access.Length];
        _trustedCode = trapsAccess ? new bool[_access.Length] : null;
        _tables = new PageTables(_ram);
        MapFixedRegions();
    }

    /// <summary>Path under which a child process can open the memory.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{_fd}";

    public ulong Base => (ulong)_ram;

    public ulong Bytes { get; }

    /// <summary>Bytes of the memory file behind the window.</summary>
    public ulong ReserveBytes { get; }

    public ulong UserBase => Base + MachineLayout.UserOffset;

    public ulong UserEnd => Base + MachineLayout.MachineOffset;

    public ulong KernelBase => Base + MachineLayout.KernelOffset;

    public ulong SharedUserData => Base + MachineLayout.SharedUserDataOffset;

    public ulong ProcessorControlRegion => Base + MachineLayout.ControlRegionOffset;

    /// <summary>Host address of the monitor's data.</summary>
    internal byte* MonitorData => _ram + MachineLayout.MonitorDataOffset;

    internal bool HasInvalidations => InvalidationCount != 0;

    /// <summary>Pages whose translations the guest must forget; more than fit means all of them.</summary>
    internal ReadOnlySpan<ulong> Invalidations =>
        _invalidations.AsSpan(0, Math.Min(InvalidationCount, InvalidationsMax));

    internal bool MustInvalidateAll => InvalidationCount > InvalidationsMax;

    private int InvalidationCount { get; set; }

    public ulong PageTableRoot => MachineLayout.MachineOffset;

    public ulong PhysicalOf(ulong address)
    {
        ulong offset = address - Base;
        Invariant.Holds(offset < Bytes, "a physical address is asked for a window address only");
        return offset;
    }

    public ulong AddressOf(ulong physical) => physical < Bytes ? Base + physical : 0;

    public PageAccess AccessOf(ulong address)
    {
        ulong page = (address - Base) / MachineLayout.PageBytes;
        return page < (ulong)_access.Length ? _access[page] : PageAccess.None;
    }

    public void Protect(ulong address, ulong bytes, PageAccess access)
    {
        ulong offset = address - Base;
        Invariant.Holds(
            (address | bytes) % MachineLayout.PageBytes == 0 && offset < Bytes && bytes <= Bytes - offset,
            "whole pages of the window are protected");
        for (ulong at = offset; at < offset + bytes; at += MachineLayout.PageBytes)
        {
            ref PageAccess current = ref _access[at / MachineLayout.PageBytes];
            if (current == access)
                continue;
            if ((current & ~access) != 0)
                Invalidate(Base + at);
            current = access;
            _tables.Map(Base + at, BackingOf(at), Admitted(at, access));
        }
    }

    /// <summary>Lets pages run as soon as they are made executable; forgotten when they are not any more.</summary>
    internal void TrustCode(ulong address, ulong bytes) => _trustedCode?.AsSpan(
        (int)((address - Base) / MachineLayout.PageBytes), (int)(bytes / MachineLayout.PageBytes)).Fill(true);

    /// <summary>Lets a page run that was held back. False if it may not, or may already.</summary>
    internal bool TryAdmitCode(ulong address)
    {
        ulong offset = (address - Base) & ~(MachineLayout.PageBytes - 1);
        PageAccess access = AccessOf(address);
        if (_trustedCode == null || (access & PageAccess.Execute) == 0
            || _trustedCode[offset / MachineLayout.PageBytes])
            return false;
        _trustedCode[offset / MachineLayout.PageBytes] = true;
        Invalidate(Base + offset);
        _tables.Map(Base + offset, BackingOf(offset), access);
        return true;
    }

    public ulong MapDevice(ulong physical, ulong bytes, bool isForUser = false)
    {
        if (bytes > MachineLayout.PhysicalMax || physical > MachineLayout.PhysicalMax - bytes)
            return 0;
        ulong first = physical & ~(MachineLayout.PageBytes - 1);
        ulong end = (physical + bytes + MachineLayout.PageBytes - 1) & ~(MachineLayout.PageBytes - 1);
        ulong address = FindDeviceRange(
            isForUser ? MachineLayout.UserDeviceWindow : MachineLayout.DeviceWindow, end - first);
        if (address == 0)
            return 0;
        if (_trustedCode == null)
            _tables.MapRange(address, first, end - first, PageAccess.ReadWrite);
        _devices.Add(address, (end - first, first));
        if (_trustedCode == null && _disconnected.Count != 0)
            HideDisconnected(address, end - first);
        return address + (physical - first);
    }

    public void UnmapDevice(ulong address, ulong bytes)
    {
        ulong first = address & ~(MachineLayout.PageBytes - 1);
        if (!_devices.Remove(first, out (ulong Bytes, ulong Physical) mapping))
            return;
        _tables.MapRange(first, 0, mapping.Bytes, PageAccess.None);
        for (ulong at = 0; at < mapping.Bytes; at += MachineLayout.PageBytes)
            Invalidate(first + at);
    }

    public bool TryTranslateDevice(ulong address, out ulong physical)
    {
        // Asked at every register access of a managed driver, and the list's enumerator is an object.
        for (int i = 0; i < _devices.Count; i++)
        {
            ulong start = _devices.GetKeyAtIndex(i);
            (ulong bytes, ulong mapped) = _devices.GetValueAtIndex(i);
            if (address - start < bytes)
            {
                physical = mapped + (address - start);
                if (_disconnected.Count != 0 && IsDisconnected(physical))
                    physical = EmptySlot + physical % MachineLayout.PageBytes;
                return true;
            }
        }
        physical = 0;
        return false;
    }

    public void DisconnectDevice(ulong physical, ulong bytes)
    {
        _disconnected.Add((physical, bytes));
        if (_trustedCode != null)
            return;
        foreach ((ulong address, (ulong length, _)) in _devices)
            HideDisconnected(address, length);
    }

    private void HideDisconnected(ulong address, ulong bytes)
    {
        for (ulong page = address; page < address + bytes; page += MachineLayout.PageBytes)
        {
            bool isDevice = TryTranslateDevice(page, out ulong physical);
            if (!isDevice || physical != EmptySlot)
                continue;
            _tables.Map(page, EmptySlot, PageAccess.ReadWrite);
            Invalidate(page);
        }
    }

    private bool IsDisconnected(ulong physical)
    {
        foreach ((ulong start, ulong bytes) in _disconnected)
        {
            if (physical - start < bytes)
                return true;
        }
        return false;
    }

    /// <summary>Makes a page of an absent device mapping accessible: a scratch page in its place, or
    /// the device.</summary>
    internal void ShowDevicePage(ulong page, int? scratch)
    {
        bool isDevice = TryTranslateDevice(page, out ulong physical);
        Invariant.Holds(isDevice, "only pages of device mappings are shown");
        _tables.Map(page, scratch is { } index ? ScratchOffset(index) : physical, PageAccess.ReadWrite);
    }

    internal void HideDevicePage(ulong page)
    {
        _tables.Map(page, 0, PageAccess.None);
        Invalidate(page);
    }

    /// <summary>Host address of a page that stands in for a device page.</summary>
    internal byte* ScratchPage(int index) => _ram + ScratchOffset(index);

    /// <summary>Whether driver code sees KUSER_SHARED_DATA. Hidden, each look at it faults.</summary>
    internal bool ShowsSharedTime
    {
        get;
        set
        {
            if (value == field)
                return;
            field = value;
            _tables.Map(MachineLayout.SharedUserDataAddress, MachineLayout.SharedUserDataOffset,
                value ? PageAccess.Read : PageAccess.None);
            if (!value)
                Invalidate(MachineLayout.SharedUserDataAddress);
        }
    }

    internal void ClearInvalidations() => InvalidationCount = 0;

    /// <summary>Whether a page of the window is user memory or the kernel's, and not the machine's own.</summary>
    internal bool IsGivenOut(int page) =>
        (ulong)page * MachineLayout.PageBytes is >= MachineLayout.UserOffset and < MachineLayout.MachineOffset
            or >= MachineLayout.KernelOffset;

    /// <summary>Shows other pages of the memory file at pages of the window, or their own again, to the host at once
    /// and to driver code before it runs next. Physical addresses stay what they are.</summary>
    internal void Redirect(int page, int count, int filePage)
    {
        const ulong PageBytes = MachineLayout.PageBytes;
        ulong offset = (ulong)page * PageBytes;
        nint mapped = LibC.Mmap(
            (nint)(Base + offset), (nuint)((ulong)count * PageBytes), LibC.ProtRead | LibC.ProtWrite,
            LibC.MapShared | LibC.MapFixed | LibC.MapPopulate, _fd, (long)((ulong)filePage * PageBytes));
        if (mapped == LibC.MapFailed)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "a page of the RAM window cannot be mapped anew");
        for (int i = 0; i < count; i++, offset += PageBytes)
        {
            _redirected![page + i] = page == filePage ? 0 : filePage + i;
            PageAccess access = _access[page + i];
            if (access == PageAccess.None)
                continue;
            Invalidate(Base + offset);
            _tables.Map(Base + offset, BackingOf(offset), Admitted(offset, access));
        }
    }

    /// <summary>Maps the whole memory file once more, reserve included.</summary>
    internal byte* MapFile() =>
        MapAnywhere(Bytes + ReserveBytes, LibC.MapShared, _fd, "the memory file");

    internal void UnmapFile(byte* file) => LibC.Munmap((nint)file, (nuint)(Bytes + ReserveBytes));

    /// <summary>Memory of the host's own, zero at first and taken when it is touched.</summary>
    internal static byte* MapPrivate(ulong bytes) =>
        MapAnywhere(bytes, LibC.MapPrivate | LibC.MapAnonymous, -1, "memory for shadow pages");

    internal static void UnmapPrivate(byte* memory, ulong bytes) => LibC.Munmap((nint)memory, (nuint)bytes);

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        LibC.Munmap((nint)_ram, (nuint)Bytes);
        LibC.Close(_fd);
    }

    private static ulong ScratchOffset(int index) =>
        MachineLayout.ScratchOffset + (ulong)index * MachineLayout.PageBytes;

    private PageAccess Admitted(ulong offset, PageAccess access)
    {
        if (_trustedCode == null)
            return access;
        ref bool isTrusted = ref _trustedCode[offset / MachineLayout.PageBytes];
        isTrusted &= (access & PageAccess.Execute) != 0;
        return isTrusted ? access : access & ~PageAccess.Execute;
    }

    // First gap between the mappings; one page stays free between two, so that running off the end faults.
    private ulong FindDeviceRange(ulong window, ulong bytes)
    {
        ulong at = window;
        foreach ((ulong start, (ulong mapped, _)) in _devices)
        {
            if (start < window)
                continue;
            if (start - at >= bytes + MachineLayout.PageBytes)
                break;
            at = start + mapped + MachineLayout.PageBytes;
        }
        return at + bytes <= window + MachineLayout.DeviceWindowBytes ? at : 0;
    }

    private void Invalidate(ulong address)
    {
        if (InvalidationCount < InvalidationsMax)
            _invalidations[InvalidationCount] = address;
        InvalidationCount++;
    }

    private void MapFixedRegions()
    {
        _tables.MapAllPhysical(MachineLayout.PhysicalMap);
        _tables.MapRange(MachineLayout.MonitorData, MachineLayout.MonitorDataOffset,
            MachineLayout.MonitorDataPages * MachineLayout.PageBytes, PageAccess.ReadWrite);
        _tables.Map(MachineLayout.LocalApic, MachineLayout.LocalApicPhysical, PageAccess.ReadWrite);
        _tables.MapRange(MachineLayout.Rom, MachineLayout.RomPhysical, MachineLayout.RomBytes, PageAccess.ReadExecute);
        // LTR marks the task descriptor busy; the ROM ignores the store, but the page must allow it.
        const ulong Gdt = MonitorRom.GdtOffset;
        _tables.Map(MachineLayout.Rom + Gdt, MachineLayout.RomPhysical + Gdt, PageAccess.ReadWrite);
        // The switch to long mode runs at the ROM's physical address.
        _tables.MapRange(
            MachineLayout.RomPhysical, MachineLayout.RomPhysical, MachineLayout.RomBytes, PageAccess.ReadExecute);
        ShowsSharedTime = true;
        const ulong PageBytes = MachineLayout.PageBytes;
        Protect(ProcessorControlRegion, MachineLayout.ControlRegionPages * PageBytes, PageAccess.ReadWrite);
        TrustCode(Base + MachineLayout.StubsOffset, MachineLayout.StubPages * PageBytes);
        TrustCode(Base + MachineLayout.RoutinesOffset, MachineLayout.RoutinePages * PageBytes);
        Protect(Base + MachineLayout.StubsOffset, MachineLayout.StubPages * PageBytes, PageAccess.ReadExecute);
        Protect(Base + MachineLayout.RoutinesOffset, MachineLayout.RoutinePages * PageBytes, PageAccess.ReadExecute);
    }

    // Offset in the memory file of what is seen at an offset of the window.
    private ulong BackingOf(ulong offset) =>
        _redirected?[offset / MachineLayout.PageBytes] is > 0 and int page
            ? (ulong)page * MachineLayout.PageBytes
            : offset;

    private static byte* MapAnywhere(ulong bytes, int flags, int fd, string what)
    {
        nint address = LibC.Mmap(0, (nuint)bytes, LibC.ProtRead | LibC.ProtWrite, flags, fd, 0);
        return address != LibC.MapFailed
            ? (byte*)address
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{what} cannot be mapped, {bytes >> 20} MB");
    }

    /// <summary>The slot whose window begins at an address, or null.</summary>
    public static int? SlotOf(ulong address)
    {
        ulong slot = (address - MachineLayout.WindowBase) / MachineLayout.WindowStride;
        bool isStart = (address - MachineLayout.WindowBase) % MachineLayout.WindowStride == 0;
        return isStart && slot < SlotCount ? (int)slot : null;
    }

    private static byte* MapAtFreeBase(int fd, ulong bytes, Range slots)
    {
        (int first, int count) = slots.GetOffsetAndLength(SlotCount);
        for (int slot = first; slot < first + count; slot++)
        {
            nint wanted = (nint)(MachineLayout.WindowBase + (ulong)slot * MachineLayout.WindowStride);
            nint address = LibC.Mmap(wanted, (nuint)bytes, LibC.ProtRead | LibC.ProtWrite,
                LibC.MapShared | LibC.MapFixedNoReplace, fd, 0);
            if (address == wanted)
                return (byte*)address;
            if (address != LibC.MapFailed)
                LibC.Munmap(address, (nuint)bytes);
        }
        LibC.Close(fd);
        throw new MachineStartException(count == 1
            ? $"address range {first} for the RAM window is taken; another machine in this process has it"
            : $"no free address range of {bytes >> 20} MB for the RAM window");
    }

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{call} failed");
}
