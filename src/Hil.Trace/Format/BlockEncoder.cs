using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Hil.Kernel;

namespace Hil.Trace;

/// <summary>The content of a block, while it fills: one buffer for each column that occurs.</summary>
/// <remarks>
/// <code>
///    0  u32 records            without definitions
///    4  u32 kinds              entries of the table below
///    8  u64 sequence number of the first record
///   16  i64 time of the first record, 100 ns
///   24  i64 time of the last record
///   32  u32 bytes of the column of times
///   36  table, for each kind that occurs, lowest first: u8 kind, u8 columns, u16 0, u32 count, u32 bytes of each
///       column
///       column of kinds, a byte for each record
///       column of times: zigzag varints, each the difference to the record before, the first 0
///       the columns of the table in its order: a kind's fields, and if it has data the lengths
///       (varints) and the bytes
/// </code>
/// A field's column has a zigzag varint for each record of the kind: the difference to the field in the last record of
/// this kind (delta), or in the last record of this kind whose first field is the same (keyed); zero comes before the
/// first. Definitions are in their own kinds' columns only: not in the column of kinds, not in the column of times,
/// without sequence number. <see cref="BlockDecoder"/> reads it.
/// </remarks>
internal sealed unsafe class BlockEncoder : IDisposable
{
    public const int FixedBytes = 36;
    public const int KindEntryBytes = 8;

    // Columns that once grew are given back when together they hold more than this.
    private const long KeptBytesMax = 24 << 20;

    private readonly KindColumns?[] _kinds = new KindColumns?[256];
    private readonly KindColumns[] _ordered;
    private readonly DefinitionTable _definitions;
    private ColumnBuffer _kindColumn = new();
    private ColumnBuffer _times = new();
    private long _firstTime, _lastTime;

    public BlockEncoder(DefinitionTable definitions, IReadOnlyList<TraceRecordKind> schema)
    {
        _definitions = definitions;
        _ordered =
            [.. schema.OrderBy(static kind => kind.Kind).Select(static kind => new KindColumns(kind))];
        foreach (KindColumns kind in _ordered)
            _kinds[(byte)kind.Kind] = kind;
    }

    /// <summary>Records, without definitions.</summary>
    public int Records { get; private set; }

    /// <summary>Bytes of data and definitions so far.</summary>
    public long DataBytes { get; private set; }

    /// <summary>Sequence number of the first record.</summary>
    public ulong FirstSequence { get; private set; }

    /// <summary>Adds a record. Fields that are not given are zero.</summary>
    public void Add(TraceKind kind, long time, ReadOnlySpan<ulong> fields)
    {
        KindColumns columns = Find(kind, fields.Length);
        if (Records++ == 0)
            _firstTime = _lastTime = time;
        _times.WriteVarint(Varint.ZigZag((ulong)(time - _lastTime)));
        _lastTime = time;
        _kindColumn.WriteByte((byte)kind);
        AddFields(columns, fields);
    }

    /// <summary>Adds a record of a kind that has data.</summary>
    public void Add(TraceKind kind, long time, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        Add(kind, time, fields);
        AddData(_kinds[(byte)kind]!, data);
    }

    /// <summary>Fields of a kind.</summary>
    public int FieldsOf(TraceKind kind) => Find(kind, 0).FieldCount;

    private KindColumns Find(TraceKind kind, int fields)
    {
        KindColumns? columns = _kinds[(byte)kind];
        Invariant.Holds(columns != null && fields <= columns.FieldCount, "records are added as their schema says");
        return columns;
    }

    private void AddFields(KindColumns columns, ReadOnlySpan<ulong> fields)
    {
        columns.Count++;
        Span<ColumnBuffer> buffers = columns.Columns.AsSpan(0, columns.FieldCount);
        if (columns.Keyed != null)
        {
            AddKeyed(columns, buffers, fields);
            return;
        }
        if (columns.References != 0)
            Refer(columns, fields);
        for (int field = 0; field < buffers.Length; field++)
            buffers[field].WriteDelta(field < fields.Length ? fields[field] : 0);
    }

    // What a record of a keyed kind refers to is its key, and a key that was seen in this block is defined in it.
    private void AddKeyed(KindColumns columns, Span<ColumnBuffer> buffers, ReadOnlySpan<ulong> fields)
    {
        ulong key = fields.Length > 0 ? fields[0] : 0;
        ref ulong last = ref columns.Keyed!.ValuesOf(key, out bool isNew);
        if (isNew)
            Refer(columns, fields);
        buffers[0].WriteDelta(key);
        for (int field = 1; field < buffers.Length; field++)
        {
            ulong value = field < fields.Length ? fields[field] : 0;
            if ((columns.KeyedFields >> field & 1) != 0)
                buffers[field].WriteDelta(value, ref Unsafe.Add(ref last, field - 1));
            else
                buffers[field].WriteDelta(value);
        }
    }

