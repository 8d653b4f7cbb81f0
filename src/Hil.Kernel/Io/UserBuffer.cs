namespace Hil.Kernel;

/// <summary>A buffer in the user part of the window that stands in for a requester's memory outside the window. It
/// ends right before an unmapped page, so that a driver that overruns a user's buffer faults.</summary>
internal sealed unsafe class UserBuffer(NtKernel kernel)
{
    private const nuint Align = 16;
    private const int KeptPagesMax = 64; // What one idle operation may hold on to.

    private ulong _region;
    private int _pages;

    /// <summary>A buffer of so many bytes, contents undefined, valid until the next call; null when there is no
    /// memory.</summary>
    public void* Reserve(nuint bytes)
    {
        int pages = (int)BYTES_TO_PAGES(Math.Max(bytes, 1));
        if (pages > _pages && !TryGrow(pages))
            return null;
        return (void*)(_region + (ulong)_pages * PAGE_SIZE - ((bytes + Align - 1) & ~(Align - 1)));
    }

    /// <summary>Gives large regions back.</summary>
    public void Trim()
    {
        if (_pages > KeptPagesMax)
            Free();
    }

    private bool TryGrow(int pages)
    {
        Free();
        ulong region = kernel.Pages.AllocateUser((nuint)(pages + 1) * PAGE_SIZE, PageAccess.ReadWrite);
        if (region == 0)
            return false;
        kernel.Services.Memory.Protect(region + (ulong)pages * PAGE_SIZE, PAGE_SIZE, PageAccess.None);
        (_region, _pages) = (region, pages);
        return true;
    }

    private void Free()
    {
        if (_pages != 0)
            kernel.Pages.Free(_region, (nuint)(_pages + 1) * PAGE_SIZE);
        (_region, _pages) = (0, 0);
    }
}
