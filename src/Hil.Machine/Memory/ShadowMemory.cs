namespace Hil.Machine;

// The memory file has a reserve behind the RAM that the kernel gives out. A page that is shared with a device gets a
// page of the reserve as its twin, and the twin is mapped in its place, for the host (mmap over the window's page) and
// for driver code (page-table entry). The device still has the page itself. Nothing moves for the driver: virtual and
// physical addresses are those of a run without shadows.
//
//   memory file  | … page P … RAM of the window … | … twin of P … reserve … |
//                      ▲                               ▲
//                  QEMU's devices               window address of P, host and guest
//
// A page keeps its twin when it is not shared any more, because mapping costs a hundred times what a comparison does
// and buffers come back: a device that still writes then does so where nobody looks, and when the page is shared again
// it starts with what the driver has. Twins of pages that are not shared are taken back when the reserve is used up.
//
// All three copies (page, twin, last common state) are reached through mappings that never change: one of the whole
// file, and plain memory for the common states. Application threads may use a page at any time (the buffers of pipes
// are pages that they read and write), so whoever maps a page copies first and looks once more afterwards. In between a
// thread can for a moment read what it has overwritten already; only the first sharing of a page maps it.
//
// Code is no memory for devices: TCG learns of new code only when the guest itself writes it.

/// <summary>Shadows pages of a <see cref="RamWindow"/> that has a reserve. Used by the holder of the baton
/// only.</summary>
public sealed unsafe class ShadowMemory : IDmaShadow, IDisposable
{
    private const ulong PageBytes = MachineLayout.PageBytes;
    private const int NoSlot = 0;

    private readonly RamWindow _ram;
    private readonly IDmaSink _sink;
    private readonly DmaRuns _runs;
    private readonly DmaRuns _unheard = new(null);
    private readonly byte* _file;
    private readonly byte* _common;
    private readonly int _firstTwin;

    // Slots are numbered from 1. Slot n has page n - 1 of the reserve and of the common states.
    private readonly Slot[] _slots;
    private readonly int[] _slotOfPage;
    private readonly int[] _free;
    private readonly int[] _compared;
    private int _freeCount;
    private int _comparedCount;
    private int _sweep;
    private bool _isDisposed;

    /// <param name="ram">Made with a reserve; it outlives the shadows.</param>
    public ShadowMemory(RamWindow ram, IDmaSink sink)
    {
        if (ram.ReserveBytes == 0)
            throw new ArgumentException("the RAM window has no reserve for shadow pages", nameof(ram));
        _ram = ram;
        _sink = sink;
        _runs = new DmaRuns(sink, this);
        _file = ram.MapFile();
        _common = RamWindow.MapPrivate(ram.ReserveBytes);
        _firstTwin = (int)(ram.Bytes / PageBytes);
        int twins = (int)(ram.ReserveBytes / PageBytes);
        _slots = new Slot[twins + 1];
        _slotOfPage = new int[ram.Bytes / PageBytes];
        _compared = new int[twins];
        _free = new int[twins];
        for (int slot = twins; slot > NoSlot; slot--)
            _free[_freeCount++] = slot;
    }

    private struct Slot
    {
        public int Page;
        public int CommonShares;
        public int TransferShares;
        public int ComparedAt;
    }

    /// <summary>Pages that are shared with devices in either way.</summary>
    public int SharedPages { get; private set; }

    /// <summary>Pages that each observation compares.</summary>
    public int ComparedPages => _comparedCount;

    /// <summary>Whether there ever was a page without a twin left for it.</summary>
    public bool WasExhausted { get; private set; }

    public void Share(ulong address, ulong bytes, DmaSharing sharing)
    {
        (int first, int end) = PagesOf(address, bytes);
        int fresh = first;
        for (int page = first; page < end; page++)
        {
            if (_slotOfPage[page] == NoSlot && _ram.IsGivenOut(page))
                fresh = page + TakeTwins(page, end);
            int slot = _slotOfPage[page];
            if (slot == NoSlot)
                continue;
            if (IsUnused(slot))
            {
                SharedPages++;
                if (page >= fresh)
                    StartFromDriver(slot);
            }
            if (sharing == DmaSharing.Transfer)
                _slots[slot].TransferShares++;
            else if (_slots[slot].CommonShares++ == 0)
                StartComparing(slot);
        }
        NotePointers(first, end);
    }

    public void Unshare(ulong address, ulong bytes, DmaSharing sharing)
    {
        (int first, int end) = PagesOf(address, bytes);
        for (int page = first; page < end; page++)
        {
            int slot = _slotOfPage[page];
            if (slot == NoSlot || IsUnused(slot))
            {
                Invariant.Holds(WasExhausted || !_ram.IsGivenOut(page), "a page is unshared as often as it was shared");
                continue;
            }
            EndShare(ref _slots[slot], sharing);
            if (!IsUnused(slot))
                continue;
            Merge(slot, _runs);
            SharedPages--;
        }
        _runs.PassOn();
    }

    public void Observe()
    {
        if (_comparedCount == 0)
            return;
        foreach (int slot in _compared.AsSpan(0, _comparedCount))
            Merge(slot, _runs);
        _runs.PassOn();
    }

    public void Flush(ulong address, ulong bytes)
    {
        (int first, int end) = PagesOf(address, bytes);
        foreach (int slot in _slotOfPage.AsSpan(first, end - first))
        {
            if (slot != NoSlot && !IsUnused(slot))
                Merge(slot, _runs);
        }
        _runs.PassOn();
    }

