namespace Hil.Kernel;

/// <summary>The views of sections that are mapped.</summary>
internal sealed class SectionViews(NtKernel kernel)
{
    private const ulong Granularity = 0x10000; // Windows' allocation granularity.

    private readonly List<SectionView> _views = [];

    /// <summary>Maps a part of a section.</summary>
    /// <param name="offset">From the section's beginning, or a physical address; is rounded down to 64 KB.</param>
    /// <param name="bytes">Zero for the rest of the section; is rounded up to pages.</param>
    /// <param name="address">Where the view must begin, or 0.</param>
    public NTSTATUS Map(
        KernelObject owner, ref ulong offset, ref ulong bytes, PageAccess access, bool isForSystem, ref ulong address)
    {
        var section = (Section)owner.Payload!;
        if ((access & ~section.Allowed) != 0)
            return STATUS_SECTION_PROTECTION;
        ulong start = offset & ~(Granularity - 1);
        ulong length = bytes == 0 ? section.Bytes - start : bytes + (offset - start);
        length = (length + PAGE_SIZE - 1) & ~(ulong)(PAGE_SIZE - 1);
        NTSTATUS status = section.IsPhysicalMemory
            ? FindPhysical(start, bytes == 0 ? 0 : length, address, out ulong mapped, out bool isDevice)
            : FindBacked(section, start, length, isForSystem, address, out mapped, out isDevice);
        if (!status.IsSuccess)
            return status;
        kernel.Objects.Reference(owner);
        _views.Add(new SectionView(owner, mapped, length, access, isForSystem, isDevice));
        Protect(section);
        (offset, bytes, address) = (start, length, mapped);
        return STATUS_SUCCESS;
    }

    /// <summary>Takes a view away.</summary>
    /// <returns>STATUS_NOT_MAPPED_VIEW when there is none of the kind with the address in it;
    /// STATUS_INVALID_PAGE_PROTECTION while a part of it is secured.</returns>
    public NTSTATUS Unmap(ulong address, bool isForSystem)
    {
        int index = _views.FindIndex(view => view.IsForSystem == isForSystem && view.Contains(address));
        if (index < 0)
            return STATUS_NOT_MAPPED_VIEW;
        SectionView view = _views[index];
        if (kernel.SecuredMemory.Overlaps(view.Base, view.Bytes))
            return STATUS_INVALID_PAGE_PROTECTION;
        _views.RemoveAt(index);
        if (view.IsDevice)
            kernel.Services.Memory.UnmapDevice(view.Base, view.Bytes);
        Protect(view.Section);
        kernel.Objects.Dereference(view.Owner);
        return STATUS_SUCCESS;
    }

    private static NTSTATUS FindBacked(
        Section section, ulong start, ulong length, bool isForSystem, ulong wanted, out ulong mapped, out bool isDevice)
    {
        mapped = 0;
        isDevice = false;
        if (start >= section.Bytes || length > section.Bytes - start)
            return STATUS_INVALID_VIEW_SIZE;
        if (!section.TryBack(isForSystem))
            return STATUS_INSUFFICIENT_RESOURCES;
        mapped = section.Address + start;
        return wanted == 0 || wanted == mapped ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
    }

    private NTSTATUS FindPhysical(ulong start, ulong length, ulong wanted, out ulong mapped, out bool isDevice)
    {
        mapped = 0;
        isDevice = false;
        if (length == 0 || start + length < start)
            return STATUS_INVALID_VIEW_SIZE;
        IGuestMemory memory = kernel.Services.Memory;
        ulong first = Ntoskrnl.RamAt(start);
        isDevice = first == 0;
        if (isDevice != (Ntoskrnl.RamAt(start + length - 1) == 0) || wanted != 0)
            return STATUS_CONFLICTING_ADDRESSES;
        mapped = isDevice ? memory.MapDevice(start, length) : first;
        return mapped == 0 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }

    // RAM that \Device\PhysicalMemory shows belongs to somebody else, who says what may be done with it.
    private void Protect(Section section)
    {
        if (section.IsPhysicalMemory)
            return;
        for (ulong page = section.Address; page < section.Address + section.Bytes; page += PAGE_SIZE)
        {
            PageAccess access = PageAccess.None;
            foreach (SectionView view in _views)
                access |= view.Section == section && view.Contains(page) ? view.Access : PageAccess.None;
            if (kernel.Services.Memory.AccessOf(page) != access)
                kernel.Services.Memory.Protect(page, PAGE_SIZE, access);
        }
    }
}