    private void AddData(KindColumns columns, ReadOnlySpan<byte> data)
    {
        Invariant.Holds(columns.HasData, "only kinds that have data are given any");
        columns.Columns[columns.FieldCount].WriteVarint((uint)data.Length);
        columns.Columns[columns.FieldCount + 1].WriteBytes(data);
        DataBytes += data.Length;
    }

    // What the record refers to is defined in this block, once.
    private void Refer(KindColumns columns, ReadOnlySpan<ulong> fields)
    {
        for (uint references = columns.References; references != 0; references &= references - 1)
        {
            int field = BitOperations.TrailingZeroCount(references);
            if (field >= fields.Length || fields[field] == 0)
                continue;
            switch (columns.Meanings[field])
            {
                case TraceFieldMeaning.Text:
                    ReferToString(fields[field]);
                    break;
                case TraceFieldMeaning.Site:
                    ReferToSite(fields[field]);
                    break;
                default:
                    ReferToCallSite(fields[field]);
                    break;
            }
        }
    }

    private void ReferToString(ulong id)
    {
        if (_definitions.Strings.IsInBlock(id))
            return;
        Define(TraceKind.String, [id], _definitions.Strings.PutInBlock(id));
    }

    private void ReferToSite(ulong id)
    {
        if (_definitions.Sites.IsInBlock(id))
            return;
        TraceSite site = _definitions.Sites.PutInBlock(id);
        Define(TraceKind.Site,
            [id, site.Rip, site.Space, site.Address, site.Access, site.Device, site.Bar, site.Offset, site.Place]);
    }

    private void ReferToCallSite(ulong id)
    {
        if (_definitions.CallSites.IsInBlock(id))
            return;
        TraceCallSite site = _definitions.CallSites.PutInBlock(id);
        Define(TraceKind.CallSite, [id, site.Export, site.Return, site.Place]);
    }

    private void Define(TraceKind kind, ReadOnlySpan<ulong> fields)
    {
        DataBytes += fields.Length * sizeof(ulong);
        AddFields(_kinds[(byte)kind]!, fields);
    }

    private void Define(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        Define(kind, fields);
        AddData(_kinds[(byte)kind]!, data);
    }

    /// <summary>Bytes of the block's content as it is now.</summary>
    public int MeasureContent()
    {
        int bytes = FixedBytes + _kindColumn.Length + _times.Length;
        foreach (KindColumns kind in _ordered)
        {
            if (kind.Count == 0)
                continue;
            bytes += KindEntryBytes;
            foreach (ref ColumnBuffer column in kind.Columns.AsSpan())
                bytes += sizeof(uint) + column.Length;
        }
        return bytes;
    }

    /// <summary>Copies the content to <paramref name="to"/>, which has the measured size.</summary>
    public void CopyContent(Span<byte> to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, Records);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], CountKinds());
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], FirstSequence);
        BinaryPrimitives.WriteInt64LittleEndian(to[16..], _firstTime);
        BinaryPrimitives.WriteInt64LittleEndian(to[24..], _lastTime);
        BinaryPrimitives.WriteInt32LittleEndian(to[32..], _times.Length);
        to = CopyTable(to[FixedBytes..]);
        to = _kindColumn.CopyTo(to);
        to = _times.CopyTo(to);
        foreach (KindColumns kind in _ordered)
        {
            if (kind.Count == 0)
                continue;
            foreach (ref ColumnBuffer column in kind.Columns.AsSpan())
                to = column.CopyTo(to);
        }
    }

    private int CountKinds()
    {
        int kinds = 0;
        foreach (KindColumns kind in _ordered)
            kinds += kind.Count != 0 ? 1 : 0;
        return kinds;
    }

    private Span<byte> CopyTable(Span<byte> to)
    {
        foreach (KindColumns kind in _ordered)
        {
            if (kind.Count == 0)
                continue;
            to[0] = (byte)kind.Kind;
            to[1] = (byte)kind.Columns.Length;
            to[2] = to[3] = 0;
            BinaryPrimitives.WriteInt32LittleEndian(to[4..], kind.Count);
            to = to[KindEntryBytes..];
            foreach (ref ColumnBuffer column in kind.Columns.AsSpan())
            {
                BinaryPrimitives.WriteInt32LittleEndian(to, column.Length);
                to = to[sizeof(uint)..];
            }
        }
        return to;
    }

    /// <summary>Empties all columns and forgets what differences are taken to.</summary>
    public void StartNextBlock()
    {
        FirstSequence += (uint)Records;
        Records = 0;
        DataBytes = 0;
        _kindColumn.Clear();
        _times.Clear();
        _definitions.StartBlock();
        long kept = 0;
        foreach (KindColumns kind in _ordered)
            kept += kind.Clear();
        if (kept > KeptBytesMax)
            Release();
    }

    private void Release()
    {
        foreach (KindColumns kind in _ordered)
            kind.Release();
    }

    public void Dispose()
    {
        Release();
        _kindColumn.Release();
        _times.Release();
    }
}