    /// <summary>Whether a device may know a physical address.</summary>
    internal bool IsShared(ulong physical)
    {
        ulong page = physical / PageBytes;
        return page < (ulong)_slotOfPage.Length && _slotOfPage[page] is not NoSlot and int slot && !IsUnused(slot);
    }

    /// <summary>What the device has at an address of the window; within one page.</summary>
    internal Span<byte> DeviceBytes(ulong address, int bytes) =>
        new(_file + (address - _ram.Base), Math.Min(bytes, (int)(PageBytes - address % PageBytes)));

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _ram.UnmapFile(_file);
        RamWindow.UnmapPrivate(_common, _ram.ReserveBytes);
    }

    private (int First, int End) PagesOf(ulong address, ulong bytes)
    {
        ulong offset = address - _ram.Base;
        Invariant.Holds(offset <= _ram.Bytes && bytes <= _ram.Bytes - offset, "only memory of the window is shared");
        int first = (int)(offset / PageBytes);
        return (first, bytes == 0 ? first : (int)((offset + bytes + PageBytes - 1) / PageBytes));
    }

    // Gives twins to a page and to those behind it that have none, as long as the twins follow each other: one mapping
    // does for all of them. Returns the number of pages.
    private int TakeTwins(int page, int end)
    {
        if (_freeCount == 0 && !TryTakeBackTwin())
        {
            WasExhausted = true;
            _sink.OnReserveExhausted(_ram.Base + (ulong)page * PageBytes);
            return 0;
        }
        int slot = _free[_freeCount - 1];
        int count = 0;
        while (page + count < end && _slotOfPage[page + count] == NoSlot && _ram.IsGivenOut(page + count)
            && _freeCount != 0 && _free[_freeCount - 1] == slot + count)
        {
            _freeCount--;
            _slotOfPage[page + count] = slot + count;
            _slots[slot + count].Page = page + count;
            // The device may be writing: twin and common state are copies of one look at the page.
            Copy(PageOf(page + count), CommonOf(slot + count));
            Copy(CommonOf(slot + count), TwinOf(slot + count));
            count++;
        }
        _ram.Redirect(page, count, _firstTwin + slot - 1);
        // What another thread wrote in between went to the page; what it has written to the twin since is newer.
        for (int i = 0; i < count; i++)
            PageMerge.Merge(TwinOf(slot + i), PageOf(page + i), CommonOf(slot + i), 0, _unheard);
        _unheard.PassOn();
        return count;
    }

    private bool TryTakeBackTwin()
    {
        if (SharedPages == _free.Length)
            return false;
        do
            _sweep = _sweep % _free.Length + 1;
        while (!IsUnused(_sweep));
        int page = _slots[_sweep].Page;
        StartFromDriver(_sweep);
        _ram.Redirect(page, 1, page);
        // The same the other way round: what is on the page now is newer than what came to the twin in between.
        Merge(_sweep, _unheard);
        _unheard.PassOn();
        _slots[_sweep] = default;
        _slotOfPage[page] = NoSlot;
        _free[_freeCount++] = _sweep;
        return true;
    }

    // A list of addresses may be complete when its page is shared.
    private void NotePointers(int first, int end)
    {
        for (int page = first; page < end; page++)
        {
            int slot = _slotOfPage[page];
            if (slot == NoSlot || _slots[slot].CommonShares + _slots[slot].TransferShares != 1)
                continue;
            var words = (ulong*)CommonOf(slot);
            for (ulong offset = 0; offset < PageBytes; offset += sizeof(ulong), words++)
            {
                if (*words != 0)
                    _runs.NoteDriverWrite(_ram.Base + (ulong)page * PageBytes + offset, *words, ulong.MaxValue);
            }
        }
    }

    // What a device wrote while nothing was shared is gone, as are the driver's bytes that it had.
    private void StartFromDriver(int slot)
    {
        byte* page = PageOf(_slots[slot].Page);
        Copy(TwinOf(slot), CommonOf(slot));
        if (!new ReadOnlySpan<byte>(page, PageMerge.PageBytes).SequenceEqual(
            new ReadOnlySpan<byte>(CommonOf(slot), PageMerge.PageBytes)))
            Copy(CommonOf(slot), page);
    }

    private void EndShare(ref Slot slot, DmaSharing sharing)
    {
        ref int shares = ref sharing == DmaSharing.Transfer ? ref slot.TransferShares : ref slot.CommonShares;
        Invariant.Holds(shares > 0 || WasExhausted, "a page is unshared in the way in which it was shared");
        if (shares != 0 && --shares == 0 && sharing == DmaSharing.Common)
            StopComparing(slot.ComparedAt);
    }

    private bool IsUnused(int slot) => _slots[slot] is { CommonShares: 0, TransferShares: 0 };

    private void StartComparing(int slot)
    {
        _slots[slot].ComparedAt = _comparedCount;
        _compared[_comparedCount++] = slot;
    }

    private void StopComparing(int at)
    {
        int last = _compared[--_comparedCount];
        _compared[at] = last;
        _slots[last].ComparedAt = at;
    }

    private void Merge(int slot, DmaRuns changed)
    {
        int page = _slots[slot].Page;
        PageMerge.Merge(PageOf(page), TwinOf(slot), CommonOf(slot), _ram.Base + (ulong)page * PageBytes, changed);
    }

    private static void Copy(byte* from, byte* to) => Buffer.MemoryCopy(from, to, PageBytes, PageBytes);

    private byte* PageOf(int page) => _file + (ulong)page * PageBytes;

    private byte* TwinOf(int slot) => _file + (ulong)(_firstTwin + slot - 1) * PageBytes;

    private byte* CommonOf(int slot) => _common + (ulong)(slot - 1) * PageBytes;
}
