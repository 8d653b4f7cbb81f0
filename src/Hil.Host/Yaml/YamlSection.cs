using Hil.Wdm;

namespace Hil.Host.Yaml;

/// <summary>One map of the file whose keys are known: finds values by key and has the words for what is wrong with
/// them.</summary>
internal sealed class YamlSection
{
    private const string NameType = "a name (letters, digits, - and _, a letter first)";
    private const string TimeType = "a time (a number and a unit, such as 250 ms or 5 s)";
    private const string CountType = "a count (such as 3, 3..5 or 3..)";

    private readonly string _path;
    private readonly YamlNode _place;
    private readonly Dictionary<string, (YamlScalar Key, YamlNode Value)> _entries = [];

    /// <param name="name">What messages call the map.</param>
    /// <param name="place">Where a missing key is reported: the section's key.</param>
    /// <param name="keys">The keys that may stand here; null for any.</param>
    public YamlSection(string path, string name, YamlNode place, YamlNode node, IReadOnlyList<string>? keys)
    {
        _path = path;
        _place = place;
        Name = name;
        if (node is not YamlMap map)
            throw Fault(node, $"{name} must be a map");
        foreach ((YamlScalar key, YamlNode value) in map.Entries)
            Add(key, value, keys);
    }

    public string Name { get; }

    public IEnumerable<(YamlScalar Key, YamlNode Value)> Entries => _entries.Values;

    public bool Has(string key) => _entries.ContainsKey(key);

    public YamlScalar KeyOf(string key) => _entries[key].Key;

    public YamlNode? Find(string key) => _entries.TryGetValue(key, out var entry) ? entry.Value : null;

    public YamlNode Need(string key) => Find(key) ?? throw Missing($"'{key}'");

    public HilYamlException Missing(string what) => Fault(_place, $"{Name} needs {what}");

    public HilYamlException Fault(YamlNode at, string problem) => new(_path, at.Line, at.Column, problem);

    /// <summary>The value of a key is not of its type.</summary>
    public HilYamlException Bad(string key, string type) =>
        Fault(_entries[key].Value, Find(key) is YamlScalar scalar
            ? $"'{key}' must be {type}, not '{scalar.Value}'"
            : $"'{key}' must be {type}");

    public YamlSection SubSection(string key, IReadOnlyList<string>? keys) =>
        new(_path, key, KeyOf(key), Find(key)!, keys);

    /// <summary>A list of anything under a key of the top level.</summary>
    public IReadOnlyList<YamlNode> Items(string key) =>
        Need(key) is YamlList list ? list.Items : throw Fault(Find(key)!, $"{key} must be a list");

    /// <summary>A text that may hold anything.</summary>
    public string RawText(string key, string type) =>
        Need(key) is YamlScalar { Value.Length: > 0 } scalar ? scalar.Value : throw Bad(key, type);

    public string Text(string key, string type = "a text")
    {
        string text = RawText(key, type);
        return text.Contains('\0', StringComparison.Ordinal) ? throw ZeroIn(Find(key)!, key) : text;
    }

    public string NameAt(string key) =>
        Text(key, NameType) is var text && YamlValues.IsName(text) ? text : throw Bad(key, NameType);

    public string NameAt(string key, string fallback) => Has(key) ? NameAt(key) : fallback;

    public IReadOnlyList<YamlScalar> Texts(string key, string type)
    {
        if (Need(key) is not YamlList list)
            throw Bad(key, type);
        var texts = new List<YamlScalar>(list.Items.Count);
        foreach (YamlNode item in list.Items)
        {
            if (item is not YamlScalar { Value.Length: > 0 } text)
                throw Fault(item, $"'{key}' must be {type}");
            texts.Add(text.Value.Contains('\0', StringComparison.Ordinal) ? throw ZeroIn(item, key) : text);
        }
        return texts;
    }

    public ulong Number(string key, ulong min = 0, ulong max = ulong.MaxValue, string? range = null)
    {
        string text = Text(key, "a number");
        if (!YamlValues.TryNumber(text, out ulong number))
            throw Bad(key, "a number");
        if (number < min || number > max)
            throw Fault(Find(key)!, $"'{key}' must be {range}, not {text}");
        return number;
    }

    public TimeSpan Time(string key) =>
        YamlValues.TryTime(Text(key, TimeType), out TimeSpan time) ? time : throw Bad(key, TimeType);

    public NTSTATUS? Status(string key)
    {
        if (!Has(key))
            return null;
        string text = Text(key, "a status");
        if (YamlValues.TryStatus(text, out NTSTATUS status))
            return status;
        if (char.IsAsciiDigit(text[0]))
            throw Bad(key, "a status");
        throw Fault(Find(key)!, $"unknown status '{text}'{Spelling.Suggest(text, YamlValues.StatusNames())}");
    }

    public CountRange? Count(string key)
    {
        if (!Has(key))
            return null;
        return YamlValues.TryCount(Text(key, CountType), out CountRange count) ? count : throw Bad(key, CountType);
    }

    // Paths and arguments end at one.
    private HilYamlException ZeroIn(YamlNode at, string key) => Fault(at, $"'{key}' must not have a zero character");

    private void Add(YamlScalar key, YamlNode value, IReadOnlyList<string>? keys)
    {
        if (keys != null && !keys.Contains(key.Value))
        {
            string suggestion = Spelling.Suggest(key.Value, keys);
            throw Fault(key, $"unknown key '{key.Value}' in {Name}{(suggestion.Length == 0 ? "." : suggestion)} " +
                $"Keys here: {string.Join(", ", keys)}");
        }
        if (!_entries.TryAdd(key.Value, (key, value)))
            throw Fault(key, $"'{key.Value}' is given twice in {Name}");
    }
}
