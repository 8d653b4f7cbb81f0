using Hil.Machine;

namespace Hil.Host;

/// <summary>A run that was begun before the host was built: QEMU boots while the host is put together.</summary>
public sealed class RunStart : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private Task<EmulatedMachine>? _machine;

    private RunStart(RunPlan plan)
    {
        Plan = plan;
        MachineOptions machine = plan.Machine;
        _machine = Task.Run(() => EmulatedMachine.StartAsync(machine, _cancellation.Token));
    }

    public RunPlan Plan { get; }

    /// <summary>Reads the files and starts QEMU.</summary>
    /// <exception cref="HilYamlException">A file is missing or wrong.</exception>
    /// <exception cref="RunInputException">The options do not fit the files.</exception>
    public static RunStart Begin(RunOptions options) => new(RunPlan.Read(options));

    /// <summary>The machine, which is the caller's from now on.</summary>
    public Task<EmulatedMachine> TakeMachine()
    {
        Task<EmulatedMachine> machine = _machine!;
        _machine = null;
        return machine;
    }

    /// <summary>Ends a machine that nobody took.</summary>
    public void Dispose()
    {
        _cancellation.Cancel();
        _machine?.ContinueWith(static started =>
        {
            if (started.IsCompletedSuccessfully)
                started.Result.Dispose();
        }, TaskScheduler.Default).Wait();
        _machine = null;
        _cancellation.Dispose();
    }
}
