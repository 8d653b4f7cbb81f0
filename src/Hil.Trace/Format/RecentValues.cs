using Hil.Kernel;

namespace Hil.Trace;

// A driver decides how many places, registers and texts there are to give ids to, so there is no end of them. Ids only
// ever go up; what they stand for is known for two eras. An era ends between two records, and whoever keeps an id asks
// again in the next one. The era before is still known because a record may be in the making then.

/// <summary>Values with ids from 1, in the order that they came: those of this era and the one before.</summary>
internal sealed class RecentValues<T>
    where T : notnull
{
    private readonly Dictionary<T, ulong> _ids = [];
    private Entry[] _entries = new Entry[64];
    private ulong _forgotten;
    private int _older;
    private int _count;

    /// <summary>Values that are known.</summary>
    public int Count => _count;

    /// <summary>Values that came in this era.</summary>
    public int Recent => _count - _older;

    public T this[ulong id] => Find(id).Value;

    /// <summary>A number that whoever asks keeps with a value; 0 at first.</summary>
    public ref ulong Mark(ulong id) => ref Find(id).Mark;

    /// <summary>The id of a value: the one it has in this era, or the next.</summary>
    public ulong Intern(T value)
    {
        if (_ids.TryGetValue(value, out ulong id))
            return id;
        id = Add(value);
        _ids.Add(value, id);
        return id;
    }

    /// <summary>The next id.</summary>
    public ulong Add(T value)
    {
        if (_count == _entries.Length)
            Array.Resize(ref _entries, _count * 2);
        _entries[_count++] = new Entry { Value = value };
        return _forgotten + (ulong)_count;
    }

    /// <summary>Forgets the era before; equal values get other ids from now on.</summary>
    public void StartEra()
    {
        _ids.Clear();
        int kept = Recent;
        Array.Copy(_entries, _older, _entries, 0, kept);
        Array.Clear(_entries, kept, _older);
        _forgotten += (ulong)_older;
        _older = _count = kept;
    }

    private ref Entry Find(ulong id)
    {
        ulong at = id - _forgotten - 1;
        Invariant.Holds(at < (ulong)_count, "records refer to ids of this era or the one before");
        return ref _entries[at];
    }

    private struct Entry
    {
        public T Value;
        public ulong Mark;
    }
}
