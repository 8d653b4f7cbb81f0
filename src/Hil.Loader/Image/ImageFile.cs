using System.Buffers.Binary;

namespace Hil.Loader;

/// <summary>The bytes of an image file, read with bounds that end in a <see cref="BadDriverImageException"/>.</summary>
internal sealed class ImageFile(byte[] bytes, string path)
{
    private const string Rebuild = "Build or copy the driver again; the file looks damaged";

    public string Path => path;

    public int Length => bytes.Length;

    public ReadOnlySpan<byte> All => bytes;

    public ReadOnlySpan<byte> Slice(long offset, long length, string what)
    {
        if (offset < 0 || length < 0 || offset > bytes.Length || length > bytes.Length - offset)
            throw Truncated(offset, length, what);
        return bytes.AsSpan((int)offset, (int)length);
    }

    public ushort ReadUInt16(long offset, string what) =>
        BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, sizeof(ushort), what));

    public uint ReadUInt32(long offset, string what) =>
        BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, sizeof(uint), what));

    public ulong ReadUInt64(long offset, string what) =>
        BinaryPrimitives.ReadUInt64LittleEndian(Slice(offset, sizeof(ulong), what));

    /// <summary>The text before the first zero byte, cut at <paramref name="bytesMax"/> or at the end of the file; what
    /// cannot
    /// be printed reads as a question mark.</summary>
    public string ReadTextUpTo(long offset, int bytesMax)
    {
        if (offset < 0 || offset >= bytes.Length)
            return "";
        ReadOnlySpan<byte> text = bytes.AsSpan((int)offset, (int)Math.Min(bytesMax, bytes.Length - offset));
        int end = text.IndexOf((byte)0);
        return string.Create(end < 0 ? text.Length : end, text, static (chars, source) =>
        {
            for (int i = 0; i < chars.Length; i++)
                chars[i] = source[i] is >= 0x20 and <= 0x7E ? (char)source[i] : '?';
        });
    }

    public BadDriverImageException Bad(long offset, string problem, string remedy = Rebuild) =>
        new(path, offset, problem, remedy);

    private BadDriverImageException Truncated(long offset, long length, string what) =>
        Bad(offset, $"The file ends before {what}: {length} bytes at 0x{offset:X} are wanted, " +
            $"the file has {bytes.Length}");
}
