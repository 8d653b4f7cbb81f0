using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hil.Host;

/// <summary>The host's one service: carries out the run, then stops the host.</summary>
public sealed partial class RunService(
    IOptions<RunOptions> options,
    RunStart start,
    IRunOutput output,
    IHostApplicationLifetime lifetime,
    ILogger<RunService> log) : BackgroundService
{
    /// <summary>What the process is to exit with.</summary>
    public int ExitCode { get; private set; } = Hil.Host.ExitCode.Interrupted;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A run is long, and the host waits for the part before the first await.
        await Task.Yield();
        LogBegin(log, start.Plan.Name, options.Value.Target);
        await using CancellationTokenRegistration stop = stoppingToken.Register(start.Cancel);
        var run = new DriverRun(start.Plan, start.Take(), start.Counter, output);
        try
        {
            ExitCode = await run.RunAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            ExitCode = Faults.Report(e, output.Fault);
        }
        if (options.Value.ShowsTiming)
            output.Timing(run.EntryTimestamp);
        LogEnd(log, ExitCode);
        lifetime.StopApplication();
    }

    [LoggerMessage(1, LogLevel.Information, "Running {Driver} from {Target}")]
    private static partial void LogBegin(ILogger logger, string driver, string target);

    [LoggerMessage(2, LogLevel.Information, "The run ended with exit code {Code}")]
    private static partial void LogEnd(ILogger logger, int code);
}
