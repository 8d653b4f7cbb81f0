namespace Hil.Kernel;

/// <summary>The DMA adapters that drivers hold.</summary>
public sealed unsafe class DmaAdapters
{
    private const uint Tag = 0x41616D44; // 'DmaA'
    private const ulong BuffersOutstanding = 7;
    private const ulong OthersOutstanding = 8;

    private readonly NtKernel _kernel;
    private readonly Dictionary<ulong, DmaAdapter> _adapters = [];
    private readonly Lazy<DmaOperationTable> _operations;
    private long _bouncedBefore;

    internal DmaAdapters(NtKernel kernel)
    {
        _kernel = kernel;
        _operations = new Lazy<DmaOperationTable>(() => new DmaOperationTable(kernel), isThreadSafe: false);
    }

    /// <summary>Number of adapters that drivers hold.</summary>
    public int Count => _adapters.Count;

    /// <summary>Bytes copied to or from bounce buffers since the kernel started.</summary>
    public long BouncedBytes => _bouncedBefore + _adapters.Values.Sum(adapter => adapter.BouncedBytes);

    /// <summary>Makes an adapter; null when there is no memory.</summary>
    internal DmaAdapter? Create(uint version, ulong highestAddress, bool canScatter, uint maximumLength)
    {
        var visible = (DMA_ADAPTER*)_kernel.Pool.Allocate((nuint)sizeof(DMA_ADAPTER), Tag, zero: true);
        if (visible == null)
            return null;
        visible->Version = (ushort)Math.Max(version, 1); // Descriptions of version 0 get the first interface too.
        visible->Size = (ushort)sizeof(DMA_ADAPTER);
        visible->DmaOperations = _operations.Value.Create(version);
        var adapter = new DmaAdapter(_kernel, visible, highestAddress, canScatter, maximumLength);
        _adapters.Add((ulong)visible, adapter);
        return adapter;
    }

    /// <summary>The adapter that a driver names; a wild or released one is a bug check.</summary>
    internal DmaAdapter Find(ulong address, string operation)
    {
        if (!_adapters.TryGetValue(address, out DmaAdapter? adapter))
            _kernel.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, 0, address, 0, 0,
                $"{operation} of 0x{address:x}, which is no DMA adapter (any more)");
        return adapter;
    }

    internal void Remove(DmaAdapter adapter)
    {
        int buffers = adapter.CommonBuffers.Count;
        int others = adapter.Registers.Count + adapter.Lists.Count + adapter.WaitingCount;
        if (buffers + others > 0)
            _kernel.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION,
                buffers > 0 ? BuffersOutstanding : OthersOutstanding,
                (ulong)adapter.Visible, (ulong)(buffers + others), 0,
                $"PutDmaAdapter with {buffers} common buffers and {others} registers, lists or waiters outstanding");
        _adapters.Remove((ulong)adapter.Visible);
        _bouncedBefore += adapter.BouncedBytes;
        adapter.Close();
        _kernel.Pool.Free(adapter.Visible->DmaOperations);
        _kernel.Pool.Free(adapter.Visible);
    }
}
