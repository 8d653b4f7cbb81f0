namespace Hil.Kernel.Tests.Ldr;

public sealed unsafe class ResourceTests : IDisposable
{
    private const uint Directory = 0x80000000;
    private const int ResourcesAt = 0x200;
    private const int DataAt = 0x300;

    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(16u, 1u, 0x407u, 3u, 0x40u)]
    [InlineData(16u, 1u, 0u, 3u, 0x41u)] // English, since there is no neutral one.
    [InlineData(16u, 1u, 0u, 2u, 0x40u)] // The first.
    [InlineData(16u, 0u, 0u, 1u, 0x40u)]
    public void ResourceIsFound(uint type, uint name, uint language, uint level, uint size) => _machine.Run(() =>
    {
        byte* image = Image();
        (NTSTATUS status, IMAGE_RESOURCE_DATA_ENTRY entry) = Find(image, type, name, language, level);
        Assert.Equal((STATUS_SUCCESS, size), (status, entry.Size));

        void** resource = (void**)_machine.New<nint>();
        uint* bytes = _machine.New<uint>();
        Assert.Equal(STATUS_SUCCESS, LdrAccessResource(image, &entry, resource, bytes));
        Assert.True(*resource == image + DataAt && *bytes == size);
    });

    [Fact]
    public void ResourceIsFoundByName() => _machine.Run(() =>
    {
        char* name = (char*)_machine.Kernel.Pool.Allocate(16, 0, zero: true);
        "FW".CopyTo(new Span<char>(name, 8));
        Assert.Equal(0x42u, Find(Image(), 10, (nuint)name, 0, 3).Entry.Size);
    });

    [Theory]
    [InlineData(11u, 1u, 0u, 3u, 0xC000008Au)]
    [InlineData(16u, 2u, 0u, 3u, 0xC000008Bu)]
    [InlineData(16u, 1u, 0x40Cu, 3u, 0xC0000204u)]
    [InlineData(16u, 1u, 0u, 4u, 0xC000000Du)]
    public void WhatIsMissingIsTold(uint type, uint name, uint language, uint level, uint status) => _machine.Run(() =>
        Assert.Equal(new NTSTATUS(status), Find(Image(), type, name, language, level).Status));

    [Fact]
    public void ImageWithoutResourcesHasNoData() => _machine.Run(() =>
    {
        byte* image = Image();
        *(uint*)(image + 0x80 + 0x98) = 0;
        Assert.Equal(STATUS_RESOURCE_DATA_NOT_FOUND, Find(image, 16, 1, 0, 3).Status);
        *(ushort*)image = 0;
        Assert.Equal(STATUS_RESOURCE_DATA_NOT_FOUND, Find(image, 16, 1, 0, 3).Status);
    });

    [Fact]
    public void DirectoryOfATypeIsFound() => _machine.Run(() =>
    {
        byte* image = Image();
        LDR_RESOURCE_INFO* info = _machine.New<LDR_RESOURCE_INFO>();
        info->Type = 16;
        info->Name = 1;
        var directory = (IMAGE_RESOURCE_DIRECTORY**)_machine.New<nint>();
        Assert.Equal(STATUS_SUCCESS, LdrFindResourceDirectory_U(image, info, 2, directory));
        Assert.Equal(2, (*directory)->NumberOfIdEntries);
        Assert.Equal(STATUS_RESOURCE_DATA_NOT_FOUND, LdrFindResourceDirectory_U(image, info, 3, directory));
    });

    [Fact]
    public void TreeThatLeavesItsSectionStopsTheMachine()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            byte* image = Image();
            ((uint*)(image + ResourcesAt + 16))[1] = Directory | 0xFFF8;
            Find(image, 10, 1, 0, 3);
        });

        Assert.Contains("resources refer", report.Reason, StringComparison.Ordinal);
    }

    private (NTSTATUS Status, IMAGE_RESOURCE_DATA_ENTRY Entry) Find(
        byte* image, nuint type, nuint name, nuint language, uint level)
    {
        LDR_RESOURCE_INFO* info = _machine.New<LDR_RESOURCE_INFO>();
        *info = new LDR_RESOURCE_INFO { Type = type, Name = name, Language = language };
        var entry = (IMAGE_RESOURCE_DATA_ENTRY**)_machine.New<nint>();
        NTSTATUS status = LdrFindResource_U(image, info, level, entry);
        return (status, status == STATUS_SUCCESS ? **entry : default);
    }

    // Type 10 has "FW" in the neutral language, type 16 has 1 in German and English.
    private byte* Image()
    {
        var image = (byte*)_machine.Kernel.Pages.Allocate(PAGE_SIZE, PageAccess.ReadWrite);
        *(ushort*)image = 0x5A4D;
        *(uint*)(image + 0x3C) = 0x80;
        *(uint*)(image + 0x80) = 0x4550;
        *(ushort*)(image + 0x98) = 0x20B;
        *(uint*)(image + 0x80 + 0x98) = ResourcesAt;
        *(uint*)(image + 0x80 + 0x9C) = 0xC0;
        Level(image, 0x00, 0, (10, Directory | 0x20), (16, Directory | 0x38));
        Level(image, 0x20, 1, (Directory | 0xB8, Directory | 0x70));
        Level(image, 0x38, 0, (1, Directory | 0x50));
        Level(image, 0x50, 0, (0x407, 0x88), (0x409, 0x98));
        Level(image, 0x70, 0, (0, 0xA8));
        Data(image, 0x88, 0x40);
        Data(image, 0x98, 0x41);
        Data(image, 0xA8, 0x42);
        *(ushort*)(image + ResourcesAt + 0xB8) = 2;
        "FW".CopyTo(new Span<char>(image + ResourcesAt + 0xBA, 2));
        return image;
    }

    private static void Level(byte* image, int at, ushort named, params (uint Name, uint Place)[] entries)
    {
        var directory = (IMAGE_RESOURCE_DIRECTORY*)(image + ResourcesAt + at);
        directory->NumberOfNamedEntries = named;
        directory->NumberOfIdEntries = (ushort)(entries.Length - named);
        var entry = (IMAGE_RESOURCE_DIRECTORY_ENTRY*)(directory + 1);
        foreach ((uint name, uint place) in entries)
            *entry++ = new IMAGE_RESOURCE_DIRECTORY_ENTRY { Name = name, OffsetToData = place };
    }

    private static void Data(byte* image, int at, uint size) =>
        *(IMAGE_RESOURCE_DATA_ENTRY*)(image + ResourcesAt + at) =
            new IMAGE_RESOURCE_DATA_ENTRY { OffsetToData = DataAt, Size = size };
}
