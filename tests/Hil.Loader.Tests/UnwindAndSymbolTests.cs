using Hil.Kernel;

namespace Hil.Loader.Tests;

public sealed class UnwindAndSymbolTests
{
    private readonly DriverImage _msvc = DriverImage.Parse(MsvcImage.Build(), "driver.sys");
    private readonly DriverImage _mingw = DriverImage.Parse(MingwImage.Exe, "driver.sys");

    [Theory]
    [InlineData(MsvcImage.TextRva, true)]
    [InlineData(MsvcImage.TextRva + 0x1F, true)]
    [InlineData(MsvcImage.TextRva + 0x20, false)]
    [InlineData(MsvcImage.TextRva + 0x40, true)]
    [InlineData(MsvcImage.PageRva + 0x10, false)]
    [InlineData(0u, false)]
    public void FunctionIsFoundByAnyAddressInIt(uint rva, bool found) =>
        Assert.Equal(found, _msvc.Functions.TryFind(rva, out RuntimeFunction f) && rva >= f.BeginRva && rva < f.EndRva);

    [Fact]
    public void HandlerAndItsDataAreDecoded()
    {
        UnwindInfo info = Decode(_msvc, MsvcImage.TextRva);

        Assert.Equal(UnwindFlags.ExceptionHandler, info.Flags);
        Assert.Equal(MsvcImage.HandlerRva, info.HandlerRva);
        Assert.Equal(MsvcImage.RdataRva + 0x40C, info.HandlerDataRva);
        Assert.Equal([new UnwindCode(4, UnwindOperation.AllocateSmall, 4, 0x28)], info.Codes);
    }

    [Fact]
    public void FrameRegisterAndLargeAllocationAreDecoded()
    {
        UnwindInfo info = Decode(_msvc, MsvcImage.TextRva + 0x48);

        Assert.Equal(5, info.FrameRegister);
        Assert.Equal(0x20u, info.FrameOffset);
        Assert.Equal([UnwindOperation.SetFrameRegister, UnwindOperation.AllocateLarge, UnwindOperation.PushNonVolatile],
            info.Codes.Select(c => c.Operation));
        Assert.Equal(0x1000u, info.Codes[1].Bytes);
        Assert.Equal(3, info.Codes[2].Register);
    }

    [Fact]
    public void ChainedPartNamesItsParent()
    {
        UnwindInfo info = Decode(_msvc, MsvcImage.PageRva);

        Assert.True(info.IsChained);
        Assert.Equal(MsvcImage.TextRva + 0x40, info.Chained.BeginRva);
        Assert.Empty(info.Codes);
    }

    [Fact]
    public void MingwPrologueWithALargeFrameIsDecoded()
    {
        UnwindInfo info = Decode(_mingw, _mingw.EntryRva);

        Assert.Contains(info.Codes, c => c.Operation == UnwindOperation.AllocateLarge && c.Bytes >= 9000);
    }

    [Fact]
    public void UnknownUnwindVersionIsRefusedByValue()
    {
        var patched = new PatchedImage(MsvcImage.Build());
        patched.Apply("u8 raw..rdata+0x400 = 0x0B");
        DriverImage image = DriverImage.Parse(patched.Bytes, "driver.sys");
        Assert.True(image.Functions.TryFind(MsvcImage.TextRva, out RuntimeFunction function));

        Assert.False(UnwindDecoder.TryDecode(image.Functions, function, out _));
    }

    [Fact]
    public void AddressInAFunctionIsNamedWithItsOffset()
    {
        Assert.True(_mingw.Symbols.TryFind(_mingw.EntryRva, out SymbolPlace entry));
        Assert.True(_mingw.Symbols.TryFind(_mingw.EntryRva + 0x1C, out SymbolPlace inside));

        Assert.Equal("DriverEntry", entry.ToString());
        Assert.Equal("DriverEntry+0x1c", inside.ToString());
    }

    [Fact]
    public void StaticFunctionsAndSectionsOfTheirOwnAreNamed()
    {
        Assert.True(_mingw.Symbols.TryFind("helper", out uint helper));
        Assert.True(_mingw.Symbols.TryFind("Unload", out uint unload));

        Assert.True(_mingw.Symbols.TryFind(unload + 5, out SymbolPlace place));
        Assert.Equal("Unload+0x5", place.ToString());
        Assert.NotEqual(helper, unload);
    }

    [Fact]
    public void ExportDoesNotNameTheFunctionAfterIt()
    {
        DriverImage dll = DriverImage.Parse(MingwImage.Dll, "driver.sys");
        RuntimeFunction last = dll.Functions.Functions[^1];

        Assert.True(dll.Symbols.TryFind(last.BeginRva, out SymbolPlace place));
        Assert.Equal(0u, place.Offset);
    }

    private static UnwindInfo Decode(DriverImage image, uint rva)
    {
        Assert.True(image.Functions.TryFind(rva, out RuntimeFunction function));
        Assert.True(UnwindDecoder.TryDecode(image.Functions, function, out UnwindInfo info));
        return info;
    }
}
