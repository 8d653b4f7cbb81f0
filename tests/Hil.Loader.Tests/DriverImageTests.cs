using System.Buffers.Binary;
using System.Security.Cryptography;
using Hil.Kernel.Platform;

namespace Hil.Loader.Tests;

public sealed class DriverImageTests
{
    private const ulong LoadAddress = 0x1000_0020_0000;

    [Theory]
    [InlineData("msvc")]
    [InlineData("bare")]
    [InlineData("mingw")]
    [InlineData("dll")]
    public void SoundImagesAreAccepted(string name)
    {
        byte[] file = Images.Named(name);
        DriverImage image = DriverImage.Parse(file, "some/driver.sys");

        Assert.Equal(0x8664, image.Machine);
        Assert.Equal("driver.sys", image.FileName);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), image.Sha256);
        Assert.True(image.TryFindSection(image.EntryRva, out ImageSection section));
        Assert.True(section.Access.HasFlag(PageAccess.Execute));
    }

    [Fact]
    public void StrippedImageIsAcceptedAndHasNoSymbols()
    {
        DriverImage image = DriverImage.Parse(MingwImage.Stripped, "driver.sys");

        Assert.Equal(0, image.Symbols.Count);
        Assert.False(image.Symbols.TryFind(image.EntryRva, out _));
    }

    [Fact]
    public void MsvcSectionsKeepTheirAccess()
    {
        DriverImage image = DriverImage.Parse(MsvcImage.Build(), "driver.sys");

        Assert.Equal([".text", ".rdata", ".data", ".pdata", "PAGE", "INIT", ".rsrc", ".reloc"],
            image.Sections.Select(s => s.Name));
        Assert.Equal(PageAccess.Read | PageAccess.Execute, image.Sections[0].Access);
        Assert.Equal(PageAccess.Read, image.Sections[1].Access);
        Assert.Equal(PageAccess.Read | PageAccess.Write, image.Sections[2].Access);
        Assert.True(image.Sections[4].IsPageable);
        Assert.True(image.Sections[5].IsDiscardable);
        Assert.Equal(0x1800u, image.Sections[2].VirtualSize);
    }

    [Fact]
    public void ImportsAreReadByNameAndByOrdinal()
    {
        DriverImage image = DriverImage.Parse(MsvcImage.Build(), "driver.sys");

        Assert.Equal(["ntoskrnl.exe", "HAL.dll"], image.Imports.Select(m => m.Module));
        Assert.Equal(["IoCreateDevice", "IofCallDriver", "KeTickCount"], image.Imports[0].Imports.Select(i => i.Name));
        Assert.Equal(MsvcImage.RdataRva + 0x10, image.Imports[0].Imports[2].SlotRva);
        Assert.Equal(new DriverImport(null, 17, MsvcImage.RdataRva + 0x20), Assert.Single(image.Imports[1].Imports));
        Assert.Equal("#17", image.Imports[1].Imports[0].ToString());
    }

    [Fact]
    public void MingwImportsAreRead()
    {
        DriverImage image = DriverImage.Parse(MingwImage.Exe, "driver.sys");

        IEnumerable<string> names =
            image.Imports.SelectMany(m => m.Imports).Select(i => i.Name!).Order(StringComparer.Ordinal);
        Assert.Equal(["DbgPrint", "KeStallExecutionProcessor", "memset"], names);
    }

    [Fact]
    public void DllHasItsExports()
    {
        DriverImage image = DriverImage.Parse(MingwImage.Dll, "driver.sys");

        DriverExport entry = Assert.Single(image.Exports, e => e.Name == "DriverEntry");
        Assert.Equal(image.EntryRva, entry.Rva);
        Assert.Null(entry.Forwarder);
    }

    [Fact]
    public void LoadConfigurationGivesCookieAndGuardPointers()
    {
        ImageLoadConfig config = DriverImage.Parse(MsvcImage.Build(), "driver.sys").LoadConfig!;

        Assert.Equal(MsvcImage.CookieRva, config.SecurityCookieRva);
        Assert.Equal(MsvcImage.GuardCheckRva, config.GuardCheckRva);
        Assert.Equal(MsvcImage.GuardDispatchRva, config.GuardDispatchRva);
        Assert.Equal(0x100u, config.GuardFlags);
        Assert.Null(DriverImage.Parse(MingwImage.Exe, "driver.sys").LoadConfig);
    }

    [Fact]
    public void PdbPathComesFromTheDebugDirectory()
    {
        Assert.Equal(MsvcImage.PdbPath, DriverImage.Parse(MsvcImage.Build(), "driver.sys").PdbPath);
        Assert.Null(DriverImage.Parse(MingwImage.Exe, "driver.sys").PdbPath);
    }

    [Fact]
    public void RelocationMovesEveryAbsoluteAddressAndNothingElse()
    {
        byte[] file = MsvcImage.Build();
        DriverImage image = DriverImage.Parse(file, "driver.sys");
        byte[] atBase = Write(image, image.ImageBase);
        byte[] moved = Write(image, LoadAddress);

        uint[] places = [0x2080, 0x2088, 0x2158, 0x2170, 0x2178];
        Assert.Equal(places, image.Relocations.ToArray());
        foreach (uint place in places)
            Assert.Equal(U64(atBase, place) - image.ImageBase + LoadAddress, U64(moved, place));
        int changed = Enumerable.Range(0, moved.Length / 8)
            .Count(i => U64(moved, (uint)i * 8) != U64(atBase, (uint)i * 8));
        Assert.Equal(places.Length + 1, changed); // And the base in the header.
    }

    [Fact]
    public void MingwPointerPointsIntoTheMovedImage()
    {
        DriverImage image = DriverImage.Parse(MingwImage.Exe, "driver.sys");
        Assert.True(image.Symbols.TryFind("pointer", out uint pointer));
        Assert.True(image.Symbols.TryFind("counter", out uint counter));

        byte[] moved = Write(image, LoadAddress);

        Assert.Equal(LoadAddress + counter, U64(moved, pointer));
        Assert.Equal(5u, BinaryPrimitives.ReadUInt32LittleEndian(moved.AsSpan((int)counter)));
    }

    [Fact]
    public void MemoryBeyondTheFileIsZeroEvenWhenTheDestinationIsNot()
    {
        DriverImage image = DriverImage.Parse(MsvcImage.Build(), "driver.sys");
        byte[] memory = new byte[image.SizeOfImage];
        memory.AsSpan().Fill(0xAA);

        image.WriteRelocated(memory, LoadAddress);

        Assert.Equal(-1, memory.AsSpan(0x3200, 0x1600).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void ShortDestinationIsRefused()
    {
        DriverImage image = DriverImage.Parse(MsvcImage.Build(), "driver.sys");

        Assert.Throws<ArgumentOutOfRangeException>(() =>
            image.WriteRelocated(new byte[image.SizeOfImage - 1], LoadAddress));
    }

    [Fact]
    public void ImageIsIndependentOfTheCallersBuffer()
    {
        byte[] file = MsvcImage.Build();
        DriverImage image = DriverImage.Parse(file, "driver.sys");
        byte[] before = Write(image, LoadAddress);

        Array.Clear(file);

        Assert.Equal(before, Write(image, LoadAddress));
    }

    [Fact]
    public void ChecksumIsComparedWithTheBytes()
    {
        byte[] file = MingwImage.Exe;
        DriverImage sound = DriverImage.Parse(file, "driver.sys");
        file[^1] ^= 0x40;

        Assert.NotEqual(0u, sound.Checksum);
        Assert.True(sound.IsChecksumRight);
        Assert.False(DriverImage.Parse(file, "driver.sys").IsChecksumRight);
    }

    [Fact]
    public void LowAlignmentImageIsAccepted()
    {
        var pe = new PeBuilder { SectionAlignment = 0x80, FileAlignment = 0x80, ImageBase = 0x10000, EntryRva = 0x280 };
        pe.Section(".text", PeBuilder.Code, 0x40).AsSpan().Fill(0xC3);

        DriverImage image = DriverImage.Parse(pe.Build(), "old.sys");

        Assert.Equal(0x280u, image.Sections[0].Rva);
        Assert.Equal(0xC3, Write(image, LoadAddress)[0x280]);
    }

    private static byte[] Write(DriverImage image, ulong address)
    {
        byte[] memory = new byte[image.SizeOfImage];
        image.WriteRelocated(memory, address);
        return memory;
    }

    private static ulong U64(byte[] memory, uint at) => BinaryPrimitives.ReadUInt64LittleEndian(memory.AsSpan((int)at));
}
