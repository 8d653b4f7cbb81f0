using System.Buffers.Binary;
using System.Text;

namespace Hil.Kernel;

/// <summary>One key of the registry. Names compare without case; subkeys are in name order, values in the order they
/// were set first, as Windows enumerates them.</summary>
public sealed class RegistryKey
{
    private readonly SortedList<string, RegistryKey> _subkeys = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<RegistryValue> _values = [];
    private readonly Registry _registry;

    internal RegistryKey(Registry registry, RegistryKey? parent, string name, bool isVolatile)
    {
        _registry = registry;
        Parent = parent;
        Name = name;
        IsVolatile = isVolatile;
        LastWriteTime = registry.Now;
        Id = registry.TakeId();
    }

    /// <summary>Number of the key, which no other has.</summary>
    internal nuint Id { get; }

    public string Name { get; private set; }

    public RegistryKey? Parent { get; }

    /// <summary>A key that would not survive a restart; it can have volatile subkeys only.</summary>
    public bool IsVolatile { get; }

    /// <summary>Set by deletion; handles that are still open then see STATUS_KEY_DELETED.</summary>
    public bool IsDeleted { get; private set; }

    /// <summary>Class name given at creation.</summary>
    public string Class { get; internal set; } = "";

    /// <summary>System time of the last change of the key's values or subkeys.</summary>
    public long LastWriteTime { get; private set; }

    public IList<RegistryKey> Subkeys => _subkeys.Values;

    public IReadOnlyList<RegistryValue> Values => _values;

    /// <summary>Full path, as in \Registry\Machine\System.</summary>
    public string Path => $"{Parent?.Path}\\{Name}";

    /// <summary>Where a symbolic link leads (CurrentControlSet).</summary>
    internal RegistryKey? Target { get; init; }

    /// <summary>The subkey of a name (one element), or null.</summary>
    public RegistryKey? FindSubkey(string name) =>
        _subkeys.TryGetValue(name, out RegistryKey? key) ? key.Target ?? key : null;

    /// <summary>The key at a relative path, or null. An empty path is this key.</summary>
    public RegistryKey? Find(string path)
    {
        RegistryKey? key = this;
        foreach (string element in path.Split('\\', StringSplitOptions.RemoveEmptyEntries))
        {
            key = key.FindSubkey(element);
            if (key == null)
                return null;
        }
        return key;
    }

    /// <summary>The key at a relative path, made with all keys on the way where it is missing.</summary>
    public RegistryKey Create(string path)
    {
        RegistryKey key = this;
        foreach (string element in path.Split('\\', StringSplitOptions.RemoveEmptyEntries))
            key = key.FindSubkey(element) ?? key.CreateSubkey(element, key.IsVolatile);
        return key;
    }

    /// <summary>The value of a name, or null. The empty name is the key's default value.</summary>
    public RegistryValue? FindValue(string name)
    {
        int index = IndexOfValue(name);
        return index < 0 ? null : _values[index];
    }

    /// <summary>A REG_DWORD value, or null when there is none of that name and type.</summary>
    public uint? FindDword(string name) =>
        FindValue(name) is { Type: REG_DWORD, Data.Length: sizeof(uint) } value
            ? BinaryPrimitives.ReadUInt32LittleEndian(value.Data)
            : null;

    /// <summary>A REG_SZ or REG_EXPAND_SZ value without its terminator, or null when there is none.</summary>
    public string? FindString(string name) =>
        FindValue(name) is { Type: REG_SZ or REG_EXPAND_SZ } value
            ? Encoding.Unicode.GetString(value.Data).TrimEnd('\0')
            : null;

    public void Set(string name, uint type, ReadOnlySpan<byte> data)
    {
        int index = IndexOfValue(name);
        var value = new RegistryValue(index < 0 ? name : _values[index].Name, type, data.ToArray());
        if (index < 0)
            _values.Add(value);
        else
            _values[index] = value;
        NoteChange(KeyChange.LastSet);
    }

    public void SetDword(string name, uint value)
    {
        Span<byte> data = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        Set(name, REG_DWORD, data);
    }

    public void SetString(string name, string text) => Set(name, REG_SZ, Encoding.Unicode.GetBytes(text + '\0'));

    public void SetStrings(string name, IEnumerable<string> texts)
    {
        var list = new StringBuilder();
        foreach (string text in texts)
            list.Append(text).Append('\0');
        Set(name, REG_MULTI_SZ, Encoding.Unicode.GetBytes(list.Append('\0').ToString()));
    }

    /// <summary>False when there was no such value.</summary>
    public bool DeleteValue(string name)
    {
        int index = IndexOfValue(name);
        if (index < 0)
            return false;
        _values.RemoveAt(index);
        NoteChange(KeyChange.LastSet);
        return true;
    }

    /// <summary>Deletes this key with everything below it.</summary>
    public void Delete()
    {
        while (_subkeys.Count > 0)
            _subkeys.Values[^1].Delete();
        IsDeleted = true;
        Parent?.Remove(this);
        _registry.Watches.Note(this, KeyChange.Name);
    }

    /// <summary>Gives the key another name. False when its parent has such a subkey, which may be itself.</summary>
    internal bool TryRename(string name)
    {
        if (Parent == null || Parent._subkeys.ContainsKey(name))
            return false;
        Parent._subkeys.Remove(Name);
        Name = name;
        Parent.Add(this);
        return true;
    }

    internal RegistryKey CreateSubkey(string name, bool isVolatile) =>
        Add(new RegistryKey(_registry, this, name, isVolatile));

    internal RegistryKey Add(RegistryKey subkey)
    {
        _subkeys.Add(subkey.Name, subkey);
        NoteChange(KeyChange.Name);
        return subkey;
    }

    private void Remove(RegistryKey subkey)
    {
        _subkeys.Remove(subkey.Name);
        NoteChange(KeyChange.Name);
    }

    private void NoteChange(KeyChange change)
    {
        LastWriteTime = _registry.Now;
        _registry.Watches.Note(this, change);
    }

    private int IndexOfValue(string name) =>
        _values.FindIndex(value => value.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
