namespace Hil.Kernel.Platform;

/// <summary>What a page of guest memory allows.</summary>
[Flags]
public enum PageAccess : byte
{
    /// <summary>Not mapped: any access faults.</summary>
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 4,
    ReadWrite = Read | Write,
    ReadExecute = Read | Execute,
    All = Read | Write | Execute,
}

/// <summary>The RAM window: one range of addresses that is the same memory for the host, for driver code on the virtual
/// processor and, by physical address, for QEMU's devices.</summary>
public unsafe interface IGuestMemory
{
    /// <summary>First address of the window, on both sides.</summary>
    ulong Base { get; }

    /// <summary>Size of the window in bytes.</summary>
    ulong Bytes { get; }

    /// <summary>Pages from here to <see cref="UserEnd"/> are free for "user" memory.</summary>
    ulong UserBase { get; }

    /// <summary>First address behind what may be given out as user memory; the machine's own pages may lie between it
    /// and <see cref="KernelBase"/>.</summary>
    ulong UserEnd => KernelBase;

    /// <summary>First address above user memory (MmUserProbeAddress); pages from here to the end of the window are the
    /// kernel's to give out.</summary>
    ulong KernelBase { get; }

    /// <summary>Physical address of a window address.</summary>
    ulong PhysicalOf(ulong address);

    /// <summary>Window address of a physical address, or 0 when it is not RAM.</summary>
    ulong AddressOf(ulong physical);

    /// <summary>Physical address of the virtual processor's page tables (CR3); 0 for one that has none.</summary>
    ulong PageTableRoot => 0;

    /// <summary>Sets what driver code may do with pages; takes effect before driver code runs next. Both page-aligned.
    /// The host's own access does not change.</summary>
    void Protect(ulong address, ulong bytes, PageAccess access);

    /// <summary>What driver code may do with the page at an address (None outside the window).</summary>
    PageAccess AccessOf(ulong address);

    /// <summary>Maps device space for driver code; returns its address there (not readable by the host:
    /// use IBus), or 0.</summary>
    /// <param name="isForUser">Whether the address is to lie below <see cref="KernelBase"/>, like user memory
    /// does.</param>
    ulong MapDevice(ulong physical, ulong bytes, bool isForUser = false);

    /// <summary>Undoes <see cref="MapDevice"/>.</summary>
    void UnmapDevice(ulong address, ulong bytes);

    /// <summary>Physical address behind a device mapping, or false when the address is not one.</summary>
    bool TryTranslateDevice(ulong address, out ulong physical);

    /// <summary>Says that the device behind a physical range was pulled out: mappings of it, and later ones, read as
    /// all ones and lose what is written. Memory without devices has nothing to do.</summary>
    void DisconnectDevice(ulong physical, ulong bytes)
    {
    }

    /// <summary>Address of KUSER_SHARED_DATA in the window; the guest also sees it at 0xFFFFF78000000000,
    /// read-only.</summary>
    ulong SharedUserData { get; }

    /// <summary>Address of the KPCR (GS base of the virtual processor) in the window; one page.</summary>
    ulong ProcessorControlRegion { get; }
}
