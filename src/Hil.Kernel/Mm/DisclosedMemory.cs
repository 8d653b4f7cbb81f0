using System.Runtime.InteropServices;

namespace Hil.Kernel;

// When devices' writes are hidden (IDmaShadow), every page whose physical address got out has to be shared. The ways
// out, and the ways back:
//
//   AllocateCommonBuffer, MmAllocateContiguousMemory   always common   freed
//   MmGetPhysicalAddress                               always common   memory freed; if an MDL describes it, as that
//   MDL with locked pages or pages of its own          as below        unlocked; pages freed
//   MDL built from nonpaged pool                       as below        common: pool freed; transfer: MDL freed
//   bounce buffers of map registers                    transfer        registers given back
//
// An MDL says its physical addresses to whoever reads the array behind it, and the macro that does so makes no call. So
// the pages of an MDL are common at first: a driver that gives them to its device by itself misses nothing, at the
// price of a comparison at every observation. Once a DMA adapter maps a part of the buffer, the driver is taken at its
// word that it uses the DMA interface for this buffer: from then on its pages are exchanged when they are mapped,
// flushed, or their list is put, and when the MDL is unlocked at the latest. What MmGetPhysicalAddress told stays
// common even then. Nonpaged pool keeps its physical addresses when the MDL that told them is gone, so it also stays
// common.

/// <summary>Which memory drivers may have told devices about.</summary>
internal sealed unsafe class DisclosedMemory(NtKernel kernel)
{
    private readonly IDmaShadow? _shadow = kernel.Services.DmaShadow;
    private readonly List<DescribedBuffer> _buffers = [];
    private readonly HashSet<(ulong Page, ulong Owner)> _pages = [];

    /// <summary>Whether anybody wants to know. If not, all of this does nothing.</summary>
    public bool IsShadowed => _shadow != null;

    private record struct DescribedBuffer(ulong Mdl, ulong Address, ulong Bytes, bool IsLocked, DmaSharing Sharing)
    {
        public readonly bool Contains(ulong address, ulong bytes) =>
            address - Address < Bytes && bytes <= Bytes - (address - Address);

        public readonly bool Touches(ulong address, ulong bytes) =>
            address - Address < Bytes || Address - address < bytes;
    }

    /// <summary>Memory is made for a device, or stands in for a buffer.</summary>
    public void Share(ulong address, ulong bytes, DmaSharing sharing) => _shadow?.Share(address, bytes, sharing);

    /// <summary>That memory is about to be freed.</summary>
    public void Unshare(ulong address, ulong bytes, DmaSharing sharing) => _shadow?.Unshare(address, bytes, sharing);

    /// <summary>A driver was told the physical address of a byte.</summary>
    public void AddPage(ulong address)
    {
        if (_shadow == null)
            return;
        ulong page = address & ~(ulong)(PAGE_SIZE - 1);
        if (_pages.Add((page, OwnerOf(address))))
            _shadow.Share(page, PAGE_SIZE, DmaSharing.Common);
    }

    /// <summary>An MDL got the page frame numbers of its buffer.</summary>
    /// <param name="isLocked">Whether they hold only as long as the MDL has them.</param>
    public void AddBuffer(MDL* mdl, ulong address, ulong bytes, bool isLocked)
    {
        if (_shadow == null)
            return;
        RemoveBuffer(mdl);
        if (!IsInWindow(address, bytes))
            return; // The driver has written to the MDL.
        _buffers.Add(new DescribedBuffer((ulong)mdl, address, bytes, isLocked, DmaSharing.Common));
        _shadow.Share(address, bytes, DmaSharing.Common);
    }

    /// <summary>An MDL does not describe its buffer any more.</summary>
    public void RemoveBuffer(MDL* mdl)
    {
        for (int i = _buffers.Count - 1; i >= 0; i--)
        {
            if (_buffers[i].Mdl == (ulong)mdl)
                RemoveBufferAt(i, isFreed: false);
        }
    }

