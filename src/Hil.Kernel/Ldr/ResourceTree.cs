namespace Hil.Kernel;

/// <summary>The resources of an image in memory. What it says of itself is checked before it is followed.</summary>
internal readonly unsafe struct ResourceTree
{
    /// <summary>The place of the first directory.</summary>
    public const uint Root = DirectoryBit;

    // Of entries: a name and not a number, a directory and not data.
    private const uint DirectoryBit = 0x8000_0000;
    private const ushort English = 0x409;

    private readonly byte* _start;
    private readonly uint _bytes;

    private ResourceTree(byte* start, uint bytes)
    {
        _start = start;
        _bytes = bytes;
    }

    /// <summary>False for what is no 64-bit image, and for one without resources.</summary>
    public static bool TryOpen(byte* image, out ResourceTree tree)
    {
        const int HeaderOffset = 0x3C;
        const int DirectoryOffset = 0x88 + 2 * 8; // From "PE" on: the third of the data directories.
        tree = default;
        DriverMemory.RequireReadable(image, HeaderOffset + sizeof(uint), "a resource routine");
        uint header = *(uint*)(image + HeaderOffset);
        if (*(ushort*)image != 0x5A4D || header > PAGE_SIZE)
            return false;
        DriverMemory.RequireReadable(image + header, DirectoryOffset + 8, "a resource routine");
        if (*(uint*)(image + header) != 0x4550 || *(ushort*)(image + header + 0x18) != 0x20B)
            return false;
        uint* directory = (uint*)(image + header + DirectoryOffset);
        if (directory[0] == 0 || directory[1] < sizeof(IMAGE_RESOURCE_DIRECTORY))
            return false;
        tree = new ResourceTree(image + directory[0], directory[1]);
        return true;
    }

    public static bool IsDirectory(uint place) => (place & DirectoryBit) != 0;

    public IMAGE_RESOURCE_DIRECTORY* DirectoryAt(uint place) =>
        (IMAGE_RESOURCE_DIRECTORY*)At(place & ~DirectoryBit, (uint)sizeof(IMAGE_RESOURCE_DIRECTORY));

    public IMAGE_RESOURCE_DATA_ENTRY* DataAt(uint place) =>
        (IMAGE_RESOURCE_DATA_ENTRY*)At(place, (uint)sizeof(IMAGE_RESOURCE_DATA_ENTRY));

    /// <summary>The first entry of a directory.</summary>
    public bool TryFirst(uint directory, out uint place)
    {
        ReadOnlySpan<IMAGE_RESOURCE_DIRECTORY_ENTRY> entries = EntriesOf(directory);
        place = entries.IsEmpty ? 0 : entries[0].OffsetToData;
        return !entries.IsEmpty;
    }

    /// <summary>The entry of a number or, above 0xFFFF, of the name at an address.</summary>
    public bool TryFind(uint directory, nuint name, out uint place)
    {
        ReadOnlySpan<char> text = name <= ushort.MaxValue ? default
            : new ReadOnlySpan<char>((void*)name, (int)CrtText<char>.Measure((char*)name, "a resource routine"));
        foreach (IMAGE_RESOURCE_DIRECTORY_ENTRY entry in EntriesOf(directory))
        {
            bool isNamed = (entry.Name & DirectoryBit) != 0;
            place = entry.OffsetToData;
            if (name <= ushort.MaxValue ? !isNamed && entry.Name == name : isNamed && text.SequenceEqual(NameAt(entry)))
                return true;
        }
        place = 0;
        return false;
    }

    /// <summary>The entry of a language; for 0 the neutral one, English or the first.</summary>
    public bool TryLanguage(uint directory, nuint language, out uint place) =>
        TryFind(directory, language, out place)
        || (language == 0 && (TryFind(directory, English, out place) || TryFirst(directory, out place)));

    private ReadOnlySpan<IMAGE_RESOURCE_DIRECTORY_ENTRY> EntriesOf(uint place)
    {
        IMAGE_RESOURCE_DIRECTORY* directory = DirectoryAt(place);
        int count = directory->NumberOfNamedEntries + directory->NumberOfIdEntries;
        uint first = (place & ~DirectoryBit) + (uint)sizeof(IMAGE_RESOURCE_DIRECTORY);
        return new(At(first, (uint)(count * sizeof(IMAGE_RESOURCE_DIRECTORY_ENTRY))), count);
    }

    // A count of characters, then these.
    private ReadOnlySpan<char> NameAt(IMAGE_RESOURCE_DIRECTORY_ENTRY entry)
    {
        uint offset = entry.Name & ~DirectoryBit;
        ushort length = *(ushort*)At(offset, sizeof(ushort));
        return new(At(offset + sizeof(ushort), (uint)length * sizeof(char)), length);
    }

    private byte* At(uint offset, uint bytes)
    {
        if ((ulong)offset + bytes > _bytes)
            NtKernel.Current.BugCheck(
                BugCheckCodes.DRIVER_VIOLATION, (ulong)_start, _bytes, offset, bytes,
                $"the image's resources refer to {bytes} bytes at offset 0x{offset:x} of 0x{_bytes:x}");
        DriverMemory.RequireReadable(_start + offset, bytes, "a resource routine");
        return _start + offset;
    }
}
