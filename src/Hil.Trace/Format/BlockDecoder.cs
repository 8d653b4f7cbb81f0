using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Hil.Trace;

/// <summary>The content of one block, read: what <see cref="BlockEncoder"/> writes, with its layout. A column is
/// decoded when somebody asks for it, all of it at once.</summary>
internal sealed unsafe class BlockDecoder
{
    private readonly string _path;
    private readonly KindDecoder?[] _kinds = new KindDecoder?[256];
    private readonly List<KindDecoder> _present = [];
    private long[] _times = [];
    private bool _hasTimes;
    private byte* _content;
    private long _timesAt;
    private uint _timesBytes;
    private int _number;
    private long _offset;

    public BlockDecoder(string path, IReadOnlyList<TraceRecordKind> schema)
    {
        _path = path;
        foreach (TraceRecordKind kind in schema)
            _kinds[(byte)kind.Kind] = new KindDecoder(kind);
    }

    public int Records { get; private set; }

    public ulong FirstSequence { get; private set; }

    public long FirstTime { get; private set; }

    public long LastTime { get; private set; }

    /// <summary>A byte for each record.</summary>
    public byte* KindColumn { get; private set; }

    /// <summary>Kinds that occur, lowest first.</summary>
    public IReadOnlyList<KindDecoder> Present => _present;

    public KindDecoder? this[TraceKind kind] => _kinds[(byte)kind];

    /// <summary>Takes a block's content, which must stay where it is.</summary>
    /// <param name="number">The block's number and, with <paramref name="offset"/>, its place: for messages.</param>
    /// <exception cref="TraceFormatException">The content contradicts itself.</exception>
    public void Load(byte* content, int bytes, int number, long offset)
    {
        Clear();
        _content = content;
        _number = number;
        _offset = offset;
        var span = new ReadOnlySpan<byte>(content, bytes);
        Check(bytes >= BlockEncoder.FixedBytes, 0, "it is too short");
        uint records = BinaryPrimitives.ReadUInt32LittleEndian(span);
        uint kinds = BinaryPrimitives.ReadUInt32LittleEndian(span[4..]);
        FirstSequence = BinaryPrimitives.ReadUInt64LittleEndian(span[8..]);
        FirstTime = BinaryPrimitives.ReadInt64LittleEndian(span[16..]);
        LastTime = BinaryPrimitives.ReadInt64LittleEndian(span[24..]);
        uint timesBytes = BinaryPrimitives.ReadUInt32LittleEndian(span[32..]);
        Check(records <= TraceFormat.BlockRecordsMax, 0, "it has more records than a block may have");
        Check(kinds <= 256, 4, "it has more kinds than there are");
        Check(FirstSequence <= long.MaxValue, 8, "its sequence number is out of range");

        int columnsAt = ReadTable(span, (int)kinds);
        long end = Place(columnsAt, records, timesBytes);
        Check(end == bytes, columnsAt, "its columns do not fill it");
        Records = (int)records;
        CheckCounts();
    }

    /// <summary>Takes the content of the frame that was read last.</summary>
    public void Load(FrameReader frame, int number, long offset) =>
        Load(frame.Content, frame.ContentBytes, number, offset);

    /// <summary>What an index says of this block.</summary>
    public TraceBlock Describe(int number, long offset, int bytes)
    {
        var kinds = new TraceKindCount[_present.Count];
        for (int i = 0; i < kinds.Length; i++)
            kinds[i] = new TraceKindCount(_present[i].Kind, _present[i].Count);
        return new TraceBlock(number, offset, bytes, FirstSequence, Records, FirstTime, LastTime, kinds);
    }

    private void Clear()
    {
        foreach (KindDecoder kind in _present)
            kind.Clear();
        _present.Clear();
        _hasTimes = false;
        Records = 0;
    }

