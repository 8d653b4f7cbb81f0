using System.Buffers.Binary;

namespace Hil.Trace;

/// <summary>The first frame of a trace.</summary>
/// <remarks>
/// <code>
///    0  "HILTRACE"
///    8  u32 format version
///   12  u32 schema bytes
///   16  i64 creation time, microseconds since 1970 UTC
///   24  schema, JSON
///       u32 CRC-32 of all before it
/// </code>
/// </remarks>
internal sealed record TraceHeader(DateTimeOffset Created, IReadOnlyList<TraceRecordKind> Kinds, int FrameBytes)
{
    private const int FixedBytes = 24;
    private const int CrcBytes = 4;

    private static ReadOnlySpan<byte> Signature => "HILTRACE"u8;

    /// <summary>The whole frame, for the kinds that this version writes.</summary>
    public static byte[] Write(DateTimeOffset created) => Write(created, TraceSchemaJson.Write(TraceSchema.Kinds));

    internal static byte[] Write(DateTimeOffset created, ReadOnlySpan<byte> schema)
    {
        int bodyBytes = FixedBytes + schema.Length + CrcBytes;
        byte[] frame = new byte[TraceFormat.SkippableHeaderBytes + bodyBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, TraceFormat.HeaderMagic);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), bodyBytes);
        Span<byte> body = frame.AsSpan(TraceFormat.SkippableHeaderBytes);
        Signature.CopyTo(body);
        BinaryPrimitives.WriteInt32LittleEndian(body[8..], TraceFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(body[12..], schema.Length);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], (created.UtcTicks - DateTime.UnixEpoch.Ticks) / 10);
        schema.CopyTo(body[FixedBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(body[^CrcBytes..], Crc32.Of(body[..^CrcBytes]));
        return frame;
    }

    /// <summary>Reads it from the beginning of a file.</summary>
    /// <exception cref="TraceFormatException">It is not a trace, of a newer version, or damaged.</exception>
    public static TraceHeader Read(TraceFile file)
    {
        const string Other = "Give a file that hil wrote with --capture";
        Span<byte> start = stackalloc byte[TraceFormat.SkippableHeaderBytes + FixedBytes];
        int got = file.Read(0, start);
        Span<byte> fields = start[TraceFormat.SkippableHeaderBytes..];
        if (got < start.Length || BinaryPrimitives.ReadUInt32LittleEndian(start) != TraceFormat.HeaderMagic
            || !fields.StartsWith(Signature))
            throw new TraceFormatException(file.Path, 0, "this is not a trace", Other);
        CheckVersion(file, BinaryPrimitives.ReadUInt32LittleEndian(fields[8..]));

        uint bodyBytes = BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
        uint schemaBytes = BinaryPrimitives.ReadUInt32LittleEndian(fields[12..]);
        if (schemaBytes > TraceFormat.SchemaBytesMax || bodyBytes != FixedBytes + schemaBytes + CrcBytes)
            throw new TraceFormatException(file.Path, 4, "the header's lengths make no sense", TraceFile.CopyAgain);
        byte[] body = new byte[bodyBytes];
        if (file.Read(TraceFormat.SkippableHeaderBytes, body) < body.Length)
        {
            throw new TraceFormatException(
                file.Path, 0, "the file ends in its header", "Nothing was recorded; capture again");
        }
        return Parse(file, body);
    }

    private static void CheckVersion(TraceFile file, uint version)
    {
        const int VersionOffset = TraceFormat.SkippableHeaderBytes + 8;
        if (version > TraceFormat.Version)
        {
            throw new TraceFormatException(file.Path, VersionOffset,
                $"this trace has format version {version}, this hil reads up to {TraceFormat.Version}",
                "Read it with the hil that wrote it, or a newer one");
        }
        if (version == 0)
        {
            throw new TraceFormatException(
                file.Path, VersionOffset, "format version 0 does not exist", TraceFile.CopyAgain);
        }
    }

    private static TraceHeader Parse(TraceFile file, ReadOnlySpan<byte> body)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(body[^CrcBytes..]) != Crc32.Of(body[..^CrcBytes]))
        {
            throw new TraceFormatException(
                file.Path, TraceFormat.SkippableHeaderBytes, "the header's checksum is wrong", TraceFile.CopyAgain);
        }
        string? problem = TraceSchemaJson.TryRead(
            body[FixedBytes..^CrcBytes], out IReadOnlyList<TraceRecordKind> kinds);
        if (problem != null)
        {
            throw new TraceFormatException(file.Path, TraceFormat.SkippableHeaderBytes + FixedBytes,
                $"the schema in the header: {problem}", "It was not written by hil");
        }
        long microseconds = BinaryPrimitives.ReadInt64LittleEndian(body[16..]);
        return new TraceHeader(TimeOf(microseconds), kinds, TraceFormat.SkippableHeaderBytes + body.Length);
    }

    private static DateTimeOffset TimeOf(long microseconds)
    {
        const long MicrosecondsMax = 253_402_300_799L * 1_000_000;
        return DateTimeOffset.UnixEpoch.AddTicks(Math.Clamp(microseconds, 0, MicrosecondsMax) * 10);
    }
}
