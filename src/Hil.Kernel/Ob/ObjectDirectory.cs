namespace Hil.Kernel;

// Names are kept flat, by full path: what a tree of directories would add is the rule that a name's directory exists,
// and that is one look-up. The three spellings of the directory of DOS device names are one: \??, \DosDevices and
// \GLOBAL??.

/// <summary>The object namespace: full paths to objects, case-insensitive.</summary>
public sealed class ObjectDirectory
{
    private const string DosDevices = @"\??";
    private const int LinksMax = 32; // As many links as a name may pass through before it counts as a loop.

    private static readonly string[] s_directories =
    [
        @"\", @"\Device", DosDevices, @"\Driver", @"\FileSystem", @"\Callback", @"\BaseNamedObjects", @"\KernelObjects",
    ];

    // The longer spellings come first: each begins with a shorter one.
    private static readonly string[] s_spellings = [@"\DosDevices\Global", @"\??\Global", @"\DosDevices", @"\GLOBAL??"];

    private readonly Dictionary<string, KernelObject> _objects = new(StringComparer.OrdinalIgnoreCase);

    internal ObjectDirectory()
    {
        foreach (string directory in s_directories)
            _objects.Add(directory, new KernelObject(ObjectType.Directory, 0, null) { Name = directory });
    }

    /// <summary>Every name there is, in no particular order.</summary>
    public IReadOnlyCollection<string> All => _objects.Keys;

    /// <summary>Gives an object its name.</summary>
    /// <returns>STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD,
    /// STATUS_OBJECT_NAME_INVALID.</returns>
    public NTSTATUS Insert(string path, KernelObject target)
    {
        NTSTATUS syntax = CheckSyntax(path);
        if (!syntax.IsSuccess)
            return syntax;
        string name = Canonical(path);
        int slash = name.LastIndexOf('\\');
        string parent = slash == 0 ? @"\" : name[..slash];
        if (!_objects.TryGetValue(parent, out KernelObject? directory) || directory.Type != ObjectType.Directory)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        if (!_objects.TryAdd(name, target))
            return STATUS_OBJECT_NAME_COLLISION;
        target.Name = name;
        return STATUS_SUCCESS;
    }

    /// <summary>Takes an object's name away; the object stays.</summary>
    public void Remove(KernelObject target)
    {
        if (target.Name != null)
            _objects.Remove(target.Name);
        target.Name = null;
    }

    /// <summary>The object of exactly this name, links not followed, or null.</summary>
    public KernelObject? Find(string path) => _objects.GetValueOrDefault(Canonical(path));

    /// <summary>What stands in a directory, in alphabetical order.</summary>
    internal KernelObject[] ChildrenOf(KernelObject directory)
    {
        string path = directory.Name == @"\" ? @"\" : directory.Name + @"\";
        return
        [
            .. _objects
                .Where(entry => entry.Key.Length > path.Length
                    && entry.Key.StartsWith(path, StringComparison.OrdinalIgnoreCase)
                    && entry.Key.IndexOf('\\', path.Length) < 0)
                .Select(static entry => entry.Value)
                .OrderBy(LastPart, StringComparer.OrdinalIgnoreCase),
        ];
    }

    /// <summary>An object's name in its directory; that of DOS device names is called as Windows calls it.</summary>
    internal static string LastPart(KernelObject named) =>
        named.Name == DosDevices ? "GLOBAL??" : named.Name![(named.Name!.LastIndexOf('\\') + 1)..];

    /// <summary>Follows a path through links to an object; the rest of the path is the object's own to parse.</summary>
    /// <param name="rest">What follows the object's name, with its backslash; empty if nothing does.</param>
    public NTSTATUS Parse(string path, out KernelObject? found, out string rest)
    {
        found = null;
        rest = "";
        NTSTATUS syntax = CheckSyntax(path);
        if (!syntax.IsSuccess)
            return syntax;
        string name = Canonical(path);
        for (int links = 0; links < LinksMax; links++)
        {
            int end = FindLongestNonDirectory(name, out found);
            if (found == null)
                return DirectoryExists(name) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
            rest = name[end..];
            if (found.Type != ObjectType.SymbolicLink)
                return STATUS_SUCCESS;
            name = Canonical((string)found.Payload! + rest);
        }
        found = null;
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }

    // The first object along the path that is no directory ends the part of the path that is the namespace's.
    private int FindLongestNonDirectory(string name, out KernelObject? found)
    {
        for (int end = name.IndexOf('\\', 1); ; end = name.IndexOf('\\', end + 1))
        {
            int length = end < 0 ? name.Length : end;
            found = _objects.GetValueOrDefault(name[..length]);
            if (found != null && (found.Type != ObjectType.Directory || end < 0))
                return length;
            if (end < 0)
                return length;
        }
    }

    private bool DirectoryExists(string name)
    {
        int slash = name.LastIndexOf('\\');
        return slash <= 0 || _objects.ContainsKey(name[..slash]);
    }

    private static NTSTATUS CheckSyntax(string path)
    {
        if (path.Length == 0 || path[0] != '\\')
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        return path.Length > 1 && (path[^1] == '\\' || path.Contains(@"\\", StringComparison.Ordinal))
            ? STATUS_OBJECT_NAME_INVALID
            : STATUS_SUCCESS;
    }

    private static string Canonical(string path)
    {
        foreach (string spelling in s_spellings)
        {
            if (path.StartsWith(spelling, StringComparison.OrdinalIgnoreCase)
                && (path.Length == spelling.Length || path[spelling.Length] == '\\'))
                return DosDevices + path[spelling.Length..];
        }
        return path;
    }
}