    private int ReadTable(ReadOnlySpan<byte> content, int kinds)
    {
        int at = BlockEncoder.FixedBytes;
        int before = -1;
        long numbers = 0;
        for (int i = 0; i < kinds; i++)
        {
            Check(content.Length - at >= BlockEncoder.KindEntryBytes, at, "the table of kinds is cut off");
            byte number = content[at];
            KindDecoder? kind = _kinds[number];
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(content[(at + 4)..]);
            Check(number > before, at, "the table of kinds is out of order");
            Check(kind != null, at, "a kind is not in the schema");
            Check(content[at + 1] == kind.Columns, at + 1, "a kind has not the columns that the schema says");
            Check(count is > 0 and <= TraceFormat.BlockRecordsMax, at + 4, "a kind has an impossible count");
            numbers += count * kind.Columns;
            Check(numbers <= TraceFormat.BlockNumbersMax, at + 4, "it has more numbers than a block may have");
            at += BlockEncoder.KindEntryBytes;
            int lengthBytes = kind.Columns * sizeof(uint);
            Check(content.Length - at >= lengthBytes, at, "the table of kinds is cut off");
            kind.Take((int)count, content.Slice(at, lengthBytes));
            _present.Add(kind);
            at += lengthBytes;
            before = number;
        }
        return at;
    }

    // Lengths are not yet known to fit: sums are in 64 bits, and nothing is read before the end was compared.
    private long Place(int columnsAt, uint records, uint timesBytes)
    {
        KindColumn = _content + columnsAt;
        _timesAt = columnsAt + records;
        _timesBytes = timesBytes;
        long at = _timesAt + timesBytes;
        foreach (KindDecoder kind in _present)
            at = kind.Place(_content, at);
        return at;
    }

    private void CheckCounts()
    {
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        for (int i = 0; i < Records; i++)
            counts[KindColumn[i]]++;
        foreach (KindDecoder kind in _present)
        {
            int expected = kind.IsDefinition ? 0 : kind.Count;
            Check(counts[(byte)kind.Kind] == expected, 0, "the table counts a kind otherwise than the column of kinds");
            counts[(byte)kind.Kind] = 0;
        }
        Check(counts.IndexOfAnyExcept(0) < 0, 0, "the table does not have a kind that occurs");
    }

    /// <summary>The times of all records, 100 ns.</summary>
    public long[] Times()
    {
        if (!_hasTimes)
            DecodeTimes();
        return _times;
    }

    private void DecodeTimes()
    {
        if (_times.Length < Records)
            _times = new long[RoundUp(Records)];
        byte* next = _content + _timesAt;
        byte* end = next + _timesBytes;
        long time = FirstTime;
        for (int i = 0; i < Records; i++)
        {
            next = Varint.Read(next, end, out ulong value);
            Check(next != null, _timesAt, "the column of times is cut off");
            time += (long)Varint.UnZigZag(value);
            _times[i] = time;
        }
        Check(next == end, _timesAt, "the column of times is too long");
        _hasTimes = true;
    }

    /// <summary>A field of the record that is number <paramref name="ordinal"/> of its kind.</summary>
    public ulong Value(KindDecoder kind, int field, int ordinal)
    {
        ulong[] values = kind.Decoded[field] ?? Decode(kind, field);
        return values[ordinal];
    }

    private ulong[] Decode(KindDecoder kind, int field)
    {
        string? problem = kind.TryDecode(field, out ulong[] values);
        Check(problem == null, 0, problem ?? "");
        return values;
    }

    /// <summary>The data of the record that is number <paramref name="ordinal"/> of its kind; empty for kinds
    /// without.</summary>
    public ReadOnlySpan<byte> Data(KindDecoder kind, int ordinal)
    {
        if (!kind.HasData)
            return [];
        if (!kind.HasDecodedData)
        {
            string? problem = kind.TryDecodeData();
            Check(problem == null, 0, problem ?? "");
        }
        return kind.Data(ordinal);
    }

    internal static int RoundUp(int count) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 256));

    private void Check([DoesNotReturnIf(false)] bool holds, long at, string problem)
    {
        if (!holds)
            Fail(at, problem);
    }

    /// <summary>Throws what is wrong with this block, at byte <paramref name="at"/> of its content.</summary>
    [DoesNotReturn]
    public void Fail(long at, string problem) => throw new TraceFormatException(
        _path, _offset, $"block {_number}, byte 0x{at:X} of its content: {problem}", "It was not written by hil");
}
