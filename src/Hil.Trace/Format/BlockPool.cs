using System.Buffers;

namespace Hil.Trace;

/// <summary>Memory of a writer's pipe: the few buffers that blocks go through, handed round between two threads. The
/// shared pools would allocate anew whenever one thread rents what the other has returned.</summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    private const int BufferBytesMin = 512 << 10;

    // A block with a very large record in it is rare: its buffer is not kept.
    private const int KeptBytesMax = 2 << 20;

    private readonly Lock _lock = new();
    private readonly Stack<Buffer> _free = new(4);

    public override int MaxBufferSize => Array.MaxLength;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        lock (_lock)
        {
            if (_free.TryPop(out Buffer? buffer) && buffer.Memory.Length >= minBufferSize)
                return buffer;
        }
        return new Buffer(this, Math.Max(minBufferSize, BufferBytesMin));
    }

    private void Return(Buffer buffer)
    {
        if (buffer.Memory.Length > KeptBytesMax)
            return;
        lock (_lock)
            _free.Push(buffer);
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Buffer(BlockPool pool, int bytes) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = new byte[bytes];

        public void Dispose() => pool.Return(this);
    }
}
