using Hil.Loader;
using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>A run that was begun before the host was built: QEMU boots and the driver is compiled and read while the
/// host is put together.</summary>
public sealed class RunStart : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private Task<EmulatedMachine>? _machine;
    private Task<RunImage?>? _image;

    private RunStart(RunPlan plan, Action<string> compiler)
    {
        Plan = plan;
        // On this thread, because a pool that must start threads first takes longer. It returns once QEMU boots.
        _machine = EmulatedMachine.StartAsync(plan.Machine, _cancellation.Token);
        _image = Task.Run(() => ReadImage(plan, compiler));
    }

    public RunPlan Plan { get; }

    /// <summary>Reads the files and starts QEMU.</summary>
    /// <param name="compiler">Gets the lines that the driver's compiler prints, also after this has returned.</param>
    /// <exception cref="HilYamlException">A file is missing or wrong.</exception>
    /// <exception cref="RunInputException">The options do not fit the files.</exception>
    /// <exception cref="TraceFileException">The trace could not be written there.</exception>
    public static RunStart Begin(RunOptions options, Action<string> compiler)
    {
        RunPlan plan = RunPlan.Read(options);
        if (options.Capture != null)
            TraceWriter.RequireWritable(options.Capture.Path);
        return new RunStart(plan, compiler);
    }

    /// <summary>The machine, which is the caller's from now on, and the native driver's image, or null for a managed
    /// driver.</summary>
    public (Task<EmulatedMachine> Machine, Task<RunImage?> Image) Take()
    {
        (Task<EmulatedMachine> Machine, Task<RunImage?> Image) taken = (_machine!, _image!);
        (_machine, _image) = (null, null);
        return taken;
    }

    /// <summary>Ends a machine that nobody took, and lets a compiler that nobody waits for finish.</summary>
    public void Dispose()
    {
        _cancellation.Cancel();
        _machine?.ContinueWith(static started =>
        {
            if (started.IsCompletedSuccessfully)
                started.Result.Dispose();
        }, TaskScheduler.Default).Wait();
        _image?.ContinueWith(static read => _ = read.Exception, TaskScheduler.Default).Wait();
        (_machine, _image) = (null, null);
        _cancellation.Dispose();
    }

    private static RunImage? ReadImage(RunPlan plan, Action<string> compiler)
    {
        if (plan.Options.IsManaged)
            return null;
        string path = plan.Image ?? DriverBuild.Build(plan.File!.Driver!, compiler);
        return new RunImage(path, DriverImage.ReadFile(path));
    }
}
