namespace Hil.Kernel;

// A page of the window has one address for good, so all views of a section lie where its pages do: in user memory if
// the first view was made for a process, in kernel memory if it was made for the system. Pages are accessible while a
// view shows them, as far as one of the views allows. The section \Device\PhysicalMemory has no pages of its own.

/// <summary>What a section object stands for.</summary>
/// <param name="bytes">Whole pages; 0 for physical memory.</param>
/// <param name="allowed">What views of it may allow at most.</param>
internal sealed class Section(NtKernel kernel, ulong bytes, PageAccess allowed)
{
    public ulong Bytes { get; } = bytes;

    public PageAccess Allowed { get; } = allowed;

    public bool IsPhysicalMemory => Bytes == 0;

    /// <summary>Where its pages are; 0 before the first view.</summary>
    public ulong Address { get; private set; }

    /// <summary>Gives the section its pages, if it has none yet; false when there are not enough.</summary>
    public bool TryBack(bool isForSystem)
    {
        if (Address != 0)
            return true;
        Address = isForSystem ? 0 : kernel.Pages.AllocateUser((nuint)Bytes, PageAccess.None);
        if (Address == 0)
            Address = kernel.Pages.Allocate((nuint)Bytes, PageAccess.None);
        return Address != 0;
    }

    /// <summary>Gives the pages back.</summary>
    public void Free()
    {
        if (Address != 0)
            kernel.Pages.Free(Address, (nuint)Bytes);
        Address = 0;
    }
}
