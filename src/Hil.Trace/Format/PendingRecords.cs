using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hil.Kernel;

namespace Hil.Trace;

/// <summary>Records as they were added, in the order that they came, until somebody has the time to encode
/// them.</summary>
/// <remarks>
/// To add one is a copy. The thread that adds waits for the virtual processor many times in each request, and encodes
/// meanwhile (<see cref="TraceWriter.EncodeOne"/>): time that is lost anyway.
/// </remarks>
internal sealed unsafe class PendingRecords
{
    /// <summary>Bytes of data that a record may have to be kept here.</summary>
    public const int DataBytesMax = 512;

    private const int Capacity = 8 << 10;
    private const int RecordBytesMax = HeadBytes + TraceFormat.FieldsMax * sizeof(ulong) + DataBytesMax;
    private const int HeadBytes = 16;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Capacity + RecordBytesMax, pinned: true);
    private readonly byte* _start;
    private byte* _first, _end;

    public PendingRecords() =>
        _first = _end = _start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_buffer));

    /// <summary>Records that wait.</summary>
    public int Count { get; private set; }

    public bool IsFull
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _end - _start >= Capacity;
    }

    /// <summary>Adds a record. The caller empties it when it is full: there is room for one more until then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(TraceKind kind, long time, ReadOnlySpan<ulong> fields)
    {
        Head* head = (Head*)_end;
        *head = new Head { Kind = kind, Fields = (byte)fields.Length, Time = time };
        ulong* to = (ulong*)(_end + HeadBytes);
        for (int i = 0; i < fields.Length; i++)
            to[i] = fields[i];
        _end = (byte*)(to + fields.Length);
        Count++;
    }

    /// <summary>Adds a record of a kind that has data.</summary>
    public void Add(TraceKind kind, long time, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data)
    {
        Invariant.Holds(data.Length <= DataBytesMax, "larger data is encoded at once");
        Head* head = (Head*)_end;
        Add(kind, time, fields);
        head->HasData = true;
        head->DataBytes = (ushort)data.Length;
        data.CopyTo(new Span<byte>(_end, data.Length));
        _end += Padded(data.Length);
    }

    /// <summary>Encodes the first record; there is one.</summary>
    public void EncodeFirst(BlockEncoder to)
    {
        Head* head = (Head*)_first;
        byte* fields = _first + HeadBytes;
        byte* data = fields + head->Fields * sizeof(ulong);
        var values = new ReadOnlySpan<ulong>(fields, head->Fields);
        if (head->HasData)
            to.Add(head->Kind, head->Time, values, new ReadOnlySpan<byte>(data, head->DataBytes));
        else
            to.Add(head->Kind, head->Time, values);
        _first = data + Padded(head->DataBytes);
        if (--Count == 0)
            _first = _end = _start;
    }

    private static int Padded(int bytes) => (bytes + sizeof(ulong) - 1) & -sizeof(ulong);

    private struct Head
    {
        public TraceKind Kind;
        public byte Fields;
        public bool HasData;
        public ushort DataBytes;
        public long Time;
    }
}
