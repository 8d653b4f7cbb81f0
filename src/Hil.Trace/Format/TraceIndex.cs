using System.Buffers;
using System.Buffers.Binary;

namespace Hil.Trace;

/// <summary>What a finished trace says of itself as a whole.</summary>
/// <param name="Records">Records in the file, without definitions.</param>
/// <param name="Lost">Records that could not be written, because the disk was full.</param>
/// <param name="WaitedTicks">How long the recording thread waited for the disk, 100 ns.</param>
public readonly record struct TraceStatistics(ulong Records, ulong Lost, long WaitedTicks);

/// <summary>The last frame of a finished trace.</summary>
/// <remarks>
/// <code>
///        u32 blocks
///        u32 1 when it was rebuilt by a repair
///        u64 records, u64 records lost, i64 time that the recording thread waited for the disk (100 ns)
///        for each block: u64 offset, u32 bytes, u32 records, u64 first sequence number, i64 first time, i64 last time,
///          u32 kinds, and for each: u32 kind, u32 count
///        footer: u64 offset of this frame, u32 bytes of this frame, u32 CRC-32 of all before the footer and of the
///          footer's first 12 bytes, "HILINDEX"
/// </code>
/// </remarks>
internal sealed record TraceIndex(IReadOnlyList<TraceBlock> Blocks, TraceStatistics Statistics, bool IsRebuilt)
{
    public const int FooterBytes = 24;

    private const int FixedBytes = 32;
    private const int EntryBytes = 44;
    private const int KindBytes = 8;
    private const int SealedFooterBytes = 12;
    private const int MinimumBytes = TraceFormat.SkippableHeaderBytes + FixedBytes + FooterBytes;

    // A million blocks with ten kinds each; without an index the blocks are found by walking.
    private const int BytesMax = 128 << 20;

    private static ReadOnlySpan<byte> Signature => "HILINDEX"u8;

