using System.Buffers;
using System.Collections.Concurrent;

namespace Hil.Kernel;

/// <summary>Memory in the user part of the RAM window: drivers and devices reach it where it is. Blocks are whole
/// pages and are kept for reuse as long as the kernel lives.</summary>
public sealed class WindowMemoryPool : MemoryPool<byte>
{
    private readonly NtKernel _kernel;
    private readonly ConcurrentDictionary<int, ConcurrentStack<ulong>> _free = new();

    internal WindowMemoryPool(NtKernel kernel) => _kernel = kernel;

    /// <summary>Largest block, in bytes.</summary>
    public override int MaxBufferSize => 1 << 20;

    /// <summary>A block of at least so many bytes. Any thread.</summary>
    /// <exception cref="OutOfMemoryException">The user part of the window is full.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, MaxBufferSize);
        int pages = minBufferSize <= 0 ? 1 : (int)BYTES_TO_PAGES((nuint)minBufferSize);
        if (!FreeBlocks(pages).TryPop(out ulong address))
            _kernel.Scheduler.Run(
                () => address = Reserve((uint)pages),
                () => new OutsideRequest(OutsideRequestKind.Reserve) { Code = (uint)pages });
        if (address == 0)
            throw new OutOfMemoryException("the user part of the RAM window is full");
        return new WindowMemory(this, address, pages);
    }

    /// <summary>Window address of so many new pages, or 0; on a kernel thread.</summary>
    internal ulong Reserve(uint pages) => _kernel.Pages.AllocateUser(pages * PAGE_SIZE, PageAccess.ReadWrite);

    protected override void Dispose(bool disposing)
    {
    }

    private ConcurrentStack<ulong> FreeBlocks(int pages) =>
        _free.GetOrAdd(pages, static _ => new ConcurrentStack<ulong>());

    private sealed unsafe class WindowMemory(WindowMemoryPool pool, ulong address, int pages) : MemoryManager<byte>
    {
        private int _isReturned;

        public override Span<byte> GetSpan() => new((void*)address, pages * (int)PAGE_SIZE);

        public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)address + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
                pool.FreeBlocks(pages).Push(address);
        }
    }
}
