using System.Collections.Immutable;
using Hil.Host.Yaml;
using Hil.Kernel;

namespace Hil.Host;

/// <summary>A hil.yaml: a driver, its device, and what to do with it. docs/hil-yaml.md has every key.</summary>
/// <param name="Path">As the user gave it; messages name it so.</param>
/// <param name="Driver">Null if the file was read for its workload only; likewise the device and machine.</param>
public sealed record HilYaml(
    string Path,
    DriverSection? Driver,
    DeviceSection? Device,
    MachineSection Machine,
    ImmutableDictionary<string, uint> Ioctls,
    ImmutableArray<WorkloadStep> Workload)
{
    /// <summary>Name of the file in a driver's folder.</summary>
    public const string FileName = "hil.yaml";

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="HilYamlException">The file is missing or wrong.</exception>
    public static HilYaml ReadFile(string path) =>
        HilYamlParser.Parse(path, YamlReader.ReadFile(path, RunPlan.Targets), workloadOnly: false);

    /// <summary>Reads the workload and ioctls of a file for a driver that comes from elsewhere.</summary>
    /// <exception cref="HilYamlException">The file is missing or wrong.</exception>
    public static HilYaml ReadWorkload(string path) =>
        HilYamlParser.Parse(
            path, YamlReader.ReadFile(path, "--workload takes a file with a workload"), workloadOnly: true);

    /// <summary>Reads bytes as the file that <paramref name="path"/> would be.</summary>
    /// <exception cref="HilYamlException">The text is wrong.</exception>
    public static HilYaml Parse(string path, ReadOnlySpan<byte> utf8) =>
        HilYamlParser.Parse(path, YamlReader.Read(path, utf8), workloadOnly: false);
}

/// <summary>The section <c>driver</c>. Paths are absolute.</summary>
/// <param name="Sources">C files; empty if <paramref name="Image"/> is given.</param>
/// <param name="Managed">Assembly-qualified name of the C# twin, or null.</param>
/// <param name="Parameters">uint or string values of the Parameters key.</param>
public sealed record DriverSection(
    string Name,
    string Folder,
    ImmutableArray<string> Sources,
    ImmutableArray<string> Defines,
    string? Image,
    string? Managed,
    ImmutableDictionary<string, object> Parameters);

/// <summary>The section <c>device</c>.</summary>
/// <param name="Qemu">What follows -device on QEMU's command line.</param>
/// <param name="Arguments">Further arguments of QEMU, for what the devices stand on.</param>
public sealed record DeviceSection(
    ImmutableArray<string> Qemu,
    ImmutableArray<string> Arguments,
    (ushort Vendor, ushort Device)? Match,
    InterruptPreference Interrupts);

/// <summary>The section <c>machine</c>.</summary>
public sealed record MachineSection(ulong MemoryBytes, TimeSpan Watchdog)
{
    public static MachineSection Default { get; } = new(256UL << 20, TimeSpan.FromSeconds(10));
}
