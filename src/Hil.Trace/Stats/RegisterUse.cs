namespace Hil.Trace;

/// <summary>How often a register was read and written.</summary>
public sealed class RegisterUse(string device, string register)
{
    /// <summary>Distinct values are counted up to here.</summary>
    public const int ValuesMax = 1024;

    private const int SeenSlots = 64; // A power of two.

    private readonly HashSet<ulong> _values = [];

    // Status registers have a few values over and over. Where a value belongs, 0 would be in the first slot only.
    private readonly ulong[] _seen = [ulong.MaxValue, .. new ulong[SeenSlots - 1]];

    public string Device { get; } = device;

    public string Register { get; } = register;

    public long Reads { get; private set; }

    public long Writes { get; private set; }

    /// <summary>Distinct values read or written; <see cref="ValuesMax"/> stands for that and more.</summary>
    public int Values => _values.Count;

    internal void Add(bool isWrite, ulong value)
    {
        if (isWrite)
            Writes++;
        else
            Reads++;
        if (_seen[value & (SeenSlots - 1)] != value)
            Note(value);
    }

    private void Note(ulong value)
    {
        _seen[value & (SeenSlots - 1)] = value;
        if (_values.Count < ValuesMax)
            _values.Add(value);
    }
}
