namespace Hil.Trace;

/// <summary>How often a register was read and written.</summary>
public sealed class RegisterUse(string device, string register)
{
    /// <summary>Distinct values are counted up to here.</summary>
    public const int ValuesMax = 1024;

    private readonly HashSet<ulong> _values = [];

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
        if (_values.Count < ValuesMax)
            _values.Add(value);
    }
}
