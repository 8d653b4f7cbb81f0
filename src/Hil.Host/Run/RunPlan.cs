using System.Collections.Immutable;
using Hil.Kernel;
using Hil.Machine;

namespace Hil.Host;

/// <summary>A run, resolved: the options and the files they name, read.</summary>
/// <param name="Options">What the user asked for.</param>
/// <param name="File">The hil.yaml of the folder, or null for a bare image.</param>
/// <param name="Image">The bare image, or null.</param>
public sealed record RunPlan(
    RunOptions Options, HilYaml? File, string? Image, string WorkloadPath, ImmutableArray<WorkloadStep> Workload)
{
    /// <summary>What can be run, in words.</summary>
    internal const string Targets = "hil run takes a folder with a hil.yaml, or a .sys file";

    /// <summary>Name of the driver's service, or of its image.</summary>
    public string Name => File?.Driver!.Name ?? Path.GetFileNameWithoutExtension(Image!);

    public MachineOptions Machine
    {
        get
        {
            MachineSection section = File?.Machine ?? MachineSection.Default;
            DeviceSection? device = Options.Devices.IsEmpty ? File?.Device : null;
            var options = new MachineOptions
            {
                MemoryBytes = Options.MemoryBytes ?? section.MemoryBytes,
                Devices = device?.Qemu ?? Options.Devices,
                ExtraArguments = [.. device?.Arguments ?? [], .. Options.QemuArguments],
                TrapsDeviceAccess = !Options.IsManaged && !Options.IsDirect,
                TrapsInstructions = false,
                Cpu = new VirtualCpuOptions { Watchdog = Options.Watchdog ?? section.Watchdog },
            };
            if (Options.QemuPath != null)
                options = options with { QemuPath = Options.QemuPath };
            return Options.Capture == null
                ? options
                : TracedMachine.ForCapture(options, Options.Capture.Categories, isNative: !Options.IsManaged);
        }
    }

    public InterruptPreference Interrupts => Options.Interrupts ?? File?.Device?.Interrupts ?? InterruptPreference.Line;

    /// <summary>Null with other devices than hil.yaml's: its match may not be among them.</summary>
    public (ushort Vendor, ushort Device)? Match => Options.Devices.IsEmpty ? File?.Device?.Match : null;

    /// <summary>What is loaded, and onto what.</summary>
    /// <param name="image">The native driver; null for a managed one.</param>
    public DriverSessionOptions SessionWith(RunImage? image)
    {
        DriverSection? driver = File?.Driver;
        return new DriverSessionOptions
        {
            Machine = Machine,
            ServiceName = driver?.Name,
            Match = Match,
            Interrupts = Interrupts,
            Parameters = driver?.Parameters ?? [],
            Capture = Options.Capture,
            ServiceFolder = driver?.Folder,
            ImagePath = image?.Path,
            Image = image?.Image,
            ManagedDriver = Options.IsManaged
                ? () => ManagedDriverLoader.Create(driver!.Managed!, driver.Folder)
                : null,
        };
    }

    /// <summary>Reads what the options name.</summary>
    /// <exception cref="HilYamlException">A file is missing or wrong.</exception>
    /// <exception cref="RunInputException">The options do not fit the files.</exception>
    public static RunPlan Read(RunOptions options)
    {
        bool isImage = RunOptionsValidator.IsImage(options.Target);
        HilYaml? file = isImage ? null : HilYaml.ReadFile(PathOfYaml(options.Target));
        HilYaml? workload = options.WorkloadPath == null ? file : HilYaml.ReadWorkload(options.WorkloadPath);
        if (options.IsManaged && file?.Driver!.Managed == null)
            throw new RunInputException($"{file?.Path}: --managed needs 'managed' in driver, which names the C# twin");
        string? image = isImage ? options.Target : null;
        return new RunPlan(options, file, image, workload?.Path ?? "", workload?.Workload ?? []);
    }

    private static string PathOfYaml(string target)
    {
        if (System.IO.File.Exists(target))
            return target;
        string path = Path.Combine(target, HilYaml.FileName);
        return Directory.Exists(target)
            ? path
            : throw new HilYamlException(target, 0, 0, $"no such file; {Targets}");
    }
}
