using System.Buffers.Binary;

namespace Hil.Loader;

// Base relocations: blocks of { page RVA, block size, 16-bit entries of 4-bit type and 12-bit offset }. On x64 linkers
// write DIR64 entries and ABSOLUTE ones as padding. gcc does not pad its blocks to four bytes. An image without
// absolute pointers has no directory at all and may still be moved, unless it says that its relocations were stripped.

/// <summary>The places in an image that hold an absolute address.</summary>
internal static class ImageRelocations
{
    private const int BlockHeaderSize = 8;

    /// <summary>A block is for one page, and a page has 4,096 places; twice that leaves room for padding.</summary>
    private const int BlockSizeMax = BlockHeaderSize + 2 * 4096 * sizeof(ushort);

    private const int TypeAbsolute = 0;
    private const int TypeDir64 = 10;

    /// <summary>Reads all places, each checked to lie wholly inside a section.</summary>
    public static uint[] Read(ImageLayout layout)
    {
        DataDirectory directory = layout.Headers[DataDirectoryIndex.Relocation];
        if (!directory.IsPresent)
        {
            RequireMovable(layout);
            return [];
        }
        if (!layout.Contains(directory.Rva, directory.Size))
            throw layout.Wild(directory.Rva, directory.HeaderOffset, "The relocation table");

        var places = new List<uint>();
        uint at = directory.Rva;
        uint end = directory.Rva + directory.Size;
        while (end - at >= BlockHeaderSize)
        {
            uint blockSize = ReadBlock(layout, at, end, places);
            if (blockSize == 0)
                break;
            at += blockSize;
        }
        return [.. places];
    }

    /// <summary>Adds <paramref name="delta"/> to every address in a loaded copy of the image.</summary>
    public static void Apply(ReadOnlySpan<uint> places, Span<byte> image, ulong delta)
    {
        foreach (uint place in places)
        {
            Span<byte> slot = image.Slice((int)place, sizeof(ulong));
            BinaryPrimitives.WriteUInt64LittleEndian(slot, BinaryPrimitives.ReadUInt64LittleEndian(slot) + delta);
        }
    }

    private static void RequireMovable(ImageLayout layout)
    {
        if (layout.Headers.AreRelocationsStripped)
            throw layout.File.Bad(layout.Headers.FileHeaderOffset + 18,
                $"The relocations were stripped, so the image runs at 0x{layout.Headers.ImageBase:X} only",
                "Link it again without /FIXED (Microsoft) or --disable-reloc-section (mingw)");
    }

    // A block of zeros ends the table: some linkers round the directory's size up.
    private static uint ReadBlock(ImageLayout layout, uint at, uint end, List<uint> places)
    {
        long offset = layout.FileOffset(at, layout.Headers[DataDirectoryIndex.Relocation].HeaderOffset);
        uint page = layout.ReadUInt32(at, offset, "a relocation block");
        uint size = layout.ReadUInt32(at + 4, offset, "a relocation block");
        if (page == 0 && size == 0)
            return 0;
        if (size is < BlockHeaderSize or > BlockSizeMax || size % sizeof(ushort) != 0 || size > end - at)
            throw layout.File.Bad(offset + 4,
                $"A relocation block claims 0x{size:X} bytes where 0x{end - at:X} are left");

        ReadOnlySpan<byte> entries = layout.At(at + BlockHeaderSize, size - BlockHeaderSize, offset,
            "a relocation block");
        for (int i = 0; i < entries.Length; i += sizeof(ushort))
            ReadEntry(layout, page, BinaryPrimitives.ReadUInt16LittleEndian(entries[i..]), offset + BlockHeaderSize + i,
                places);
        return size;
    }

    private static void ReadEntry(ImageLayout layout, uint page, ushort entry, long offset, List<uint> places)
    {
        int type = entry >> 12;
        if (type == TypeAbsolute)
            return;
        if (type != TypeDir64)
            throw layout.File.Bad(offset, $"A relocation is of type {type}, x64 images have only DIR64 (10)");
        ulong place = (ulong)page + (entry & 0xFFFu);
        if (place > uint.MaxValue || !layout.TryFindSection((uint)place, out ImageSection section)
            || place + sizeof(ulong) > section.EndRva)
            throw layout.File.Bad(offset,
                $"A relocation is for RVA 0x{place:X}, which lies outside the image's sections");
        places.Add((uint)place);
    }
}
