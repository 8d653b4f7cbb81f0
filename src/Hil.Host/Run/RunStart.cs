using Hil.Loader;
using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>A run up to DriverEntry, with all that this needs and nothing else: while QEMU boots, the driver is
/// compiled, read and loaded.</summary>
public sealed class RunStart : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource<DriverSession> _session =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isTaken;

    private RunStart(RunPlan plan, IRunOutput output)
    {
        Plan = plan;
        Counter = new EventCounter(output);
        Task<EmulatedMachine> machine = BeginMachine();
        // A thread of its own: a pool that must start threads first takes longer.
        new Thread(() => Load(machine, output.Compiler)) { IsBackground = true, Name = "hil load" }.Start();
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

    /// <summary>Waits until DriverEntry is about to be called or will not be. Gives up when something else than the
    /// processor is waited for, a compiler or a slow disk.</summary>
    public void AwaitEntry(CancellationToken cancellation)
    {
        const int PatienceMs = 500;
        try
        {
            _session.Task.Wait(PatienceMs, cancellation);
        }
        catch (Exception e) when (e is AggregateException or OperationCanceledException)
        {
            // Whoever takes the session hears of it.
        }
    }

    /// <summary>The driver on its machine, its start begun. The session is the caller's from now on.</summary>
    public Task<DriverSession> Take()
    {
        _isTaken = true;
        return _session.Task;
    }

    /// <summary>Ends the compiler, and a QEMU that does not run yet: the session will not come.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>Ends a session that nobody took.</summary>
    public void Dispose()
    {
        _cancellation.Cancel();
        if (!_isTaken)
        {
            _session.Task.ContinueWith(static loaded =>
            {
                if (loaded.IsCompletedSuccessfully)
                    loaded.Result.Dispose();
                else
                    _ = loaded.Exception;
            }, TaskScheduler.Default).Wait();
        }
        _cancellation.Dispose();
    }

    private Task<EmulatedMachine> BeginMachine()
    {
        try
        {
            return Task.FromResult(EmulatedMachine.Begin(Plan.Machine, _cancellation.Token));
        }
        catch (Exception e)
        {
            return Task.FromException<EmulatedMachine>(e);
        }
    }

    private void Load(Task<EmulatedMachine> machine, Action<string> compiler)
    {
        try
        {
            DriverSession session = LoadSession(machine, compiler);
            session.BeginStart();
            _session.SetResult(session);
        }
        catch (Exception e)
        {
            _session.SetException(e);
        }
    }

    // A fault of the driver's is reported before one of QEMU's, which boots while the driver is compiled and read.
    private DriverSession LoadSession(Task<EmulatedMachine> machine, Action<string> compiler)
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
