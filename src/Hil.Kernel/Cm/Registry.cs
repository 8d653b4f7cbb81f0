namespace Hil.Kernel;

/// <summary>The registry, in memory. It starts with the keys that drivers take for granted.</summary>
public sealed class Registry
{
    private const string RootName = "Registry";
    private const string System = @"\Registry\Machine\System\";

    /// <summary>Keys of services; a driver's RegistryPath is one of their subkeys.</summary>
    public const string ServicesPath = System + @"CurrentControlSet\Services";

    /// <summary>Keys of devices by instance path.</summary>
    public const string EnumPath = System + @"CurrentControlSet\Enum";

    /// <summary>Keys of setup classes; drivers' software keys are below them.</summary>
    public const string ClassPath = System + @"CurrentControlSet\Control\Class";

    /// <summary>Keys of device interfaces by class.</summary>
    public const string DeviceClassesPath = System + @"CurrentControlSet\Control\DeviceClasses";

    private readonly NtKernel _kernel;
    private nuint _lastId;

    internal Registry(NtKernel kernel)
    {
        _kernel = kernel;
        Root = new RegistryKey(this, null, RootName, isVolatile: false);
        RegistryKey system = Root.Create(@"Machine\System");
        RegistryKey controlSet = system.Create("ControlSet001");
        system.Add(new RegistryKey(this, system, "CurrentControlSet", isVolatile: true) { Target = controlSet });
        foreach (string path in (string[])["Services", "Enum", @"Control\Class", @"Control\DeviceClasses",
            @"Control\Session Manager", @"Hardware Profiles\Current"])
            controlSet.Create(path);
        Root.Create(@"Machine\Hardware\DeviceMap").Parent!.Create("Description");
        Root.Create(@"User\.Default");
        RegistryKey version = Root.Create(@"Machine\Software\Microsoft\Windows NT\CurrentVersion");
        version.SetString("SystemRoot", @"C:\Windows");
    }

    public RegistryKey Root { get; }

    internal KeyWatches Watches { get; } = new();

    internal nuint TakeId() => ++_lastId;

    internal long Now => _kernel.Clock.SystemTime;

    /// <summary>The key at an absolute path such as \Registry\Machine\System, or null.</summary>
    public RegistryKey? Find(string path) => TryMakeRelative(path, out string relative) ? Root.Find(relative) : null;

    /// <summary>The key at an absolute path, made where it is missing. This is how a host presets values.</summary>
    public RegistryKey Create(string path)
    {
        if (!TryMakeRelative(path, out string relative))
            throw new ArgumentException($@"'{path}' does not begin with \Registry", nameof(path));
        return Root.Create(relative);
    }

    /// <summary>The key of a service; its full path is what DriverEntry gets as RegistryPath.</summary>
    public RegistryKey CreateService(string name) => Create($@"{ServicesPath}\{name}");

    /// <summary>Strips \Registry from a path; false when it does not begin so.</summary>
    internal static bool TryMakeRelative(string path, out string relative)
    {
        const string Prefix = @"\" + RootName;
        bool isBelow = path.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            && (path.Length == Prefix.Length || path[Prefix.Length] == '\\');
        relative = isBelow ? path[Prefix.Length..] : "";
        return isBelow;
    }
}
