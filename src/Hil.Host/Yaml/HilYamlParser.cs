using System.Collections.Immutable;
using Hil.Kernel;

namespace Hil.Host.Yaml;

/// <summary>Turns the nodes of a hil.yaml into its model.</summary>
internal sealed class HilYamlParser
{
    private const ulong MemoryStep = 2 << 20;
    private const ulong MemoryMin = 64 << 20;
    private const ulong MemoryMax = 2UL << 30;

    private static readonly string[] s_sections = ["driver", "device", "machine", "ioctls", "workload"];

    private static readonly string[] s_driverKeys =
        ["name", "sources", "defines", "image", "managed", "parameters"];

    private static readonly string[] s_deviceKeys = ["qemu", "arguments", "match", "interrupts"];
    private static readonly string[] s_machineKeys = ["memory", "watchdog"];

    private readonly string _path;
    private readonly string _folder;
    private readonly YamlSection _file;

    private HilYamlParser(string path, YamlNode root)
    {
        _path = path;
        if (root is YamlScalar { Value: "", IsQuoted: false })
            throw new HilYamlException(
                path, root.Line, root.Column, $"the file is empty; it needs keys of {string.Join(", ", s_sections)}");
        _folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        _file = new YamlSection(path, "the file", root, root, s_sections);
    }

    public static HilYaml Parse(string path, YamlNode root, bool workloadOnly)
    {
        var parser = new HilYamlParser(path, root);
        return workloadOnly ? parser.ParseWorkload() : parser.ParseAll();
    }

    private HilYaml ParseWorkload()
    {
        ImmutableDictionary<string, uint> ioctls = ParseIoctls();
        return new HilYaml(_path, null, null, MachineSection.Default, ioctls, ParseSteps(ioctls));
    }

    private HilYaml ParseAll()
    {
        _file.Need("driver");
        DriverSection driver = ParseDriver(_file.SubSection("driver", s_driverKeys));
        DeviceSection? device = _file.Has("device") ? ParseDevice(_file.SubSection("device", s_deviceKeys)) : null;
        MachineSection machine = _file.Has("machine")
            ? ParseMachine(_file.SubSection("machine", s_machineKeys))
            : MachineSection.Default;
        return ParseWorkload() with { Driver = driver, Device = device, Machine = machine };
    }

    private DriverSection ParseDriver(YamlSection driver)
    {
        if (driver.Has("sources") && driver.Has("image"))
            throw driver.Fault(driver.KeyOf("image"), "driver has 'sources' and 'image'; give one");
        if (!driver.Has("sources") && !driver.Has("image"))
            throw driver.Missing("'sources' or 'image'");
        return new DriverSection(
            ParseDriverName(driver),
            _folder,
            driver.Has("sources") ? ParseSources(driver) : [],
            driver.Has("defines") ? ParseDefines(driver) : [],
            driver.Has("image") ? ParseImage(driver) : null,
            driver.Has("managed") ? ParseManaged(driver) : null,
            driver.Has("parameters")
                ? ParseParameters(driver.SubSection("parameters", null))
                : ImmutableDictionary<string, object>.Empty);
    }

    private string ParseDriverName(YamlSection driver)
    {
        if (driver.Has("name"))
            return driver.NameAt("name");
        string folder = Path.GetFileName(_folder);
        return YamlValues.IsName(folder)
            ? folder
            : throw driver.Missing($"'name', because the folder's, '{folder}', is no name");
    }

    private ImmutableArray<string> ParseSources(YamlSection driver)
    {
        var sources = ImmutableArray.CreateBuilder<string>();
        foreach (YamlScalar source in driver.Texts("sources", "a list of paths"))
        {
            string path = Path.GetFullPath(source.Value, _folder);
            if (!path.StartsWith(_folder.TrimEnd('/') + '/', StringComparison.Ordinal))
                throw driver.Fault(source, $"'sources': {source.Value} is outside the folder of hil.yaml");
            if (!File.Exists(path))
                throw driver.Fault(source, $"'sources': {source.Value}: no such file");
            sources.Add(path);
        }
        return sources.Count != 0
            ? sources.ToImmutable()
            : throw driver.Bad("sources", "a list of paths, one at least");
    }

    private static ImmutableArray<string> ParseDefines(YamlSection driver)
    {
        const string Type = "a list of NAME or NAME=VALUE";
        var defines = ImmutableArray.CreateBuilder<string>();
        foreach (YamlScalar define in driver.Texts("defines", Type))
        {
            string name = define.Value.Split('=', 2)[0];
            bool isName = name.Length != 0 && !char.IsAsciiDigit(name[0])
                && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');
            defines.Add(isName
                ? define.Value
                : throw driver.Fault(define, $"'defines' must be {Type}, not '{define.Value}'"));
        }
        return defines.ToImmutable();
    }

