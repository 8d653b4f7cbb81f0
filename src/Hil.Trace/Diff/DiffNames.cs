namespace Hil.Trace;

/// <summary>Names of registers and devices, numbered the same for both traces.</summary>
internal sealed class DiffNames
{
    /// <summary>What stands for all names that come when there are too many.</summary>
    public const int Others = 0;

    // A sweep over device memory has a name for each address.
    private const int NamesMax = 65_536;

    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<string> _names = ["other registers"];

    public string this[int number] => _names[number];

    public int Number(string name)
    {
        if (_numbers.TryGetValue(name, out int number))
            return number;
        if (_names.Count >= NamesMax)
            return Others;
        _names.Add(name);
        return _numbers[name] = _names.Count - 1;
    }
}
