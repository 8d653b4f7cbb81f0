using Hil.Loader;
using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>A run that was begun before the host was built: QEMU boots, the driver is compiled, read and loaded while
/// the host is put together.</summary>
public sealed class RunStart : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private Task<DriverSession>? _session;

    private RunStart(RunPlan plan, IRunOutput output)
    {
        Plan = plan;
        Counter = new EventCounter(output);
        // On this thread, because a pool that must start threads first takes longer.
        Task<EmulatedMachine> machine = BeginMachine(plan.Machine);
        _session = Task.Run(() => Load(machine, output.Compiler));
    }

    public RunPlan Plan { get; }

    /// <summary>Counts the kernel's events and passes them on to the run's output.</summary>
    public EventCounter Counter { get; }

    /// <summary>Reads the files and starts QEMU.</summary>
    /// <param name="output">Hears of the driver's compiler and the kernel, also after this has returned.</param>
    /// <exception cref="HilYamlException">A file is missing or wrong.</exception>
    /// <exception cref="RunInputException">The options do not fit the files.</exception>
    /// <exception cref="TraceFileException">The trace could not be written there.</exception>
    public static RunStart Begin(RunOptions options, IRunOutput output)
    {
        RunPlan plan = RunPlan.Read(options);
        if (options.Capture != null)
            TraceWriter.RequireWritable(options.Capture.Path);
        return new RunStart(plan, output);
    }

    /// <summary>The driver on its machine, with none of its code run. The session is the caller's
    /// from now on.</summary>
    public Task<DriverSession> Take()
    {
        Task<DriverSession> taken = _session!;
        _session = null;
        return taken;
    }

    /// <summary>Ends the compiler, and a QEMU that does not run yet: the session will not come.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>Ends a session that nobody took.</summary>
    public void Dispose()
    {
        _cancellation.Cancel();
        _session?.ContinueWith(static loaded =>
        {
            if (loaded.IsCompletedSuccessfully)
                loaded.Result.Dispose();
            else
                _ = loaded.Exception;
        }, TaskScheduler.Default).Wait();
        _session = null;
        _cancellation.Dispose();
    }

    private Task<EmulatedMachine> BeginMachine(MachineOptions options)
    {
        try
        {
            return Task.FromResult(EmulatedMachine.Begin(options, _cancellation.Token));
        }
        catch (Exception e)
        {
            return Task.FromException<EmulatedMachine>(e);
        }
    }

    // A fault of the driver's is reported before one of QEMU's, which boots while the driver is compiled and read.
    private DriverSession Load(Task<EmulatedMachine> machine, Action<string> compiler)
    {
        DriverSessionOptions options;
        try
        {
            options = Plan.SessionWith(ReadImage(compiler));
        }
        catch
        {
            if (machine.IsCompletedSuccessfully)
                machine.Result.Dispose();
            throw;
        }
        return DriverSession.Load(options, machine.GetAwaiter().GetResult(), Counter);
    }

    private RunImage? ReadImage(Action<string> compiler)
    {
        if (Plan.Options.IsManaged)
            return null;
        string path = Plan.Image ?? DriverBuild.Build(Plan.File!.Driver!, compiler, _cancellation.Token);
        return new RunImage(path, DriverImage.ReadFile(path));
    }
}
