namespace Hil.Trace;

/// <summary>Numbers of the `.hiltrace` format and its limits. docs/trace-format.md is the description for other
/// readers.</summary>
/// <remarks>
/// A trace is a sequence of LZ4 frames, so that the `lz4` tool lists and checks it:
/// <code>
///   skippable 0x184D2A50   header: version, creation time, schema
///   LZ4 frame              block 0: columns of up to 16,384 records
///   LZ4 frame              block 1
///   ...
///   skippable 0x184D2A51   index: where each block is and what is in it; its last 24 bytes find it from the end
/// </code>
/// Blocks carry LZ4's own checksums; header and index end in a CRC-32. All integers are little-endian.
/// </remarks>
public static class TraceFormat
{
    /// <summary>Raised when an older reader would misread the file; new record kinds and fields do not raise
    /// it.</summary>
    public const int Version = 1;

    /// <summary>Records of a block, and of a kind of definition in one; readers refuse more.</summary>
    public const int BlockRecordsMax = 65_536;

    /// <summary>Fields of a record kind; readers refuse more.</summary>
    public const int FieldsMax = 16;

    /// <summary>Bytes of one record's data.</summary>
    public const int DataBytesMax = 16 << 20;

    /// <summary>UTF-8 bytes of one text; the writer cuts off what is longer.</summary>
    public const int TextBytesMax = 16 << 10;

    /// <summary>Uncompressed bytes of a block: one record's data, and columns at their widest.</summary>
    public const int BlockBytesMax = 32 << 20;

    /// <summary>Numbers that a block holds, over all kinds: what it takes to decode all of its columns.</summary>
    public const int BlockNumbersMax = 1 << 21;

    /// <summary>Blocks of a trace. At the 40 KB that a busy one has, this is 40 GB.</summary>
    public const int BlocksMax = 1 << 20;

    /// <summary>Bytes of the schema in the header.</summary>
    public const int SchemaBytesMax = 1 << 20;

    internal const uint HeaderMagic = 0x184D_2A50;
    internal const uint IndexMagic = 0x184D_2A51;
    internal const uint SkippableMagic = 0x184D_2A50;
    internal const uint SkippableMask = 0xFFFF_FFF0;
    internal const uint Lz4Magic = 0x184D_2204;
    internal const int SkippableHeaderBytes = 8;

    /// <summary>A block is cut at this many records. Two of them can be unwritten: one that fills, one on its way to
    /// the file. A host that is killed loses what was in them.</summary>
    internal const int CutRecords = 16_384;

    /// <summary>A block is cut when its data and definitions reach this many bytes.</summary>
    internal const int CutDataBytes = 128 << 10;
}
