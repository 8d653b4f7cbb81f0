using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Hil.Loader;

// A driver image as the linker wrote it, read once and judged wholly before a byte of it reaches the guest. Nothing
// here knows where it will be loaded. Every table is bounded, so a hostile file costs at most a few times its own size.

/// <summary>A validated x64 kernel driver image (PE32+, subsystem native). Immutable.</summary>
public sealed class DriverImage
{
    private readonly ImageLayout _layout;
    private readonly uint[] _relocations;

    private DriverImage(ImageLayout layout)
    {
        _layout = layout;
        Sections = [.. layout.Sections];
        RequireEntryInCode();
        _relocations = ImageRelocations.Read(layout);
        Imports = ImageImports.Read(layout);
        Exports = ImageExports.Read(layout);
        LoadConfig = ImageLoadConfig.Read(layout);
        Functions = FunctionTable.Read(layout);
        Symbols = SymbolTable.Read(layout, Functions, Exports);
        PdbPath = ImageDebug.FindPdbPath(layout);
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(layout.File.All));
        IsChecksumRight = Checksum == 0
            || Checksum == ImageChecksum.Compute(layout.File, layout.Headers.ChecksumOffset);
    }

    /// <summary>The path as the user gave it.</summary>
    public string Path => _layout.File.Path;

    /// <summary>The file's name with its extension, as DRIVER_SECTION and reports have it.</summary>
    public string FileName => System.IO.Path.GetFileName(Path);

    public ushort Machine => _layout.Headers.Machine;

    public ushort Characteristics => _layout.Headers.Characteristics;

    public uint TimeDateStamp => _layout.Headers.TimeDateStamp;

    /// <summary>Where the linker would have it; the loader moves it.</summary>
    public ulong ImageBase => _layout.Headers.ImageBase;

    /// <summary>Bytes in memory, headers included.</summary>
    public uint SizeOfImage => _layout.Headers.SizeOfImage;

    public uint SizeOfHeaders => _layout.Headers.SizeOfHeaders;

    public uint EntryRva => _layout.Headers.EntryRva;

    /// <summary>As stored; 0 if the linker wrote none.</summary>
    public uint Checksum => _layout.Headers.Checksum;

    /// <summary>False if a checksum is stored and the bytes do not have it: the file was changed after
    /// linking.</summary>
    public bool IsChecksumRight { get; }

    /// <summary>Lower-case hex digest of the whole file: the image's identity.</summary>
    public string Sha256 { get; }

    /// <summary>Ascending by RVA.</summary>
    public ImmutableArray<ImageSection> Sections { get; }

    /// <summary>RVAs of the eight-byte addresses that move with the image.</summary>
    public ReadOnlySpan<uint> Relocations => _relocations;

    public ImmutableArray<ImportedModule> Imports { get; }

    public ImmutableArray<DriverExport> Exports { get; }

    public ImageLoadConfig? LoadConfig { get; }

    public FunctionTable Functions { get; }

    public SymbolTable Symbols { get; }

    /// <summary>Where the linker put the program database, or null.</summary>
    public string? PdbPath { get; }

    /// <summary>Reads and validates an image.</summary>
    /// <exception cref="BadDriverImageException">Always this one, whatever is wrong with the bytes.</exception>
    public static DriverImage Parse(ReadOnlyMemory<byte> file, string path)
    {
        var bytes = new ImageFile(file.ToArray(), path);
        return new DriverImage(ImageLayout.Read(bytes, ImageHeaders.Read(bytes)));
    }

    /// <summary>Reads an image from disk.</summary>
    /// <exception cref="BadDriverImageException">The file cannot be read, or is no sound driver image.</exception>
    public static DriverImage ReadFile(string path)
    {
        try
        {
            byte[] bytes = InputFile.Read(path, ImageHeaders.SizeOfImageMax) ?? throw new BadDriverImageException(
                path, ImageHeaders.SizeOfImageMax,
                $"The file goes on here, after {ImageHeaders.SizeOfImageMax >> 20} MB, and is larger than any driver",
                "Give an x64 driver (.sys)");
            return Parse(bytes, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            string problem = Directory.Exists(path) ? "This is a folder" : "There is no such file";
            throw new BadDriverImageException(path, 0, problem, "Give the path of an x64 driver (.sys)", e);
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new BadDriverImageException(path, 0, $"The file cannot be read: {e.Message.TrimEnd('.')}",
                "Check the path and its permissions", e);
        }
    }

    /// <summary>Writes the image as it is in memory: headers and sections in place, the rest zero, relocated.</summary>
    /// <param name="destination">At least <see cref="SizeOfImage"/> bytes.</param>
    /// <param name="loadAddress">The address that <paramref name="destination"/> has for the driver.</param>
    public void WriteRelocated(Span<byte> destination, ulong loadAddress)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, (int)SizeOfImage, nameof(destination));
        destination.Clear();
        _layout.File.Slice(0, SizeOfHeaders, "the headers").CopyTo(destination);
        foreach (ImageSection section in Sections)
        {
            ReadOnlySpan<byte> raw = _layout.File.Slice(section.RawOffset, section.RawSize, section.Name);
            raw.CopyTo(destination[(int)section.Rva..]);
        }
        ImageRelocations.Apply(_relocations, destination, unchecked(loadAddress - ImageBase));
        // Windows, too, leaves the actual base in the header of a moved image.
        BinaryPrimitives.WriteUInt64LittleEndian(destination[(int)_layout.Headers.ImageBaseOffset..], loadAddress);
    }

    /// <summary>The section that holds an RVA.</summary>
    public bool TryFindSection(uint rva, out ImageSection section) => _layout.TryFindSection(rva, out section);

    private void RequireEntryInCode()
    {
        ImageHeaders headers = _layout.Headers;
        if (!_layout.TryFindSection(headers.EntryRva, out ImageSection section))
            throw _layout.File.Bad(headers.EntryOffset,
                $"The entry point 0x{headers.EntryRva:X} lies outside the image's sections",
                "Link the driver with an entry point (-Wl,--entry,DriverEntry or /ENTRY:GsDriverEntry)");
        if (!section.Access.HasFlag(PageAccess.Execute))
            throw _layout.File.Bad(headers.EntryOffset,
                $"The entry point 0x{headers.EntryRva:X} lies in section {section.Name}, which is not executable");
    }
}
