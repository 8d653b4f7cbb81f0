namespace Hil.Wdm.Tests;

public sealed unsafe class MdlTests
{
    [Theory]
    [InlineData(0x1000, 0, 0)]
    [InlineData(0x1000, 1, 1)]
    [InlineData(0x1000, 0x1000, 1)]
    [InlineData(0x1FFF, 1, 1)]
    [InlineData(0x1FFF, 2, 2)]
    [InlineData(0x1800, 0x1000, 2)]
    [InlineData(0x1001, 0x1000, 2)]
    public void BufferSpansThePagesItTouches(ulong address, ulong bytes, uint pages) =>
        Assert.Equal(pages, ADDRESS_AND_SIZE_TO_SPAN_PAGES((void*)address, (nuint)bytes));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0x1000)]
    [InlineData(0x1000, 0x1000)]
    [InlineData(0x1001, 0x2000)]
    public void SizesAreRoundedUpToPages(uint bytes, uint rounded) => Assert.Equal(rounded, ROUND_TO_PAGES(bytes));

    [Fact]
    public void MdlDescribesItsBuffer()
    {
        MDL mdl;
        mdl.Next = (MDL*)1;
        mdl.MdlFlags = -1;

        MmInitializeMdl(&mdl, (void*)0x1000_0000_0FF0, 0x20);

        Assert.True(mdl.Next == null);
        Assert.Equal((short)0, mdl.MdlFlags);
        Assert.Equal(48 + 2 * 8, mdl.Size);
        Assert.True(MmGetMdlVirtualAddress(&mdl) == (void*)0x1000_0000_0FF0);
        Assert.True(MmGetMdlBaseVa(&mdl) == (void*)0x1000_0000_0000);
        Assert.Equal((0x20u, 0xFF0u), (MmGetMdlByteCount(&mdl), MmGetMdlByteOffset(&mdl)));
    }

    [Fact]
    public void PageFrameNumbersFollowTheMdl()
    {
        MDL* mdl = stackalloc MDL[2];

        Assert.True(MmGetMdlPfnArray(mdl) == (ulong*)(mdl + 1));
    }
}
