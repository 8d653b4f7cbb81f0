namespace Hil.Kernel;

/// <summary>A block of map registers: one page of the transfer each, with low memory behind them once one is
/// bounced.</summary>
internal sealed unsafe class MapRegisters(NtKernel kernel) : IDisposable
{
    private const uint Tag = 0x52616D44; // 'DmaR'

    private readonly void* _handle = kernel.Pool.Allocate(16, Tag, zero: true);
    private readonly bool[] _isBounced = new bool[DmaAdapter.RegistersLimit];
    private ulong _memory;
    private ulong _firstPage;

    /// <summary>MapRegisterBase: a value that means nothing to the driver.</summary>
    public ulong Handle => (ulong)_handle;

    public uint Count { get; private set; }

    /// <summary>Whether any page was bounced since the block was opened.</summary>
    public bool HasBounced => _memory != 0;

    public void Open(uint count)
    {
        Count = count;
        _firstPage = 0;
    }

    /// <summary>Gives low memory back; the block can be opened again.</summary>
    public void Close()
    {
        if (_memory == 0)
            return;
        for (uint i = 0; i < Count; i++)
        {
            if (_isBounced[i])
                kernel.Disclosed.Unshare(_memory + i * PAGE_SIZE, PAGE_SIZE, DmaSharing.Transfer);
        }
        kernel.Pages.Free(_memory, Count * PAGE_SIZE);
        _memory = 0;
        _isBounced.AsSpan(0, (int)Count).Clear();
    }

    public void Dispose()
    {
        Close();
        kernel.Pool.Free(_handle);
    }

    /// <summary>Takes low memory for a part of the buffer, contiguous as the buffer's pages follow each
    /// other.</summary>
    /// <param name="virtualAddress">Place in the buffer, as the MDL counts. The first one ever asked for is on
    /// register 0's page.</param>
    public ulong Bounce(ulong virtualAddress, uint bytes, ulong highestAddress)
    {
        if (_firstPage == 0)
            _firstPage = virtualAddress >> (int)PAGE_SHIFT;
        ulong first = IndexOf(virtualAddress);
        ulong last = IndexOf(virtualAddress + bytes - 1);
        if (first > last || last >= Count)
            kernel.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, 0, 2, last + 1, Count,
                $"a transfer uses map register {last + 1} of {Count}: the driver asked for too few");
        if (_memory == 0)
            _memory = kernel.Pages.Allocate(Count * PAGE_SIZE, PageAccess.ReadWrite, highestAddress);
        if (_memory == 0)
            kernel.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, 0, 2, Count, 0,
                $"no memory is left below 0x{highestAddress:x} for bounce buffers");
        for (ulong i = first; i <= last; i++)
        {
            if (!_isBounced[i])
                kernel.Disclosed.Share(_memory + i * PAGE_SIZE, PAGE_SIZE, DmaSharing.Transfer);
            _isBounced[i] = true;
        }
        return AddressOf(virtualAddress);
    }

    /// <summary>Whether a place in the buffer was bounced, and then where it is.</summary>
    public bool TryFindBounced(ulong virtualAddress, out ulong address)
    {
        ulong index = IndexOf(virtualAddress);
        address = AddressOf(virtualAddress);
        return _memory != 0 && index < Count && _isBounced[index];
    }

    private ulong IndexOf(ulong virtualAddress) => (virtualAddress >> (int)PAGE_SHIFT) - _firstPage;

    private ulong AddressOf(ulong virtualAddress) =>
        _memory + IndexOf(virtualAddress) * PAGE_SIZE + virtualAddress % PAGE_SIZE;
}
