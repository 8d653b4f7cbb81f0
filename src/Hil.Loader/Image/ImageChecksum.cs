using System.Buffers.Binary;

namespace Hil.Loader;

/// <summary>The checksum of the optional header: a folded 16-bit sum of the file without the field itself, plus its
/// length.</summary>
internal static class ImageChecksum
{
    public static uint Compute(ImageFile file, long fieldOffset)
    {
        ReadOnlySpan<byte> bytes = file.All;
        ulong sum = 0;
        for (int at = 0; at < bytes.Length; at += sizeof(ushort))
        {
            if (at >= fieldOffset && at < fieldOffset + sizeof(uint))
                continue;
            sum += at + 1 < bytes.Length ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]) : bytes[at];
        }
        while (sum >> 16 != 0)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (uint)sum + (uint)bytes.Length;
    }
}
