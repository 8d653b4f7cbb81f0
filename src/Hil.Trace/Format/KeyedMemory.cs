using System.Numerics;

namespace Hil.Trace;

/// <summary>The last values that were seen under each key in the current block: zero under a key that is new.</summary>
/// <remarks>Open addressing; a slot counts only when its stamp is the current block's, so that forgetting all is one
/// increment.</remarks>
internal sealed class KeyedMemory(int width)
{
    private const int FirstSlots = 64;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    private ulong[] _keys = new ulong[FirstSlots];
    private uint[] _stamps = new uint[FirstSlots];
    private ulong[] _values = new ulong[FirstSlots * width];
    private uint _stamp = 1;
    private int _used;

    /// <summary>Starts a block.</summary>
    public void Forget()
    {
        _used = 0;
        if (++_stamp != 0)
            return;
        Array.Clear(_stamps);
        _stamp = 1;
    }

    /// <summary>The values under <paramref name="key"/>: the first of as many as this memory is wide.</summary>
    public ref ulong ValuesOf(ulong key)
    {
        int mask = _keys.Length - 1;
        int slot = SlotOf(key, mask);
        while (_stamps[slot] == _stamp)
        {
            if (_keys[slot] == key)
                return ref _values[slot * width];
            slot = (slot + 1) & mask;
        }
        return ref Take(key, slot);
    }

    private static int SlotOf(ulong key, int mask) => (int)((key * Spread) >> 32) & mask;

    private ref ulong Take(ulong key, int slot)
    {
        if (++_used > _keys.Length / 2)
        {
            Grow();
            slot = FreeSlot(key);
        }
        _keys[slot] = key;
        _stamps[slot] = _stamp;
        _values.AsSpan(slot * width, width).Clear();
        return ref _values[slot * width];
    }

    private int FreeSlot(ulong key)
    {
        int mask = _keys.Length - 1;
        int slot = SlotOf(key, mask);
        while (_stamps[slot] == _stamp)
            slot = (slot + 1) & mask;
        return slot;
    }

    private void Grow()
    {
        (ulong[] keys, uint[] stamps, ulong[] values) = (_keys, _stamps, _values);
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)keys.Length * 2);
        _keys = new ulong[slots];
        _stamps = new uint[slots];
        _values = new ulong[slots * width];
        for (int old = 0; old < keys.Length; old++)
        {
            if (stamps[old] != _stamp)
                continue;
            int slot = FreeSlot(keys[old]);
            _keys[slot] = keys[old];
            _stamps[slot] = _stamp;
            values.AsSpan(old * width, width).CopyTo(_values.AsSpan(slot * width));
        }
    }
}
