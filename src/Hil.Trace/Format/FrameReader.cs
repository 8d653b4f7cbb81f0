using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>Frames of a trace's file: how long they are, and their content.</summary>
/// <remarks>
/// A block's frame: u32 0x184D2204, flags 0x7C or 0x5C (version 1, block checksums, content size, content checksum),
/// block size code, u64 content size, header checksum; LZ4 blocks, each u32 length, bytes, u32 checksum; u32 0; u32
/// content checksum. No byte of the content is believed before liblz4 has compared the checksums, and no length before
/// it was compared with what the file has.
/// </remarks>
internal sealed unsafe class FrameReader(TraceFile file) : IDisposable
{
    private const int HeaderBytes = 15;
    private const int FlagsMask = 0xDF; // all but "blocks are independent"
    private const int Flags = 0x5C;
    private const uint Uncompressed = 0x8000_0000;
    private const int ChecksumBytes = 4;

    // LZ4 cannot do better than 255 bytes for one.
    private const long ExpansionMax = 255;
    private const int Lz4BlocksMax = TraceFormat.BlockBytesMax / (64 << 10) + 1;
    private const int FrameBytesMax = TraceFormat.BlockBytesMax + (TraceFormat.BlockBytesMax >> 8) + (64 << 10);

    private readonly Lz4.Decompressor _lz4 = new();
    private NativeBuffer _frame, _content;

    /// <summary>The content of the last frame that was read.</summary>
    public byte* Content => _content.Start;

    public int ContentBytes { get; private set; }

    /// <summary>The length of the LZ4 frame at <paramref name="offset"/>; otherwise what is wrong with it.</summary>
    public string? TryMeasure(long offset, long end, out int bytes)
    {
        bytes = 0;
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (end - offset < HeaderBytes || file.Read(offset, header) < HeaderBytes)
            return "its frame is cut off";
        if (!IsBlockHeader(header))
            return "its frame's header is damaged";
        long at = offset + HeaderBytes;
        Span<byte> field = stackalloc byte[sizeof(uint)];
        for (int blocks = 0; ; blocks++)
        {
            if (end - at < sizeof(uint) + ChecksumBytes || file.Read(at, field) < field.Length)
                return "its frame is cut off";
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(field);
            at += sizeof(uint) + ChecksumBytes;
            if (length == 0)
                break;
            at += length & ~Uncompressed;
            if (at > end || at - offset > FrameBytesMax || blocks == Lz4BlocksMax)
                return "its frame is cut off, or a length in it is damaged";
        }
        bytes = (int)(at - offset);
        return null;
    }

    private static bool IsBlockHeader(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadUInt32LittleEndian(header) == TraceFormat.Lz4Magic && (header[4] & FlagsMask) == Flags
        && BinaryPrimitives.ReadUInt64LittleEndian(header[6..]) <= TraceFormat.BlockBytesMax;

    /// <summary>Reads and decompresses the frame; otherwise what is wrong with it.</summary>
    public string? TryRead(long offset, int bytes)
    {
        ContentBytes = 0;
        if (bytes is < HeaderBytes or > FrameBytesMax)
            return "its length makes no sense";
        _frame.Require(bytes);
        if (file.Read(offset, new Span<byte>(_frame.Start, bytes)) < bytes)
            return "its frame is cut off";
        var header = new ReadOnlySpan<byte>(_frame.Start, HeaderBytes);
        if (!IsBlockHeader(header))
            return "its frame's header is damaged";
        long contentBytes = BinaryPrimitives.ReadInt64LittleEndian(header[6..]);
        if (contentBytes > bytes * ExpansionMax)
            return "its content size is not possible";
        _content.Require((int)contentBytes);
        string? error = _lz4.TryDecompress(_frame.Start, bytes, _content.Start, (int)contentBytes);
        if (error != null)
            return $"LZ4 says {error}";
        ContentBytes = (int)contentBytes;
        return null;
    }

    public void Dispose()
    {
        _lz4.Dispose();
        _frame.Release();
        _content.Release();
    }

    private struct NativeBuffer
    {
        private int _capacity;

        public byte* Start { get; private set; }

        public void Require(int bytes)
        {
            if (bytes <= _capacity && Start != null)
                return;
            Release();
            int capacity = Math.Max(bytes, 64 << 10);
            Start = (byte*)NativeMemory.Alloc((nuint)capacity);
            _capacity = capacity;
        }

        public void Release()
        {
            NativeMemory.Free(Start);
            Start = null;
            _capacity = 0;
        }
    }
}
