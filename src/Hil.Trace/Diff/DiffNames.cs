namespace Hil.Trace;

/// <summary>Names of registers and devices, numbered the same for both traces.</summary>
internal sealed class DiffNames
{
    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<string> _names = [];

    public string this[int number] => _names[number];

    public int Number(string name)
    {
        if (_numbers.TryGetValue(name, out int number))
            return number;
        _names.Add(name);
        return _numbers[name] = _names.Count - 1;
    }
}
