using System.Numerics;

namespace Hil.Loader;

// The headers of a PE32+ image (Microsoft's "PE Format"): DOS header, signature, COFF file header, optional header,
// data directory. Everything that can be judged without looking at a section is judged here, in the order of the file.

/// <summary>The validated file and optional header.</summary>
internal sealed class ImageHeaders
{
    /// <summary>Far above any driver (the largest display drivers are near 100 MB) and a bound on what a load may
    /// cost.</summary>
    public const uint SizeOfImageMax = 128u << 20;

    private const int DosHeaderSize = 0x40;
    private const int FileHeaderSize = 20;
    private const int OptionalHeaderSize = 112;
    private const int DirectoryEntrySize = 8;
    private const uint LowestAlignment = 0x20;
    private const uint HighestAlignment = 2u << 20;
    private const ushort RelocationsStripped = 0x0001;
    private const ushort ExecutableImage = 0x0002;

    private readonly ImageFile _file;
    private readonly DataDirectory[] _directories = new DataDirectory[(int)DataDirectoryIndex.Count];

    private ImageHeaders(ImageFile file)
    {
        _file = file;
        FileHeaderOffset = FindFileHeader(file);
        ReadFileHeader();
        ReadOptionalHeader();
        ReadSizes();
        ReadDirectories();
    }

    public long FileHeaderOffset { get; }

    public long OptionalHeaderOffset => FileHeaderOffset + FileHeaderSize;

    public long SectionTableOffset { get; private set; }

    public long ImageBaseOffset => OptionalHeaderOffset + 24;

    public long EntryOffset => OptionalHeaderOffset + 16;

    public long SizeOfImageOffset => OptionalHeaderOffset + 56;

    public long SizeOfHeadersOffset => OptionalHeaderOffset + 60;

    public long ChecksumOffset => OptionalHeaderOffset + 64;

    public ushort Machine { get; private set; }

    public ushort Characteristics { get; private set; }

    public int SectionCount { get; private set; }

    public uint TimeDateStamp { get; private set; }

    public uint SymbolTableOffset { get; private set; }

    public uint SymbolCount { get; private set; }

    public uint EntryRva { get; private set; }

    public ulong ImageBase { get; private set; }

    public uint SectionAlignment { get; private set; }

    public uint FileAlignment { get; private set; }

    public uint SizeOfImage { get; private set; }

    public uint SizeOfHeaders { get; private set; }

    public uint Checksum { get; private set; }

    public bool AreRelocationsStripped => (Characteristics & RelocationsStripped) != 0;

    public DataDirectory this[DataDirectoryIndex index] => _directories[(int)index];

    public static ImageHeaders Read(ImageFile file) => new(file);

    private static long FindFileHeader(ImageFile file)
    {
        const string NotPe = "Give an x64 driver (.sys) as the compiler wrote it";
        if (file.Length < 2 || file.ReadUInt16(0, "the DOS header") != 0x5A4D)
            throw file.Bad(0, "This is not a PE image: the MZ signature is missing", NotPe);
        file.Slice(0, DosHeaderSize, "the DOS header");
        uint newHeader = file.ReadUInt32(0x3C, "the DOS header");
        if (newHeader % sizeof(uint) != 0)
            throw file.Bad(0x3C, $"The PE header's offset 0x{newHeader:X} is not a multiple of four", NotPe);
        file.Slice(newHeader, sizeof(uint) + FileHeaderSize, "the PE header");
        if (file.ReadUInt32(newHeader, "the PE header") != 0x0000_4550)
            throw file.Bad(newHeader, "This is not a PE image: the PE signature is missing", NotPe);
        return newHeader + sizeof(uint);
    }

    private void ReadFileHeader()
    {
        Machine = _file.ReadUInt16(FileHeaderOffset, "the file header");
        RequireX64();
        SectionCount = _file.ReadUInt16(FileHeaderOffset + 2, "the file header");
        TimeDateStamp = _file.ReadUInt32(FileHeaderOffset + 4, "the file header");
        SymbolTableOffset = _file.ReadUInt32(FileHeaderOffset + 8, "the file header");
        SymbolCount = _file.ReadUInt32(FileHeaderOffset + 12, "the file header");
        Characteristics = _file.ReadUInt16(FileHeaderOffset + 18, "the file header");
        if ((Characteristics & ExecutableImage) == 0)
            throw _file.Bad(FileHeaderOffset + 18, "This is not a linked image: the executable flag is not set",
                "Link it");

        ushort size = _file.ReadUInt16(FileHeaderOffset + 16, "the file header");
        if (size < OptionalHeaderSize)
            throw _file.Bad(FileHeaderOffset + 16,
                $"The optional header has {size} bytes, PE32+ needs {OptionalHeaderSize}");
        _file.Slice(OptionalHeaderOffset, size, "the optional header");
        SectionTableOffset = OptionalHeaderOffset + size;
    }

