using System.Buffers.Binary;

namespace Hil.Trace;

/// <summary>The columns of one kind in a block that is read.</summary>
internal sealed unsafe class KindDecoder
{
    private readonly TraceField[] _fields;
    private readonly uint[] _lengths;
    private readonly long[] _starts;
    private readonly ulong[][] _buffers;
    private readonly KeyedMemory? _keyed;
    private byte* _content;
    private int[] _dataEnds = [];

    public KindDecoder(TraceRecordKind kind)
    {
        Kind = kind.Kind;
        HasData = kind.HasData;
        _fields = kind.Fields;
        _lengths = new uint[Columns];
        _starts = new long[Columns];
        _buffers = new ulong[_fields.Length][];
        Array.Fill(_buffers, []);
        Decoded = new ulong[]?[_fields.Length];
        if (Array.Exists(_fields, static field => field.Coding == TraceFieldCoding.Keyed))
            _keyed = new KeyedMemory(width: 1);
    }

    public TraceKind Kind { get; }

    public bool HasData { get; }

    public bool IsDefinition => Kind is TraceKind.String or TraceKind.Site or TraceKind.CallSite;

    public int Fields => _fields.Length;

    public int Columns => _fields.Length + (HasData ? 2 : 0);

    /// <summary>Records of this kind in the block.</summary>
    public int Count { get; private set; }

    public bool HasDecodedData { get; private set; }

    public void Clear()
    {
        Count = 0;
        HasDecodedData = false;
        Array.Clear(Decoded);
    }

    /// <summary>Takes the count and the lengths of the columns from the table of a block.</summary>
    public void Take(int count, ReadOnlySpan<byte> lengths)
    {
        Count = count;
        for (int i = 0; i < _lengths.Length; i++)
            _lengths[i] = BinaryPrimitives.ReadUInt32LittleEndian(lengths[(i * sizeof(uint))..]);
    }

    /// <summary>Says where the columns begin; returns where they end.</summary>
    public long Place(byte* content, long at)
    {
        _content = content;
        for (int i = 0; i < _lengths.Length; i++)
        {
            _starts[i] = at;
            at += _lengths[i];
        }
        return at;
    }

    /// <summary>The values of each field that was decoded already.</summary>
    public ulong[]?[] Decoded { get; }

    /// <summary>Decodes the values of a field; otherwise says what is wrong.</summary>
    public string? TryDecode(int field, out ulong[] values)
    {
        if (_buffers[field].Length < Count)
            _buffers[field] = new ulong[BlockDecoder.RoundUp(Count)];
        values = _buffers[field];
        byte* next = _content + _starts[field];
        byte* end = next + _lengths[field];
        if (_fields[field].Coding == TraceFieldCoding.Keyed)
        {
            string? problem = Decoded[0] != null ? null : TryDecode(0, out _);
            if (problem != null)
                return problem;
            next = DecodeKeyed(next, end, values);
        }
        else
        {
            next = DecodeDelta(next, end, values);
        }
        if (next != end)
            return $"the column of field {field} of kind {(byte)Kind} does not have {Count:N0} numbers";
        Decoded[field] = values;
        return null;
    }

    private byte* DecodeDelta(byte* next, byte* end, ulong[] values)
    {
        ulong value = 0;
        foreach (ref ulong slot in values.AsSpan(0, Count))
        {
            next = Varint.Read(next, end, out ulong difference);
            if (next == null)
                break;
            slot = value += Varint.UnZigZag(difference);
        }
        return next;
    }

    private byte* DecodeKeyed(byte* next, byte* end, ulong[] values)
    {
        ReadOnlySpan<ulong> keys = _buffers[0].AsSpan(0, Count);
        Span<ulong> slots = values.AsSpan(0, Count);
        KeyedMemory memory = _keyed!;
        memory.Forget();
        for (int i = 0; i < keys.Length; i++)
        {
            next = Varint.Read(next, end, out ulong difference);
            if (next == null)
                break;
            ref ulong last = ref memory.ValuesOf(keys[i]);
            slots[i] = last += Varint.UnZigZag(difference);
        }
        return next;
    }

    /// <summary>Decodes where each record's data ends; otherwise says what is wrong.</summary>
    public string? TryDecodeData()
    {
        if (_dataEnds.Length < Count)
            _dataEnds = new int[BlockDecoder.RoundUp(Count)];
        byte* next = _content + _starts[Fields];
        byte* end = next + _lengths[Fields];
        ulong at = 0;
        for (int i = 0; i < Count; i++)
        {
            next = Varint.Read(next, end, out ulong length);
            if (next == null || length > _lengths[Fields + 1] - at)
                return $"the lengths of the data of kind {(byte)Kind} are wrong";
            at += length;
            _dataEnds[i] = (int)at;
        }
        if (next != end || at != _lengths[Fields + 1])
            return $"the lengths of the data of kind {(byte)Kind} are wrong";
        HasDecodedData = true;
        return null;
    }

    public ReadOnlySpan<byte> Data(int ordinal)
    {
        int start = ordinal == 0 ? 0 : _dataEnds[ordinal - 1];
        return new ReadOnlySpan<byte>(_content + _starts[Fields + 1] + start, _dataEnds[ordinal] - start);
    }
}
