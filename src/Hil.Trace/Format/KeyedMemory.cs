using System.Runtime.CompilerServices;

namespace Hil.Trace;

/// <summary>The last values that were seen under each key in the current block: zero under a key that is new.</summary>
/// <remarks>Open addressing; a slot counts only when its stamp is the current block's, so that forgetting all is one
/// increment.</remarks>
internal sealed class KeyedMemory(int width)
{
    private const int FirstSlots = 64;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    private Slot[] _slots = new Slot[FirstSlots];
    private ulong[] _values = new ulong[FirstSlots * width];
    private uint _stamp = 1;
    private int _used;

    /// <summary>Starts a block.</summary>
    public void Forget()
    {
        _used = 0;
        if (++_stamp != 0)
            return;
        Array.Clear(_slots);
        _stamp = 1;
    }

    /// <summary>The values under <paramref name="key"/>: the first of as many as this memory is wide.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ulong ValuesOf(ulong key) => ref ValuesOf(key, out _);

    /// <param name="isNew">Whether the key was not seen in this block before.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ulong ValuesOf(ulong key, out bool isNew)
    {
        Slot[] slots = _slots;
        int at = FirstPlaceOf(key) & (slots.Length - 1);
        Slot slot = slots[at];
        isNew = false;
        if (slot.Key == key && slot.Stamp == _stamp)
            return ref _values[at * width];
        return ref Search(key, at, out isNew);
    }

    private static int FirstPlaceOf(ulong key) => (int)((key * Spread) >> 40);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref ulong Search(ulong key, int at, out bool isNew)
    {
        isNew = false;
        while (_slots[at].Stamp == _stamp)
        {
            if (_slots[at].Key == key)
                return ref _values[at * width];
            at = (at + 1) & (_slots.Length - 1);
        }
        isNew = true;
        return ref Take(key, at);
    }

    private ref ulong Take(ulong key, int at)
    {
        if (++_used > _slots.Length / 2)
        {
            Grow();
            at = FreePlaceFor(key);
        }
        _slots[at] = new Slot(key, _stamp);
        _values.AsSpan(at * width, width).Clear();
        return ref _values[at * width];
    }

    private int FreePlaceFor(ulong key)
    {
        int at = FirstPlaceOf(key) & (_slots.Length - 1);
        while (_slots[at].Stamp == _stamp)
            at = (at + 1) & (_slots.Length - 1);
        return at;
    }

    private void Grow()
    {
        (Slot[] slots, ulong[] values) = (_slots, _values);
        _slots = new Slot[slots.Length * 2];
        _values = new ulong[values.Length * 2];
        for (int old = 0; old < slots.Length; old++)
        {
            if (slots[old].Stamp != _stamp)
                continue;
            int at = FreePlaceFor(slots[old].Key);
            _slots[at] = slots[old];
            values.AsSpan(old * width, width).CopyTo(_values.AsSpan(at * width));
        }
    }

    private readonly record struct Slot(ulong Key, uint Stamp);
}
