using System.Runtime.InteropServices;

namespace Hil.Trace;

// Another build of a driver allocates other memory, so the addresses that it tells its device are others, and what the
// device wrote has to go elsewhere. Which buffer stands for which is learned as a device would learn it:
//
//   - the driver writes an address to a register: the recorded and the actual value mean the same place;
//   - the driver leaves an address in memory (a descriptor, a PRP list): the trace says where the recorded driver left
//     which (Pointer records); the place is looked up in this run, and what stands there means the same;
//   - a buffer that nobody pointed to stands for the one that was shared as the n-th of its size.
//
// Pointers are followed when the driver has come to where the trace is, since records are passed before that.

/// <summary>Where buffers of the recorded run lie in this one. All addresses are of the window.</summary>
internal sealed unsafe class MovedBuffers(IGuestMemory memory)
{
    private const ulong PageBytes = 4096;
    private const int NestingMax = 8; // A list of lists of pointers is all that devices know.
    private const int PointersMax = 1 << 17;

    private readonly SharedRegions _recorded = new();
    private readonly SharedRegions _actual = new();
    private readonly SortedList<ulong, ulong> _places = [];

    // The recorded driver's pointers: what stands where, and where those stand that point into a page.
    private readonly Dictionary<ulong, uint> _pointers = [];
    private readonly Dictionary<ulong, HashSet<ulong>> _pointersTo = [];
    private readonly HashSet<ulong> _pointerPages = [];
    private readonly List<ulong> _unread = [];

    public enum Result
    {
        Found,
        NotShared,
        NoCounterpart,
    }

    /// <summary>Memory is shared with devices in this run.</summary>
    public bool TryShare(ulong address, ulong bytes) => _actual.TryShare(address, bytes);

    public void Unshare(ulong address, ulong bytes)
    {
        if (_actual.Unshare(address, bytes) is { Counterpart: { } counterpart } region
            && counterpart.Counterpart == region)
            counterpart.Counterpart = null;
    }

    /// <summary>Memory was shared in the recorded run. False if it cannot be.</summary>
    public bool TryShareRecorded(ulong address, ulong bytes) =>
        IsInWindow(address, bytes) && _recorded.TryShare(address, bytes);

    public void UnshareRecorded(ulong address, ulong bytes)
    {
        if (_recorded.Unshare(address, bytes) is not { } region)
            return;
        if (region.Counterpart is { } counterpart && counterpart.Counterpart == region)
            counterpart.Counterpart = null;
        for (int i = FirstFrom(region.FirstPage); i < _places.Count && _places.GetKeyAtIndex(i) < region.End;)
        {
            if (_recorded.Find(_places.GetKeyAtIndex(i)) == null)
                _places.RemoveAt(i);
            else
                i++;
        }
    }

    /// <summary>The recorded driver left the physical address of a shared page somewhere. False if it
    /// cannot have.</summary>
    public bool TryNotePointer(ulong at, ulong value)
    {
        if (at % sizeof(uint) != 0 || value > uint.MaxValue
            || memory.AddressOf(value) == 0 || _recorded.Find(at) == null)
            return false;
        if (_pointers.Count >= PointersMax)
            ForgetPointers();
        ForgetPointer(at);
        _pointers.Add(at, (uint)value);
        ulong page = PageOf(memory.AddressOf(value));
        (CollectionsMarshal.GetValueRefOrAddDefault(_pointersTo, page, out _) ??= []).Add(at);
        _pointerPages.Add(PageOf(at));
        _unread.Add(at);
        return true;
    }

    /// <summary>Whether two values written to a register mean the same.</summary>
    public bool IsSame(ulong recorded, ulong actual)
    {
        ulong from = memory.AddressOf(recorded);
        ulong to = memory.AddressOf(actual);
        if (from != 0 && to != 0 && _recorded.Find(from) is { } old && _actual.Find(to) is { } now
            && (from - old.Address == to - now.Address || from % PageBytes == to % PageBytes))
        {
            NotePlace(from, to);
            return true;
        }
        return recorded == actual;
    }

    /// <summary>The driver has come to where the trace is: what the recorded one left in memory is there now.</summary>
    public void ReadPointers()
    {
        for (int depth = 0; depth < NestingMax && _unread.Count != 0; depth++)
        {
            if (_unread.RemoveAll(TryRead) == 0)
                return;
        }
    }

    /// <summary>Where bytes go that the device wrote to recorded memory.</summary>
    /// <param name="bytes">How many; on return how many of them lie together.</param>
    public Result Find(ulong recorded, ref int bytes, out ulong actual)
    {
        actual = 0;
        if (_recorded.Find(recorded) is not { } region)
            return Result.NotShared;
        ReadPointersTo(region, recorded);
        if (TryFindPlace(region, recorded, out ulong end, out actual) || TryPair(region, recorded, out end, out actual))
        {
            bytes = (int)Math.Min((ulong)bytes, end - recorded);
            return _actual.Cover(actual, (ulong)bytes) ? Result.Found : Result.NoCounterpart;
        }
        return Result.NoCounterpart;
    }

