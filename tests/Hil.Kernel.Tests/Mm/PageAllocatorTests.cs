namespace Hil.Kernel.Tests.Mm;

public sealed unsafe class PageAllocatorTests : IDisposable
{
    private const ulong Page = PAGE_SIZE;

    private readonly TestMachine _machine = new();

    private PageAllocator Pages => _machine.Kernel.Pages;

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void AllocatedPagesAreZeroedAndMappedAsAsked()
    {
        ulong dirty = Pages.Allocate(3 * (nuint)Page, PageAccess.ReadWrite);
        new Span<byte>((void*)dirty, 3 * (int)Page).Fill(0xAA);
        Pages.Free(dirty, 3 * (nuint)Page);

        var pages = new HashSet<ulong>();
        while (Pages.Allocate(1, PageAccess.Read) is ulong address and not 0)
            pages.Add(address);

        Assert.Contains(dirty + Page, pages);
        Assert.Equal(PageAccess.Read, _machine.Memory.AccessOf(dirty + Page));
        Assert.Equal(-1, new Span<byte>((void*)dirty, 3 * (int)Page).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void FreedPagesAreUnmapped()
    {
        ulong address = Pages.Allocate(2 * (nuint)Page, PageAccess.ReadWrite);

        Pages.Free(address, 2 * (nuint)Page);

        Assert.Equal(PageAccess.None, _machine.Memory.AccessOf(address));
        Assert.Equal(PageAccess.None, _machine.Memory.AccessOf(address + Page));
    }

    [Fact]
    public void FreeingTwiceBreaksAnInvariant()
    {
        ulong address = Pages.Allocate(1, PageAccess.ReadWrite);
        Pages.Free(address, 1);

        Assert.Throws<InvariantException>(() => Pages.Free(address, 1));
    }

    [Fact]
    public void NoByteLiesAboveTheHighestPhysicalAddress()
    {
        ulong limit = _machine.Memory.PhysicalOf(_machine.Memory.KernelBase) + 1000 * Page - 1;
        int count = 0;

        while (Pages.Allocate(1, PageAccess.ReadWrite, limit) is ulong address and not 0)
        {
            Assert.True(_machine.Memory.PhysicalOf(address) + Page - 1 <= limit);
            count++;
        }

        Assert.InRange(count, 500, 1000);
    }

    [Theory]
    [InlineData(0x2000)]
    [InlineData(0x10000)]
    [InlineData(0x100000)]
    public void AlignmentIsKept(int alignment)
    {
        Pages.Allocate(1, PageAccess.ReadWrite);

        ulong address = Pages.Allocate(1, PageAccess.ReadWrite, alignment: (nuint)alignment);

        Assert.Equal(0u, address % (ulong)alignment);
    }

    [Fact]
    public void AllMemoryCanBeGivenOutAndTakenBackPageByPage()
    {
        int pages = Pages.FreePages;
        var addresses = new HashSet<ulong>();
        while (Pages.Allocate(1, PageAccess.ReadWrite) is ulong address and not 0)
            Assert.True(addresses.Add(address));
        Assert.Equal(pages, addresses.Count);

        foreach (ulong address in addresses)
            Pages.Free(address, 1);

        Assert.Equal(pages, Pages.FreePages);
        Assert.NotEqual(0u, Pages.Allocate((nuint)Pages.FreePages / 2 * (nuint)Page, PageAccess.ReadWrite));
    }

    [Fact]
    public void LowPagesAreLeftToThoseWhoNeedThem()
    {
        while (Pages.FreePages > Pages.TotalPages / 4)
            Pages.Allocate(1, PageAccess.ReadWrite);

        ulong low = _machine.Memory.PhysicalOf(_machine.Memory.KernelBase) + 16 * Page - 1;
        Assert.NotEqual(0u, Pages.Allocate(16 * (nuint)Page, PageAccess.ReadWrite, low));
    }

    [Fact]
    public void FreedPageIsNotTheNextOneGivenOut()
    {
        ulong first = Pages.Allocate(1, PageAccess.ReadWrite);
        Pages.Free(first, 1);

        Assert.NotEqual(first, Pages.Allocate(1, PageAccess.ReadWrite));
    }

    [Fact]
    public void UserPagesLieBelowTheKernelBase()
    {
        ulong address = Pages.AllocateUser(5 * (nuint)Page, PageAccess.ReadWrite);

        Assert.InRange(address, _machine.Memory.UserBase, _machine.Memory.KernelBase - 5 * Page);
    }

    [Fact]
    public void StackHasAnUnmappedPageBelowIt()
    {
        GuestStack stack = Pages.AllocateStack(24 * 1024);

        Assert.Equal(24u * 1024, stack.Top - stack.Limit);
        Assert.Equal(PageAccess.ReadWrite, _machine.Memory.AccessOf(stack.Limit));
        Assert.Equal(PageAccess.None, _machine.Memory.AccessOf(stack.Limit - 1));
        int free = Pages.FreePages;
        Pages.FreeStack(stack);
        Assert.Equal(free + 7, Pages.FreePages);
    }

    [Fact]
    public void RequestLargerThanTheWindowGetsNothing() =>
        Assert.Equal(0u, Pages.Allocate(nuint.MaxValue, PageAccess.ReadWrite));
}