    /// <summary>The whole frame, to be written at <paramref name="offset"/>.</summary>
    public byte[] Write(long offset)
    {
        var bytes = new ArrayBufferWriter<byte>();
        WriteUInt32(bytes, TraceFormat.IndexMagic);
        WriteUInt32(bytes, 0);
        WriteUInt32(bytes, (uint)Blocks.Count);
        WriteUInt32(bytes, IsRebuilt ? 1u : 0);
        WriteUInt64(bytes, Statistics.Records);
        WriteUInt64(bytes, Statistics.Lost);
        WriteUInt64(bytes, (ulong)Statistics.WaitedTicks);
        foreach (TraceBlock block in Blocks)
            Write(bytes, block);
        int frameBytes = bytes.WrittenCount + FooterBytes;
        WriteUInt64(bytes, (ulong)offset);
        WriteUInt32(bytes, (uint)frameBytes);
        WriteUInt32(bytes, Crc32.Of(bytes.WrittenSpan[TraceFormat.SkippableHeaderBytes..]));
        bytes.Write(Signature);
        byte[] frame = bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), frameBytes - TraceFormat.SkippableHeaderBytes);
        return frame;
    }

    private static void Write(ArrayBufferWriter<byte> bytes, TraceBlock block)
    {
        WriteUInt64(bytes, (ulong)block.Offset);
        WriteUInt32(bytes, (uint)block.Bytes);
        WriteUInt32(bytes, (uint)block.Records);
        WriteUInt64(bytes, block.FirstSequence);
        WriteUInt64(bytes, (ulong)block.FirstTime);
        WriteUInt64(bytes, (ulong)block.LastTime);
        WriteUInt32(bytes, (uint)block.Kinds.Length);
        foreach (TraceKindCount kind in block.Kinds.Span)
        {
            WriteUInt32(bytes, (byte)kind.Kind);
            WriteUInt32(bytes, (uint)kind.Count);
        }
    }

    private static void WriteUInt32(ArrayBufferWriter<byte> bytes, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.GetSpan(sizeof(uint)), value);
        bytes.Advance(sizeof(uint));
    }

    private static void WriteUInt64(ArrayBufferWriter<byte> bytes, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.GetSpan(sizeof(ulong)), value);
        bytes.Advance(sizeof(ulong));
    }

    /// <summary>Finds it from the end of a file: null when there is none. A damaged one adds to <paramref
    /// name="problems"/>.</summary>
    /// <param name="firstBlock">File offset of the first block.</param>
    public static TraceIndex? Find(TraceFile file, long firstBlock, List<TraceProblem> problems)
    {
        Span<byte> footer = stackalloc byte[FooterBytes];
        long length = file.Length;
        long footerAt = length - FooterBytes;
        if (footerAt < firstBlock || file.Read(footerAt, footer) < FooterBytes || !footer.EndsWith(Signature))
            return null;
        long offset = BinaryPrimitives.ReadInt64LittleEndian(footer);
        uint frameBytes = BinaryPrimitives.ReadUInt32LittleEndian(footer[8..]);
        TraceIndex? index = null;
        if (offset >= firstBlock && offset + frameBytes == length && frameBytes is >= MinimumBytes and <= BytesMax)
        {
            byte[] frame = new byte[frameBytes];
            if (file.Read(offset, frame) == frame.Length)
                index = Parse(frame, firstBlock, offset);
        }
        if (index == null)
            problems.Add(new TraceProblem(TraceProblemKind.Index, footerAt, FooterBytes, "the index is damaged"));
        return index;
    }

    private static TraceIndex? Parse(ReadOnlySpan<byte> frame, long firstBlock, long offset)
    {
        int sealedBytes = frame.Length - FooterBytes + SealedFooterBytes;
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(frame[sealedBytes..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame) != TraceFormat.IndexMagic
            || crc != Crc32.Of(frame[TraceFormat.SkippableHeaderBytes..sealedBytes]))
            return null;
        ReadOnlySpan<byte> body = frame[TraceFormat.SkippableHeaderBytes..^FooterBytes];
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(body);
        if (count > Math.Min(body.Length / EntryBytes, TraceFormat.BlocksMax))
            return null;
        var blocks = new List<TraceBlock>((int)count);
        ReadOnlySpan<byte> rest = body[FixedBytes..];
        for (int i = 0; i < count; i++)
        {
            if (ReadBlock(i, ref rest) is not { } block)
                return null;
            blocks.Add(block);
        }
        var statistics = new TraceStatistics(
            BinaryPrimitives.ReadUInt64LittleEndian(body[8..]), BinaryPrimitives.ReadUInt64LittleEndian(body[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[24..]));
        bool isRebuilt = BinaryPrimitives.ReadUInt32LittleEndian(body[4..]) != 0;
        bool isSound = rest.IsEmpty && AreInOrder(blocks, firstBlock, offset);
        return isSound ? new TraceIndex(blocks, statistics, isRebuilt) : null;
    }

    private static TraceBlock? ReadBlock(int number, ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < EntryBytes)
            return null;
        uint kinds = BinaryPrimitives.ReadUInt32LittleEndian(rest[40..]);
        if (kinds > 256 || rest.Length - EntryBytes < kinds * KindBytes)
            return null;
        var counts = new TraceKindCount[kinds];
        for (int i = 0; i < counts.Length; i++)
        {
            ReadOnlySpan<byte> entry = rest[(EntryBytes + i * KindBytes)..];
            counts[i] = new TraceKindCount((TraceKind)entry[0], BinaryPrimitives.ReadInt32LittleEndian(entry[4..]));
        }
        var block = new TraceBlock(
            number, BinaryPrimitives.ReadInt64LittleEndian(rest), BinaryPrimitives.ReadInt32LittleEndian(rest[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(rest[16..]), BinaryPrimitives.ReadInt32LittleEndian(rest[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(rest[24..]), BinaryPrimitives.ReadInt64LittleEndian(rest[32..]),
            counts);
        rest = rest[(EntryBytes + counts.Length * KindBytes)..];
        return block;
    }

    // A checksum shows that nothing was flipped, not that an honest program wrote it.
    private static bool AreInOrder(List<TraceBlock> blocks, long firstBlock, long offset)
    {
        long at = firstBlock;
        ulong sequence = 0;
        foreach (TraceBlock block in blocks)
        {
            if (block.Offset < at || block.Bytes <= 0 || block.Offset > offset - block.Bytes
                || block.FirstSequence < sequence || block.FirstSequence > long.MaxValue
                || block.Records is < 0 or > TraceFormat.BlockRecordsMax)
                return false;
            at = block.EndOffset;
            sequence = block.EndSequence;
        }
        return true;
    }
}
