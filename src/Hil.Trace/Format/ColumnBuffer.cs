using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>The bytes of one column while it is written, in native memory that grows and is kept from block to
/// block.</summary>
internal unsafe struct ColumnBuffer
{
    private const int FirstBytes = 4096;

    private byte* _start, _next, _end;
    private ulong _last;

    public readonly int Length => (int)(_next - _start);

    public readonly int Capacity => (int)(_end - _start);

    public void WriteByte(byte value)
    {
        if (_next == _end)
            Grow(1);
        *_next++ = value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteVarint(ulong value)
    {
        if (_end - _next < Varint.BytesMax)
            Grow(Varint.BytesMax);
        if (value < 0x80)
            *_next++ = (byte)value;
        else
            _next = Varint.Write(_next, value);
    }

    /// <summary>Writes the difference to the value before.</summary>
    public void WriteDelta(ulong value) => WriteDelta(value, ref _last);

    /// <summary>Writes the difference to <paramref name="last"/>, which becomes the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteDelta(ulong value, ref ulong last)
    {
        WriteVarint(Varint.ZigZag(value - last));
        last = value;
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        if (_end - _next < bytes.Length)
            Grow(bytes.Length);
        bytes.CopyTo(new Span<byte>(_next, bytes.Length));
        _next += bytes.Length;
    }

    /// <summary>Copies the column to the start of <paramref name="to"/>; returns what comes after.</summary>
    public readonly Span<byte> CopyTo(Span<byte> to)
    {
        new ReadOnlySpan<byte>(_start, Length).CopyTo(to);
        return to[Length..];
    }

    public void Clear()
    {
        _next = _start;
        _last = 0;
    }

    public void Release()
    {
        NativeMemory.Free(_start);
        _start = _next = _end = null;
        _last = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int room)
    {
        int length = Length;
        int capacity = Math.Max(Math.Max(Capacity * 2, FirstBytes), length + room);
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
        _next = _start + length;
        _end = _start + capacity;
    }
}
