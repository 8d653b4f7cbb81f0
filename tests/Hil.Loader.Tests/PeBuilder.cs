using System.Buffers.Binary;
using System.Text;

namespace Hil.Loader.Tests;

/// <summary>Lays out a PE32+ image by hand, so that shapes no compiler at hand produces can be tested.</summary>
internal sealed class PeBuilder
{
    public const uint Code = 0x6800_0020;         // read, execute, not paged
    public const uint PageableCode = 0x6000_0020;
    public const uint InitCode = 0xE200_0020;     // read, write, execute, discardable
    public const uint ReadOnlyData = 0x4800_0040;
    public const uint Data = 0xC800_0040;
    public const uint Discardable = 0x4200_0040;

    private const int HeaderOffset = 0xE8; // After a DOS stub and a "Rich" block of the usual size.
    private const int OptionalHeaderSize = 112 + 16 * 8;

    private readonly List<(string Name, uint Flags, uint VirtualSize, byte[] Data)> _sections = [];
    private readonly (uint Rva, uint Size)[] _directories = new (uint, uint)[16];

    public ulong ImageBase { get; init; } = 0x1_4000_0000;

    public uint SectionAlignment { get; init; } = 0x1000;

    public uint FileAlignment { get; init; } = 0x200;

    public ushort Characteristics { get; init; } = 0x22;

    public uint EntryRva { get; set; }

    /// <summary>Reserves the next section and gives its data for filling in.</summary>
    public byte[] Section(string name, uint flags, int rawSize, uint virtualSize = 0)
    {
        byte[] data = new byte[rawSize];
        _sections.Add((name, flags, virtualSize == 0 ? (uint)rawSize : virtualSize, data));
        return data;
    }

    public void Directory(int index, uint rva, uint size) => _directories[index] = (rva, size);

    public byte[] Build()
    {
        uint headers = Up((uint)(HeaderOffset + 24 + OptionalHeaderSize + _sections.Count * 40), FileAlignment);
        byte[] file = new byte[headers + _sections.Sum(s => (long)Up((uint)s.Data.Length, FileAlignment))];
        file[0] = (byte)'M';
        file[1] = (byte)'Z';
        U32(file, 0x3C, HeaderOffset);
        U32(file, HeaderOffset, 0x4550);
        uint imageEnd = PlaceSections(file, headers);
        WriteFileHeader(file.AsSpan(HeaderOffset + 4));
        WriteOptionalHeader(file.AsSpan(HeaderOffset + 24), headers, imageEnd);
        return file;
    }

    public static void U16(Span<byte> at, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(at[offset..], value);

    public static void U32(Span<byte> at, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(at[offset..], value);

    public static void U64(Span<byte> at, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(at[offset..], value);

    public static void Text(Span<byte> at, int offset, string value) =>
        Encoding.ASCII.GetBytes(value).CopyTo(at[offset..]);

    private uint PlaceSections(byte[] file, uint headers)
    {
        uint raw = headers;
        uint rva = Up(headers, SectionAlignment);
        for (int i = 0; i < _sections.Count; i++)
        {
            (string name, uint flags, uint virtualSize, byte[] data) = _sections[i];
            Span<byte> entry = file.AsSpan(HeaderOffset + 24 + OptionalHeaderSize + i * 40);
            uint rawSize = Up((uint)data.Length, FileAlignment);
            Text(entry, 0, name);
            U32(entry, 8, virtualSize);
            U32(entry, 12, rva);
            U32(entry, 16, rawSize);
            U32(entry, 20, rawSize == 0 ? 0 : raw);
            U32(entry, 36, flags);
            data.CopyTo(file.AsSpan((int)raw));
            raw += rawSize;
            rva += Up(Math.Max(virtualSize, 1), SectionAlignment);
        }
        return rva;
    }

    private void WriteFileHeader(Span<byte> header)
    {
        U16(header, 0, 0x8664);
        U16(header, 2, (ushort)_sections.Count);
        U16(header, 16, OptionalHeaderSize);
        U16(header, 18, Characteristics);
    }

    private void WriteOptionalHeader(Span<byte> header, uint headersSize, uint imageEnd)
    {
        U16(header, 0, 0x20B);
        U32(header, 16, EntryRva);
        U64(header, 24, ImageBase);
        U32(header, 32, SectionAlignment);
        U32(header, 36, FileAlignment);
        U32(header, 56, imageEnd);
        U32(header, 60, headersSize);
        U16(header, 68, 1);
        U32(header, 108, 16);
        for (int i = 0; i < _directories.Length; i++)
        {
            U32(header, 112 + i * 8, _directories[i].Rva);
            U32(header, 116 + i * 8, _directories[i].Size);
        }
    }

    private static uint Up(uint value, uint alignment) => (value + alignment - 1) & ~(alignment - 1);
}
