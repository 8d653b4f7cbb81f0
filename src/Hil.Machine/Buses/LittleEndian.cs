using System.Buffers.Binary;

namespace Hil.Machine.Buses;

/// <summary>Values of 1, 2, 4 or 8 bytes in the byte order of PCI devices.</summary>
internal static class LittleEndian
{
    public static ulong Read(ReadOnlySpan<byte> source, int width) => width switch
    {
        1 => source[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(source),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(source),
        8 => BinaryPrimitives.ReadUInt64LittleEndian(source),
        _ => throw new ArgumentOutOfRangeException(nameof(width), width, "an access has 1, 2, 4 or 8 bytes"),
    };

    public static void Write(Span<byte> destination, int width, ulong value)
    {
        switch (width)
        {
            case 1:
                destination[0] = (byte)value;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)value);
                break;
            case 8:
                BinaryPrimitives.WriteUInt64LittleEndian(destination, value);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(width), width, "an access has 1, 2, 4 or 8 bytes");
        }
    }
}
