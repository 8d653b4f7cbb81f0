using System.Buffers.Binary;
using System.Text;

namespace Hil.Loader;

// Where each RVA lies: in the headers, in one section, or nowhere. Readers of the tables ask by RVA and give the file
// offset of the field that named the RVA, so that a wild pointer is reported where it stands and not where it leads.

/// <summary>The section table, and reads by RVA over it.</summary>
internal sealed class ImageLayout
{
    private const int SectionHeaderSize = 40;

    /// <summary>Windows loads no image with more.</summary>
    private const int SectionsMax = 96;

    private const uint DiscardableFlag = 0x0200_0000;
    private const uint ExecuteFlag = 0x2000_0000;
    private const uint ReadFlag = 0x4000_0000;
    private const uint WriteFlag = 0x8000_0000;

    private readonly ImageSection[] _sections;

    private ImageLayout(ImageFile file, ImageHeaders headers)
    {
        File = file;
        Headers = headers;
        if (headers.SectionCount is 0 or > SectionsMax)
            throw file.Bad(headers.FileHeaderOffset + 2,
                $"The image has {headers.SectionCount} sections, not 1 to {SectionsMax}");
        long tableEnd = headers.SectionTableOffset + headers.SectionCount * SectionHeaderSize;
        file.Slice(headers.SectionTableOffset, tableEnd - headers.SectionTableOffset, "the end of the section table");
        if (tableEnd > headers.SizeOfHeaders)
            throw file.Bad(headers.SizeOfHeadersOffset,
                $"SizeOfHeaders 0x{headers.SizeOfHeaders:X} leaves out the section table");

        _sections = new ImageSection[headers.SectionCount];
        uint end = headers.SizeOfHeaders;
        for (int i = 0; i < _sections.Length; i++)
        {
            _sections[i] = ReadSection(headers.SectionTableOffset + i * SectionHeaderSize, end);
            end = _sections[i].EndRva;
        }
        RequireDistinctRawData();
    }

    public ImageFile File { get; }

    public ImageHeaders Headers { get; }

    public ReadOnlySpan<ImageSection> Sections => _sections;

    public static ImageLayout Read(ImageFile file, ImageHeaders headers) => new(file, headers);

