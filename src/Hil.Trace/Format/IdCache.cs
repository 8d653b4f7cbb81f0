using System.Runtime.CompilerServices;

namespace Hil.Trace;

/// <summary>What was worked out for an id, kept where the next record with it finds it in no time. A few ids make most
/// of a trace; there may be any number.</summary>
internal sealed class IdCache<T>
{
    private const int Slots = 1024; // A power of two.

    // No slot has the id that belongs in it at first: the first one would have 0.
    private readonly ulong[] _ids = [ulong.MaxValue, .. new ulong[Slots - 1]];
    private readonly T[] _values = new T[Slots];

    /// <summary>The value of an id; false when it has to be worked out and set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(ulong id, out T value)
    {
        int at = (int)id & (Slots - 1);
        value = _values[at];
        return _ids[at] == id;
    }

    public T Set(ulong id, T value)
    {
        int at = (int)id & (Slots - 1);
        _ids[at] = id;
        return _values[at] = value;
    }
}