    /// <summary>A DMA adapter maps a part of a buffer: the device gets what the driver wrote there.</summary>
    public void HandOver(ulong address, uint bytes)
    {
        if (_shadow == null || !IsInWindow(address, bytes))
            return;
        Claim(address, bytes);
        _shadow.Flush(address, bytes);
    }

    /// <summary>A DMA adapter is used for a part of a buffer: no observation compares that buffer any more.</summary>
    public void Claim(ulong address, uint bytes)
    {
        if (_shadow == null || !IsInWindow(address, bytes) || TryClaim(address, bytes))
            return;
        for (ulong at = address, left = bytes; left != 0;)
        {
            ulong step = Math.Min(left, PAGE_SIZE - at % PAGE_SIZE);
            if (!TryClaim(at, step))
                AddPage(at); // The MDL was put together by hand.
            at += step;
            left -= step;
        }
    }

    /// <summary>Exchanges what driver and device wrote to memory that is shared for transfers.</summary>
    public void Flush(ulong address, uint bytes)
    {
        if (_shadow != null && IsInWindow(address, bytes))
            _shadow.Flush(address, bytes);
    }

    /// <summary>Memory is given back, and whatever was told about it with it.</summary>
    /// <param name="owner">The pool block that it is; 0 for pages.</param>
    public void Forget(ulong address, ulong bytes, ulong owner = 0)
    {
        for (int i = _buffers.Count - 1; i >= 0; i--)
        {
            bool isFreed = _buffers[i].Touches(address, bytes);
            if (isFreed || _buffers[i].Mdl - address < bytes)
                RemoveBufferAt(i, isFreed);
        }
        ForgetPages(address, bytes, owner);
    }

    // Who takes a told address back: the pool block, the MDL, or, with 0, the page itself.
    private ulong OwnerOf(ulong address)
    {
        ref PoolBlock block = ref kernel.Pool.Find(address);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref block) && block.State == PoolBlockState.Live)
            return block.Address;
        foreach (ref readonly DescribedBuffer buffer in CollectionsMarshal.AsSpan(_buffers))
        {
            if (buffer.Contains(address, 1))
                return buffer.Mdl;
        }
        return 0;
    }

    private bool TryClaim(ulong address, ulong bytes)
    {
        bool isFound = false;
        foreach (ref DescribedBuffer buffer in CollectionsMarshal.AsSpan(_buffers))
        {
            if (!buffer.Contains(address, bytes))
                continue;
            isFound = true;
            if (buffer.Sharing == DmaSharing.Transfer)
                continue;
            buffer.Sharing = DmaSharing.Transfer;
            _shadow!.Share(buffer.Address, buffer.Bytes, DmaSharing.Transfer);
            _shadow.Unshare(buffer.Address, buffer.Bytes, DmaSharing.Common);
        }
        return isFound;
    }

    private void RemoveBufferAt(int index, bool isFreed)
    {
        DescribedBuffer buffer = _buffers[index];
        _buffers.RemoveAt(index);
        if (!isFreed && buffer is { IsLocked: false, Sharing: DmaSharing.Common, Bytes: > 0 })
        {
            for (ulong at = buffer.Address; at < buffer.Address + buffer.Bytes; at = (at | (PAGE_SIZE - 1)) + 1)
                AddPage(at);
        }
        _shadow!.Unshare(buffer.Address, buffer.Bytes, buffer.Sharing);
        ForgetPages(buffer.Address, buffer.Bytes, buffer.Mdl);
    }

    private void ForgetPages(ulong address, ulong bytes, ulong owner)
    {
        if (_pages.Count == 0 || bytes == 0)
            return;
        for (ulong page = address & ~(ulong)(PAGE_SIZE - 1); page < address + bytes; page += PAGE_SIZE)
        {
            if (_pages.Remove((page, owner)))
                _shadow!.Unshare(page, PAGE_SIZE, DmaSharing.Common);
        }
    }

    // Drivers can name any page in an MDL.
    private bool IsInWindow(ulong address, ulong bytes)
    {
        IGuestMemory memory = kernel.Services.Memory;
        return address - memory.Base < memory.Bytes && bytes <= memory.Bytes - (address - memory.Base);
    }
}