    /// <summary>How many of the bytes that begin here are no pointer that the recorded driver itself put there, among
    /// what the device wrote.</summary>
    /// <param name="skipped">Bytes of the pointer that follows: this run's driver has put its own there.</param>
    public int LengthUpToPointer(ulong recorded, ReadOnlySpan<byte> bytes, out int skipped)
    {
        int at = (int)(-(long)recorded & (sizeof(uint) - 1));
        for (; at + sizeof(uint) <= bytes.Length; at += sizeof(uint))
        {
            if (!_pointerPages.Contains(PageOf(recorded + (ulong)at)))
            {
                at += (int)(PageBytes - (recorded + (ulong)at) % PageBytes) - sizeof(uint);
                continue;
            }
            if (!_pointers.TryGetValue(recorded + (ulong)at, out uint value))
                continue;
            if (value == MemoryMarshal.Read<uint>(bytes[at..]))
            {
                skipped = sizeof(uint);
                return at;
            }
            ForgetPointer(recorded + (ulong)at); // The device has put something else there.
        }
        skipped = 0;
        return bytes.Length;
    }

    private void ForgetPointer(ulong at)
    {
        if (_pointers.Remove(at, out uint value))
            _pointersTo[PageOf(memory.AddressOf(value))].Remove(at);
    }

    private void ForgetPointers()
    {
        _pointers.Clear();
        _pointersTo.Clear();
        _pointerPages.Clear();
        _unread.Clear();
    }

    private void ReadPointersTo(SharedRegion region, ulong recorded)
    {
        ReadPointers();
        for (ulong page = PageOf(recorded); page >= region.FirstPage; page -= PageBytes)
        {
            if (!_pointersTo.TryGetValue(page, out HashSet<ulong>? pointers) || pointers.Count == 0)
                continue;
            foreach (ulong at in pointers)
                TryRead(at);
            return;
        }
    }

    private bool TryRead(ulong at)
    {
        if (!_pointers.TryGetValue(at, out uint recorded))
            return true;
        if (_recorded.Find(at) is not { } region || !TryFindPlace(region, at, out _, out ulong place)
            || !_actual.Cover(place, sizeof(uint)))
            return false;
        // SAFETY: shared memory lies in the window.
        ulong to = memory.AddressOf(*(uint*)place);
        ulong from = memory.AddressOf(recorded);
        if (to != 0 && _actual.Find(to) != null && _recorded.Find(from) != null)
            NotePlace(from, to);
        return true;
    }

    private void NotePlace(ulong from, ulong to)
    {
        _places[from] = to;
        if (_recorded.Find(from) is not { } old || _actual.Find(to) is not { } now)
            return;
        (old.Counterpart, now.Counterpart) = (now, old);
    }

    // The nearest place below counts; above all that are known, the first.
    private bool TryFindPlace(SharedRegion region, ulong recorded, out ulong end, out ulong actual)
    {
        int above = FirstFrom(recorded + 1);
        end = above < _places.Count ? Math.Min(_places.GetKeyAtIndex(above), region.End) : region.End;
        actual = 0;
        for (int i = above - 1; i >= 0 && _places.GetKeyAtIndex(i) >= region.FirstPage; i--)
        {
            if (TryTake(i, recorded, out actual))
                return true;
        }
        return above < _places.Count && _places.GetKeyAtIndex(above) < region.End
            && TryTake(above, recorded, out actual);
    }

    private bool TryTake(int place, ulong recorded, out ulong actual)
    {
        actual = _places.GetValueAtIndex(place) + (recorded - _places.GetKeyAtIndex(place));
        return _actual.Find(_places.GetValueAtIndex(place)) != null;
    }

    private bool TryPair(SharedRegion region, ulong recorded, out ulong end, out ulong actual)
    {
        end = region.End;
        actual = 0;
        if (region.Counterpart == null)
            Pair(region);
        if (region.Counterpart is not { } counterpart)
            return false;
        actual = counterpart.Address + (recorded - region.Address);
        return true;
    }

    private void Pair(SharedRegion region)
    {
        SharedRegion? found =
            _actual.FindUnpaired(_recorded.RankOf(region, region.Bytes), region.Bytes)
            ?? _actual.FindUnpaired(_recorded.RankOf(region, bytes: 0), bytes: 0);
        if (found != null)
            (region.Counterpart, found.Counterpart) = (found, region);
    }

    // The first place that is not below an address.
    private int FirstFrom(ulong address)
    {
        int low = 0;
        for (int high = _places.Count; low < high;)
        {
            int middle = (low + high) / 2;
            if (_places.GetKeyAtIndex(middle) < address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private bool IsInWindow(ulong address, ulong bytes) =>
        address - memory.Base < memory.Bytes && bytes <= memory.Bytes - (address - memory.Base);

    private static ulong PageOf(ulong address) => address & ~(PageBytes - 1);
}
