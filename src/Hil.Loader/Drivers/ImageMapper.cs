using System.Buffers.Binary;

namespace Hil.Loader;

// An image is put together in host memory, moved, bound and seeded there, and reaches the guest's pages once.
// Executable sections are copied by the guest itself: pages are recycled, and the processor's translations of code that
// was there before are dropped only by writes that the guest makes. Page protection follows, and is the union of what
// the sections on a page need (sections of old images can be smaller than a page).

/// <summary>Puts one image on pages of its own.</summary>
internal sealed class ImageMapper
{
    /// <summary>What the linker writes; a loader that finds it replaces it (WDK: /GS).</summary>
    private const ulong DefaultCookie = 0x0000_2B99_2DDF_A232;

    /// <summary>The upper 16 bits of a cookie are zero on x64, so that a string overrun cannot reproduce it.</summary>
    private const ulong CookieMask = 0x0000_FFFF_FFFF_FFFF;

    private readonly NtKernel _kernel;
    private readonly DriverImage _image;
    private readonly nuint _bytes;

    public ImageMapper(NtKernel kernel, DriverImage image)
    {
        _kernel = kernel;
        _image = image;
        _bytes = (image.SizeOfImage + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
        Base = kernel.Pages.Allocate(_bytes, PageAccess.ReadWrite);
        if (Base == 0)
            throw new BadDriverImageException(image.Path, 0,
                $"The image needs 0x{_bytes:X} bytes of memory in one piece, and the RAM window has no such piece left",
                "Give the machine more memory");
    }

    public ulong Base { get; }

    /// <summary>Writes the image with its imports bound, then protects its pages.</summary>
    public void Write(IReadOnlyList<(uint SlotRva, ulong Address)> imports, ulong random)
    {
        byte[] content = new byte[_bytes];
        _image.WriteRelocated(content, Base);
        foreach ((uint slot, ulong address) in imports)
            BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan((int)slot), address);
        SeedCookie(content, random);
        _kernel.Services.AccessTraps?.PatchImage(
            Base, _image.FileName, content, _image.Functions.Functions, CodeEntries());
        CopyToGuest(content);
        foreach ((uint first, uint end, PageAccess access) in PageRuns(PageAccesses()))
            _kernel.Services.Memory.Protect(Base + first, end - first, access);
    }

    /// <summary>Unmaps the sections that only initialisation needs, as Windows does after a successful
    /// DriverEntry.</summary>
    public void DiscardInitialization()
    {
        PageAccess[] kept = PageAccesses(includeDiscardable: false);
        PageAccess[] all = PageAccesses();
        for (uint page = 0; page < kept.Length; page++)
        {
            if (kept[page] == PageAccess.None && all[page] != PageAccess.None)
                _kernel.Services.Memory.Protect(Base + page * PAGE_SIZE, PAGE_SIZE, PageAccess.None);
        }
    }

    public void Free()
    {
        _kernel.Services.AccessTraps?.ForgetImage(Base, _bytes);
        _kernel.Pages.Free(Base, _bytes);
    }

    private uint[] CodeEntries() =>
    [
        _image.EntryRva,
        .. _image.Exports.Select(export => export.Rva).Where(IsCode),
    ];

    private bool IsCode(uint rva) =>
        rva != 0 && _image.TryFindSection(rva, out ImageSection section) && section.Access.HasFlag(PageAccess.Execute);

    private void SeedCookie(byte[] content, ulong random)
    {
        if (_image.LoadConfig is not { SecurityCookieRva: not 0 and uint rva })
            return;
        Span<byte> cookie = content.AsSpan((int)rva);
        if (BinaryPrimitives.ReadUInt64LittleEndian(cookie) != DefaultCookie)
            return;
        ulong value = random & CookieMask;
        BinaryPrimitives.WriteUInt64LittleEndian(cookie, value is 0 or DefaultCookie ? DefaultCookie + 1 : value);
    }

    private unsafe void CopyToGuest(byte[] content)
    {
        // SAFETY: the pages were just allocated for this image and nobody else knows them.
        content.CopyTo(new Span<byte>((void*)Base, content.Length));
        foreach (ImageSection section in _image.Sections)
        {
            if (section.Access.HasFlag(PageAccess.Execute))
                _kernel.Services.VirtualProcessor.WriteCode(Base + section.Rva,
                    content.AsSpan((int)section.Rva, (int)section.VirtualSize));
        }
    }

    private PageAccess[] PageAccesses(bool includeDiscardable = true)
    {
        var pages = new PageAccess[_bytes / PAGE_SIZE];
        Allow(pages, 0, _image.SizeOfHeaders, PageAccess.Read);
        foreach (ImageSection section in _image.Sections)
        {
            if (includeDiscardable || !section.IsDiscardable)
                Allow(pages, section.Rva, section.VirtualSize, section.Access);
        }
        return pages;
    }

    private static void Allow(PageAccess[] pages, uint rva, uint bytes, PageAccess access)
    {
        for (uint page = rva / PAGE_SIZE; page < (rva + bytes + PAGE_SIZE - 1) / PAGE_SIZE; page++)
            pages[page] |= access;
    }

    private static IEnumerable<(uint First, uint End, PageAccess Access)> PageRuns(PageAccess[] pages)
    {
        uint first = 0;
        for (uint page = 1; page <= pages.Length; page++)
        {
            if (page < pages.Length && pages[page] == pages[first])
                continue;
            yield return (first * PAGE_SIZE, page * PAGE_SIZE, pages[first]);
            first = page;
        }
    }
}
