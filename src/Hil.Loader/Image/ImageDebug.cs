using System.Buffers.Binary;

namespace Hil.Loader;

/// <summary>Finds the PDB path in the debug directory. It only informs, so damage there means "none" and never stops a
/// load.</summary>
internal static class ImageDebug
{
    private const int EntrySize = 28;
    private const int EntriesMax = 64;
    private const int PathBytesMax = 1024;
    private const uint TypeCodeView = 2;
    private const uint SignatureRsds = 0x5344_5352;
    private const int PathInCodeView = 24;

    public static string? FindPdbPath(ImageLayout layout)
    {
        DataDirectory directory = layout.Headers[DataDirectoryIndex.Debug];
        if (!directory.IsPresent || !layout.Contains(directory.Rva, directory.Size))
            return null;
        uint count = Math.Min(directory.Size / EntrySize, EntriesMax);
        for (uint i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = layout.At(directory.Rva + i * EntrySize, EntrySize, 0, "the debug directory");
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]) == TypeCodeView
                && ReadPath(layout.File, BinaryPrimitives.ReadUInt32LittleEndian(entry[24..])) is { } path)
                return path;
        }
        return null;
    }

    private static string? ReadPath(ImageFile file, long offset)
    {
        if (offset > file.Length - PathInCodeView || file.ReadUInt32(offset, "debug data") != SignatureRsds)
            return null;
        string path = file.ReadTextUpTo(offset + PathInCodeView, PathBytesMax);
        return path.Length == 0 ? null : path;
    }
}
