namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const string PhysicalMemoryPath = @"\Device\PhysicalMemory";
    private const uint SectionTag = 0x74_63_65_53; // Sect
    private const int SectionBodyBytes = 64; // Opaque to drivers.

    /// <summary>Creates a section of memory that no file stands behind.</summary>
    /// <param name="objectAttributes">May be null: a section without a name.</param>
    /// <param name="maximumSize">In bytes; is rounded up to pages.</param>
    /// <returns>STATUS_INVALID_FILE_FOR_SECTION for any file: devices are what can be opened here, and they support no
    /// sections; STATUS_INVALID_PAGE_PROTECTION, STATUS_INVALID_PARAMETER_4 without a size, STATUS_INVALID_PARAMETER_6
    /// for unknown attributes, STATUS_SECTION_TOO_BIG, STATUS_COMMITMENT_LIMIT when there are not so many pages;
    /// STATUS_OBJECT_NAME_EXISTS for a section that was there and OBJ_OPENIF, STATUS_OBJECT_NAME_COLLISION
    /// without.</returns>
    /// <remarks>WDK: ZwCreateSection.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwCreateSection(
        void** sectionHandle,
        uint desiredAccess,
        OBJECT_ATTRIBUTES* objectAttributes,
        long* maximumSize,
        uint sectionPageProtection,
        uint allocationAttributes,
        void* fileHandle)
    {
        NTSTATUS status = CheckSection(sectionPageProtection, allocationAttributes, fileHandle);
        if (!status.IsSuccess)
            return status;
        status = FindBeforeCreation(
            objectAttributes, ObjectType.Section, desiredAccess, sectionHandle, out string path);
        if (status != STATUS_SUCCESS)
            return status;
        if (maximumSize == null || *maximumSize == 0)
            return STATUS_INVALID_PARAMETER_4;
        NtKernel kernel = NtKernel.Current;
        if ((ulong)*maximumSize > kernel.Services.Memory.Bytes)
            return STATUS_SECTION_TOO_BIG;
        ulong bytes = ROUND_TO_PAGES((nuint)(ulong)*maximumSize);
        if (bytes / PAGE_SIZE > (ulong)kernel.Pages.FreePages)
            return STATUS_COMMITMENT_LIMIT;
        PageAccess allowed = PageProtection.Read(sectionPageProtection) ?? PageAccess.Read;
        KernelObject? created = CreateSection(new Section(kernel, bytes, allowed));
        return created == null
            ? STATUS_INSUFFICIENT_RESOURCES
            : OpenCreated(created, path, objectAttributes, desiredAccess, sectionHandle);
    }

    /// <summary>Opens a section that has a name, or \Device\PhysicalMemory.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwOpenSection.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenSection(
        void** sectionHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes)
    {
        RequirePhysicalMemory();
        return OpenNamed(objectAttributes, ObjectType.Section, desiredAccess, sectionHandle);
    }

    /// <summary>Maps a part of a section into the system process.</summary>
    /// <param name="baseAddress">Gets the view's address. Each page has one, so another cannot be asked for.</param>
    /// <param name="sectionOffset">Rounded down to 64 KB, in place; null for 0.</param>
    /// <param name="viewSize">Zero for the rest of the section; gets the view's size in bytes.</param>
    /// <param name="win32Protect">PAGE_XXX; a page that several views show allows what one of them does.</param>
    /// <returns>STATUS_CONFLICTING_ADDRESSES for an address that is not the section's, or a range of physical memory
    /// that is RAM in part; STATUS_INVALID_PAGE_PROTECTION (also for PAGE_WRITECOPY), STATUS_SECTION_PROTECTION,
    /// STATUS_INVALID_VIEW_SIZE, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_HANDLE,
    /// STATUS_OBJECT_TYPE_MISMATCH, STATUS_INVALID_PARAMETER_4 and _8 and _9.</returns>
    /// <remarks>WDK: ZwMapViewOfSection.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwMapViewOfSection(
        void* sectionHandle,
        void* processHandle,
        void** baseAddress,
        nuint zeroBits,
        nuint commitSize,
        long* sectionOffset,
        nuint* viewSize,
        uint inheritDisposition,
        uint allocationType,
        uint win32Protect)
    {
        const uint ViewShare = 1;
        const uint ViewUnmap = 2;
        const nuint ZeroBitsEnd = 21;
        const uint AllocationTypes = MEM_RESERVE | MEM_TOP_DOWN | MEM_LARGE_PAGES;
        if (zeroBits >= ZeroBitsEnd)
            return STATUS_INVALID_PARAMETER_4;
        if (inheritDisposition is not (ViewShare or ViewUnmap))
            return STATUS_INVALID_PARAMETER_8;
        if ((allocationType & ~AllocationTypes) != 0)
            return STATUS_INVALID_PARAMETER_9;
        if (PageProtection.Read(win32Protect) is not { } access)
            return STATUS_INVALID_PAGE_PROTECTION;
        NTSTATUS status = ObjectOf(processHandle, ObjectType.Process, out _);
        if (!status.IsSuccess)
            return status;
        status = ObjectOf(sectionHandle, ObjectType.Section, out KernelObject? section);
        return status.IsSuccess
            ? MapView(section!, baseAddress, sectionOffset, viewSize, access, isForSystem: false)
            : status;
    }

    /// <summary>Takes a view of ZwMapViewOfSection away.</summary>
    /// <param name="baseAddress">Any address in it.</param>
    /// <returns>STATUS_NOT_MAPPED_VIEW, STATUS_INVALID_PAGE_PROTECTION while a part of it is secured
    /// (MmSecureVirtualMemory), STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwUnmapViewOfSection.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwUnmapViewOfSection(void* processHandle, void* baseAddress)
    {
        NTSTATUS status = ObjectOf(processHandle, ObjectType.Process, out _);
        return status.IsSuccess ? UnmapView(baseAddress, isForSystem: false) : status;
    }

    /// <summary>Maps a section, from its beginning, into system space.</summary>
    /// <param name="section">The section object.</param>
    /// <param name="viewSize">Zero for the whole section; gets the view's size in bytes.</param>
    /// <returns>As ZwMapViewOfSection.</returns>
    /// <remarks>WDK: MmMapViewInSystemSpace.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS MmMapViewInSystemSpace(void* section, void** mappedBase, nuint* viewSize)
    {
        KernelObject owner = NtKernel.Current.Objects.Require(section);
        if (owner.Payload is not Section mapped)
            return STATUS_OBJECT_TYPE_MISMATCH;
        *mappedBase = null;
        return MapView(owner, mappedBase, null, viewSize, mapped.Allowed & PageAccess.ReadWrite, isForSystem: true);
    }

    /// <summary>Takes a view of MmMapViewInSystemSpace away.</summary>
    /// <returns>STATUS_NOT_MAPPED_VIEW.</returns>
    /// <remarks>WDK: MmUnmapViewInSystemSpace.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS MmUnmapViewInSystemSpace(void* mappedBase) => UnmapView(mappedBase, isForSystem: true);

    /// <summary>As MmMapViewInSystemSpace: there is one session, and its space is the system's.</summary>
    /// <remarks>WDK: MmMapViewInSessionSpace.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS MmMapViewInSessionSpace(void* section, void** mappedBase, nuint* viewSize) =>
        MmMapViewInSystemSpace(section, mappedBase, viewSize);

    /// <inheritdoc cref="MmUnmapViewInSystemSpace"/>
    /// <remarks>WDK: MmUnmapViewInSessionSpace.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS MmUnmapViewInSessionSpace(void* mappedBase) => UnmapView(mappedBase, isForSystem: true);

    private static NTSTATUS CheckSection(uint protection, uint attributes, void* fileHandle)
    {
        const uint Known = SEC_FILE | SEC_IMAGE | SEC_RESERVE | SEC_COMMIT | SEC_NOCACHE | SEC_WRITECOMBINE
            | SEC_LARGE_PAGES | SEC_BASED | SEC_NO_CHANGE;
        if ((attributes & ~Known) != 0 || (attributes & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE)) == 0)
            return STATUS_INVALID_PARAMETER_6;
        if (protection is PAGE_NOACCESS || (protection != PAGE_WRITECOPY && PageProtection.Read(protection) == null))
            return STATUS_INVALID_PAGE_PROTECTION;
        if (fileHandle == null)
            return (attributes & SEC_IMAGE) == 0 ? STATUS_SUCCESS : STATUS_INVALID_FILE_FOR_SECTION;
        NTSTATUS status = ObjectOf(fileHandle, ObjectType.File, out _);
        return status.IsSuccess ? STATUS_INVALID_FILE_FOR_SECTION : status;
    }

    private static KernelObject? CreateSection(Section section)
    {
        NtKernel kernel = NtKernel.Current;
        void* body = kernel.Pool.Allocate(SectionBodyBytes, SectionTag, zero: true);
        return body == null
            ? null
            : kernel.Objects.Add(ObjectType.Section, body, section, deleted: static gone =>
            {
                ((Section)gone.Payload!).Free();
                NtKernel.Current.Pool.Free((void*)gone.Address);
            });
    }

    // Made when a driver first opens a section, so that machines whose drivers do not are as they were without it.
    private static void RequirePhysicalMemory()
    {
        NtKernel kernel = NtKernel.Current;
        if (kernel.Objects.Names.Find(PhysicalMemoryPath) != null)
            return;
        KernelObject? created = CreateSection(new Section(kernel, 0, PageAccess.All));
        if (created != null)
            kernel.Objects.Names.Insert(PhysicalMemoryPath, created);
    }

    private static NTSTATUS MapView(
        KernelObject owner, void** baseAddress, long* sectionOffset, nuint* viewSize, PageAccess access,
        bool isForSystem)
    {
        ulong offset = sectionOffset == null ? 0 : (ulong)*sectionOffset;
        ulong bytes = *viewSize;
        var address = (ulong)*baseAddress;
        NTSTATUS status = NtKernel.Current.SectionViews.Map(
            owner, ref offset, ref bytes, access, isForSystem, ref address);
        if (!status.IsSuccess)
            return status;
        if (sectionOffset != null)
            *sectionOffset = (long)offset;
        *viewSize = (nuint)bytes;
        *baseAddress = (void*)address;
        return STATUS_SUCCESS;
    }

    private static NTSTATUS UnmapView(void* address, bool isForSystem) =>
        NtKernel.Current.SectionViews.Unmap((ulong)address, isForSystem);

    /// <summary>The object of a handle, if it is of the kind.</summary>
    private static NTSTATUS ObjectOf(void* handle, ObjectType type, out KernelObject? found)
    {
        found = NtKernel.Current.Objects.Handles.Find((ulong)handle);
        if (found == null)
            return STATUS_INVALID_HANDLE;
        return found.Type == type ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
    }
}