    private string ParseImage(YamlSection driver)
    {
        string text = driver.Text("image", "a path");
        string path = Path.GetFullPath(text, _folder);
        return File.Exists(path) ? path : throw driver.Fault(driver.Find("image")!, $"'image': {text}: no such file");
    }

    private static string ParseManaged(YamlSection driver)
    {
        const string Type = "an assembly-qualified type name (Namespace.Type, Assembly)";
        string text = driver.Text("managed", Type);
        string[] parts = text.Split(',', 2, StringSplitOptions.TrimEntries);
        return parts is [{ Length: > 0 }, { Length: > 0 }] ? text : throw driver.Bad("managed", Type);
    }

    private static ImmutableDictionary<string, object> ParseParameters(YamlSection parameters)
    {
        var values = ImmutableDictionary.CreateBuilder<string, object>();
        foreach ((YamlScalar key, YamlNode value) in parameters.Entries)
        {
            if (value is not YamlScalar scalar)
                throw parameters.Bad(key.Value, "a number or a text");
            bool isNumber = !scalar.IsQuoted && YamlValues.TryNumber(scalar.Value, out _);
            values[key.Value] = isNumber
                ? (object)(uint)parameters.Number(key.Value, 0, uint.MaxValue, "at most 32 bits")
                : scalar.Value;
        }
        return values.ToImmutable();
    }

    private DeviceSection ParseDevice(YamlSection device)
    {
        const string QemuType = "a text or a list of texts";
        ImmutableArray<string> qemu = device.Need("qemu") is YamlScalar
            ? [device.Text("qemu", QemuType)]
            : [.. device.Texts("qemu", QemuType).Select(text => text.Value)];
        if (qemu.IsEmpty)
            throw device.Bad("qemu", QemuType);
        (ushort, ushort)? match = null;
        if (device.Has("match"))
            match = YamlValues.TryPciId(device.Text("match"), out var id)
                ? id
                : throw device.Bad("match", "VVVV:DDDD (hexadecimal)");
        return new DeviceSection(qemu, ParseArguments(device), match, ParseInterrupts(device));
    }

    // In QEMU's option syntax a comma in a value is doubled.
    private ImmutableArray<string> ParseArguments(YamlSection device)
    {
        const string Folder = "{folder}";
        if (!device.Has("arguments"))
            return [];
        string folder = _folder.Replace(",", ",,", StringComparison.Ordinal);
        return
        [
            .. device.Texts("arguments", "a list of texts")
                .Select(text => text.Value.Replace(Folder, folder, StringComparison.Ordinal)),
        ];
    }

    private static InterruptPreference ParseInterrupts(YamlSection device)
    {
        if (!device.Has("interrupts"))
            return InterruptPreference.Line;
        return device.Text("interrupts", "line or msi") switch
        {
            "line" => InterruptPreference.Line,
            "msi" => InterruptPreference.Message,
            _ => throw device.Bad("interrupts", "line or msi"),
        };
    }

    private static MachineSection ParseMachine(YamlSection machine)
    {
        const string Range = "64M to 2G, a multiple of 2M";
        ulong memory = MachineSection.Default.MemoryBytes;
        if (machine.Has("memory"))
        {
            memory = machine.Number("memory", MemoryMin, MemoryMax, Range);
            if (memory % MemoryStep != 0)
                throw machine.Fault(machine.Find("memory")!, $"'memory' must be {Range}, not {machine.Text("memory")}");
        }
        TimeSpan watchdog = machine.Has("watchdog") ? machine.Time("watchdog") : MachineSection.Default.Watchdog;
        if (watchdog <= TimeSpan.Zero)
            throw machine.Bad("watchdog", "more than no time");
        return new MachineSection(memory, watchdog);
    }

    private ImmutableDictionary<string, uint> ParseIoctls()
    {
        if (!_file.Has("ioctls"))
            return ImmutableDictionary<string, uint>.Empty;
        YamlSection section = _file.SubSection("ioctls", null);
        var codes = ImmutableDictionary.CreateBuilder<string, uint>();
        foreach ((YamlScalar key, _) in section.Entries)
        {
            if (!YamlValues.IsName(key.Value))
                throw section.Fault(key, $"a key of ioctls must be a name, not '{key.Value}'");
            codes[key.Value] = (uint)section.Number(key.Value, 0, uint.MaxValue, "at most 32 bits");
        }
        return codes.ToImmutable();
    }

    private ImmutableArray<WorkloadStep> ParseSteps(ImmutableDictionary<string, uint> ioctls) =>
        _file.Has("workload") ? new WorkloadParser(_path, ioctls).Parse(_file.Items("workload")) : [];
}
