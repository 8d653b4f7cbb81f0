using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Hil.Kernel;

// The registry's query functions answer with a fixed part and a variable one. A buffer too small for the fixed part
// gets nothing and STATUS_BUFFER_TOO_SMALL; one too small for the rest gets what fits and STATUS_BUFFER_OVERFLOW.
// Either way ResultLength says what all of it takes.

/// <summary>Builds one answer of a registry query.</summary>
internal sealed class Information
{
    private readonly List<byte> _bytes = [];
    private int _fixedBytes;

    public int Length => _bytes.Count;

    public Information Add(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    public Information Add(long value) => Add((uint)value).Add((uint)(value >> 32));

    public Information Add(string text)
    {
        _bytes.AddRange(MemoryMarshal.AsBytes(text.AsSpan()));
        return this;
    }

    public Information Add(ReadOnlySpan<byte> data)
    {
        _bytes.AddRange(data);
        return this;
    }

    /// <summary>Ends the fixed part.</summary>
    public Information EndFixed()
    {
        _fixedBytes = _bytes.Count;
        return this;
    }

    public Information AlignTo(int alignment)
    {
        while (_bytes.Count % alignment != 0)
            _bytes.Add(0);
        return this;
    }

    /// <summary>Copies the answer to a driver's buffer.</summary>
    public unsafe NTSTATUS CopyTo(void* buffer, uint bufferBytes, uint* resultLength)
    {
        *resultLength = (uint)_bytes.Count;
        if (bufferBytes < _fixedBytes)
            return STATUS_BUFFER_TOO_SMALL;
        int copied = (int)Math.Min(bufferBytes, (uint)_bytes.Count);
        PointerCheck.Argument((ulong)buffer, copied, argument: 3);
        CollectionsMarshal.AsSpan(_bytes)[..copied].CopyTo(new Span<byte>(buffer, copied));
        return copied < _bytes.Count ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    }
}