    private void RequireX64()
    {
        const ushort Amd64 = 0x8664;
        if (Machine == Amd64)
            return;
        string found = Machine switch
        {
            0x014C => "a 32-bit (x86) image",
            0x01C4 => "an ARM (32-bit) image",
            0xAA64 => "an ARM64 image",
            0x0200 => "an Itanium image",
            _ => $"an image for machine type 0x{Machine:X4}",
        };
        throw _file.Bad(FileHeaderOffset, $"This is {found}",
            "Build the driver for x64; Hil runs no other machine code");
    }

    private void ReadOptionalHeader()
    {
        const ushort Pe32Plus = 0x020B;
        const ushort NativeSubsystem = 1;
        ushort magic = _file.ReadUInt16(OptionalHeaderOffset, "the optional header");
        if (magic != Pe32Plus)
            throw _file.Bad(OptionalHeaderOffset, $"The optional header is of kind 0x{magic:X4}, not PE32+ (0x020B)",
                "Build the driver for x64");
        EntryRva = _file.ReadUInt32(EntryOffset, "the optional header");
        ImageBase = _file.ReadUInt64(ImageBaseOffset, "the optional header");
        Checksum = _file.ReadUInt32(ChecksumOffset, "the optional header");
        ushort subsystem = _file.ReadUInt16(OptionalHeaderOffset + 68, "the optional header");
        if (subsystem != NativeSubsystem)
            throw _file.Bad(OptionalHeaderOffset + 68,
                $"The subsystem is {subsystem}, not native (1): this is no driver",
                "Link it with /DRIVER (Microsoft) or -Wl,--subsystem,native (mingw)");
    }

    private void ReadSizes()
    {
        SectionAlignment = ReadAlignment(OptionalHeaderOffset + 32, "section");
        FileAlignment = ReadAlignment(OptionalHeaderOffset + 36, "file");
        if (FileAlignment > SectionAlignment)
            throw _file.Bad(OptionalHeaderOffset + 36, "The file alignment is larger than the section alignment");
        SizeOfImage = _file.ReadUInt32(SizeOfImageOffset, "the optional header");
        if (SizeOfImage is 0 or > SizeOfImageMax)
            throw _file.Bad(SizeOfImageOffset,
                $"SizeOfImage is 0x{SizeOfImage:X}, a driver has between 1 and 0x{SizeOfImageMax:X} bytes");
        if (ImageBase % 0x1_0000 != 0 || ImageBase > ulong.MaxValue - SizeOfImage)
            throw _file.Bad(ImageBaseOffset, $"The image base 0x{ImageBase:X} is not a usable multiple of 64 KB");
        SizeOfHeaders = _file.ReadUInt32(SizeOfHeadersOffset, "the optional header");
        if (SizeOfHeaders > SizeOfImage)
            throw _file.Bad(SizeOfHeadersOffset, $"SizeOfHeaders 0x{SizeOfHeaders:X} is larger than the whole image");
        _file.Slice(0, SizeOfHeaders, "the end of the headers");
    }

    private uint ReadAlignment(long offset, string which)
    {
        uint alignment = _file.ReadUInt32(offset, "the optional header");
        if (!BitOperations.IsPow2(alignment) || alignment is < LowestAlignment or > HighestAlignment)
            throw _file.Bad(offset, $"The {which} alignment 0x{alignment:X} is not a power of two that linkers use");
        return alignment;
    }

    private void ReadDirectories()
    {
        long first = OptionalHeaderOffset + OptionalHeaderSize;
        uint count = _file.ReadUInt32(first - sizeof(uint), "the data directory");
        uint room = (uint)(SectionTableOffset - first) / DirectoryEntrySize;
        if (count > room)
            throw _file.Bad(first - sizeof(uint),
                $"The data directory claims {count} entries, the header has room for {room}");
        for (int i = 0; i < Math.Min(count, _directories.Length); i++)
        {
            long offset = first + i * DirectoryEntrySize;
            _directories[i] = new DataDirectory(_file.ReadUInt32(offset, "the data directory"),
                _file.ReadUInt32(offset + sizeof(uint), "the data directory"), offset);
        }
        RefuseForeignFeatures();
        RequireWholeCertificate(this[DataDirectoryIndex.Certificate]);
    }

    private void RefuseForeignFeatures()
    {
        if (this[DataDirectoryIndex.ClrHeader] is { IsPresent: true } clr)
            throw _file.Bad(clr.HeaderOffset, "This is a .NET image",
                "Load it as a managed driver (--managed), not as a .sys");
        if (this[DataDirectoryIndex.ThreadLocalStorage] is { IsPresent: true } tls)
            throw _file.Bad(tls.HeaderOffset, "The image has thread-local storage, which drivers cannot have",
                "Remove __declspec(thread) and __thread variables and link without the C runtime");
    }

    // The one directory entry that holds a file offset: a signature that is cut off tells of a truncated file.
    private void RequireWholeCertificate(DataDirectory certificate)
    {
        if (certificate.IsPresent && (long)certificate.Rva + certificate.Size > _file.Length)
            throw _file.Bad(certificate.HeaderOffset,
                $"The file ends before its signature does: 0x{certificate.Size:X} bytes at 0x{certificate.Rva:X}");
    }
}
