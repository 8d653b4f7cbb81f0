using System.Buffers.Binary;

namespace Hil.Trace.Tests.Fuzz;

/// <summary>A trace taken apart, so that a part can be changed and sealed again with right checksums: what a reader has
/// to see through by itself.</summary>
internal sealed unsafe class TraceParts
{
    private const int FooterCrcAt = 12;

    public TraceParts(byte[] schema, List<byte[]> contents, byte[] index)
    {
        Schema = schema;
        Contents = contents;
        Index = index;
    }

    /// <summary>The JSON text in the header.</summary>
    public byte[] Schema { get; set; }

    /// <summary>The uncompressed content of each block.</summary>
    public List<byte[]> Contents { get; }

    /// <summary>The index's frame; empty when there is none.</summary>
    public byte[] Index { get; set; }

    public static TraceParts Of(string path)
    {
        const int SchemaAt = 8 + 24, CrcBytes = 4;
        using TraceReader reader = TraceReader.Open(path);
        byte[] file = File.ReadAllBytes(path);
        int headerBytes = 8 + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4));
        int end = reader.Blocks.Count == 0 ? headerBytes : (int)reader.Blocks[^1].EndOffset;
        byte[] index = reader.IsComplete ? file[end..] : [];
        return new TraceParts(
            file[SchemaAt..(headerBytes - CrcBytes)], [.. reader.Blocks.Select(reader.ReadContent)], index);
    }

    /// <summary>A copy that can be changed by itself.</summary>
    public TraceParts Copy() =>
        new([.. Schema], [.. Contents.Select(static content => (byte[])content.Clone())], [.. Index]);

    /// <summary>The file's bytes, with checksums that are right whatever the parts say.</summary>
    public byte[] Seal()
    {
        using var file = new MemoryStream();
        file.Write(TraceHeader.Write(DateTimeOffset.UnixEpoch, Schema));
        foreach (byte[] content in Contents)
            file.Write(Compress(content));
        if (Index.Length >= TraceIndex.FooterBytes + TraceFormat.SkippableHeaderBytes)
            SealIndex();
        file.Write(Index);
        return file.ToArray();
    }

    private void SealIndex()
    {
        int crcAt = Index.Length - TraceIndex.FooterBytes + FooterCrcAt;
        uint crc = Crc32.Of(Index.AsSpan(TraceFormat.SkippableHeaderBytes..crcAt));
        BinaryPrimitives.WriteUInt32LittleEndian(Index.AsSpan(crcAt), crc);
    }

    private static byte[] Compress(byte[] content)
    {
        byte[] frame = new byte[Lz4.BoundOf(content.Length)];
        fixed (byte* to = frame)
        fixed (byte* from = content)
            return frame[..Lz4.Compress(to, frame.Length, from, content.Length)];
    }
}