    public bool TryFindSection(uint rva, out ImageSection section)
    {
        int low = 0;
        int high = _sections.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            section = _sections[middle];
            if (section.Contains(rva))
                return true;
            if (rva < section.Rva)
                high = middle - 1;
            else
                low = middle + 1;
        }
        section = null!;
        return false;
    }

    /// <summary>Whether the whole range lies in one section (or in the headers).</summary>
    public bool Contains(uint rva, uint length)
    {
        ulong end = (ulong)rva + length;
        if (TryFindSection(rva, out ImageSection section))
            return end <= section.EndRva;
        return end <= Headers.SizeOfHeaders;
    }

    /// <summary>The bytes at an RVA as they are when the image is loaded, before relocation.</summary>
    /// <param name="namedAt">File offset of the field that named this RVA.</param>
    public ReadOnlySpan<byte> At(uint rva, uint length, long namedAt, string what)
    {
        if (!Contains(rva, length))
            throw Wild(rva, namedAt, what);
        if (!TryFindSection(rva, out ImageSection section))
            return File.Slice(rva, length, what);

        uint offset = rva - section.Rva;
        if (offset + length <= section.RawSize)
            return File.Slice(section.RawOffset + offset, length, what);
        byte[] filled = new byte[length];
        if (offset < section.RawSize)
            File.Slice(section.RawOffset + offset, section.RawSize - offset, what).CopyTo(filled);
        return filled;
    }

    public uint ReadUInt32(uint rva, long namedAt, string what) =>
        BinaryPrimitives.ReadUInt32LittleEndian(At(rva, sizeof(uint), namedAt, what));

    public ushort ReadUInt16(uint rva, long namedAt, string what) =>
        BinaryPrimitives.ReadUInt16LittleEndian(At(rva, sizeof(ushort), namedAt, what));

    public ulong ReadUInt64(uint rva, long namedAt, string what) =>
        BinaryPrimitives.ReadUInt64LittleEndian(At(rva, sizeof(ulong), namedAt, what));

    /// <summary>A zero-ended name of at most <paramref name="charsMax"/> characters.</summary>
    public string ReadName(uint rva, int charsMax, long namedAt, string what)
    {
        var text = new StringBuilder();
        for (uint i = 0; i <= charsMax; i++)
        {
            byte c = rva > uint.MaxValue - i ? (byte)0 : At(rva + i, 1, namedAt, what)[0];
            if (c == 0)
                return text.ToString();
            if (c is < 0x20 or > 0x7E)
                throw File.Bad(FileOffset(rva + i, namedAt), $"{what} holds the byte 0x{c:X2}, which no name has");
            text.Append((char)c);
        }
        throw File.Bad(FileOffset(rva, namedAt), $"{what} is longer than {charsMax} characters");
    }

    /// <summary>The file offset behind an RVA, or <paramref name="otherwise"/> where the file holds nothing for
    /// it.</summary>
    public long FileOffset(uint rva, long otherwise)
    {
        if (!TryFindSection(rva, out ImageSection section))
            return rva < Headers.SizeOfHeaders ? rva : otherwise;
        uint offset = rva - section.Rva;
        return offset < section.RawSize ? section.RawOffset + offset : otherwise;
    }

    public BadDriverImageException Wild(uint rva, long namedAt, string what) =>
        File.Bad(namedAt, $"{what} is said to be at RVA 0x{rva:X}, which lies outside the image's sections");

    private ImageSection ReadSection(long offset, uint previousEnd)
    {
        string name = File.ReadTextUpTo(offset, 8);
        string what = $"section {name}";
        uint virtualSize = File.ReadUInt32(offset + 8, what);
        uint rva = File.ReadUInt32(offset + 12, what);
        uint rawSize = File.ReadUInt32(offset + 16, what);
        uint rawOffset = File.ReadUInt32(offset + 20, what);
        uint flags = File.ReadUInt32(offset + 36, what);
        if (virtualSize == 0)
            virtualSize = rawSize; // Linkers before 1995, and objcopy, leave the virtual size zero.

        RequirePlace(offset, name, rva, virtualSize, previousEnd);
        rawSize = rawOffset == 0 ? 0 : Math.Min(rawSize, virtualSize);
        RequireRawData(offset, name, rawOffset, rawSize);
        if (rawSize == 0)
            rawOffset = 0;
        return new ImageSection(name, rva, virtualSize, rawSize, rawOffset, AccessOf(flags),
            (flags & DiscardableFlag) != 0);
    }

    private void RequirePlace(long offset, string name, uint rva, uint virtualSize, uint previousEnd)
    {
        if (rva % Headers.SectionAlignment != 0)
            throw File.Bad(offset + 12,
                $"Section {name} starts at RVA 0x{rva:X}, not a multiple of 0x{Headers.SectionAlignment:X}");
        if (rva < previousEnd)
            throw File.Bad(offset + 12, $"Section {name} at RVA 0x{rva:X} overlaps what ends at 0x{previousEnd:X}");
        if ((ulong)rva + virtualSize > Headers.SizeOfImage)
            throw File.Bad(offset + 8,
                $"Section {name}, 0x{virtualSize:X} bytes at RVA 0x{rva:X}, goes beyond SizeOfImage " +
                $"0x{Headers.SizeOfImage:X}");
    }

    private void RequireRawData(long offset, string name, uint rawOffset, uint rawSize)
    {
        if (rawSize == 0)
            return;
        if (rawOffset % Headers.FileAlignment != 0)
            throw File.Bad(offset + 20,
                $"The data of section {name} starts at 0x{rawOffset:X}, not a multiple of 0x{Headers.FileAlignment:X}");
        if (rawOffset < Headers.SizeOfHeaders)
            throw File.Bad(offset + 20, $"The data of section {name} at 0x{rawOffset:X} overlaps the headers");
        if ((long)rawOffset + rawSize > File.Length)
            throw File.Bad(offset + 20,
                $"The file ends before section {name} does: 0x{rawSize:X} bytes at 0x{rawOffset:X} " +
                $"are wanted, the file has 0x{File.Length:X}");
    }

    private void RequireDistinctRawData()
    {
        for (int i = 0; i < _sections.Length; i++)
        for (int j = 0; j < i; j++)
        {
            ImageSection a = _sections[i];
            ImageSection b = _sections[j];
            if (a.RawSize != 0 && b.RawSize != 0
                && a.RawOffset < (ulong)b.RawOffset + b.RawSize && b.RawOffset < (ulong)a.RawOffset + a.RawSize)
                throw File.Bad(Headers.SectionTableOffset + i * SectionHeaderSize + 20,
                    $"The data of section {a.Name} overlaps the data of section {b.Name} in the file");
        }
    }

    private static PageAccess AccessOf(uint flags)
    {
        PageAccess access = PageAccess.None;
        if ((flags & (ReadFlag | ExecuteFlag | WriteFlag)) != 0)
            access |= PageAccess.Read;
        if ((flags & WriteFlag) != 0)
            access |= PageAccess.Write;
        if ((flags & ExecuteFlag) != 0)
            access |= PageAccess.Execute;
        return access;
    }
}
