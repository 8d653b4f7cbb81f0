using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Hil.Host;

/// <summary>Composes and runs the host of `hil run`.</summary>
public static class RunHost
{
    /// <summary>Runs to the end, to Ctrl-C, or to SIGTERM.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(RunOptions options, IRunOutput output)
    {
        RunStart? start = null;
        using var signals = new RunSignals(writesFile: options.Capture != null);
        try
        {
            Validate(options);
            start = RunStart.Begin(options, output);
            // What the host is built from would only keep the processor from what the driver waits for.
            start.AwaitEntry(signals.Received);
            return await RunAsync(options, output, start, signals).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return Faults.Report(e, output.Fault);
        }
        finally
        {
            start?.Dispose();
        }
    }

    private static async Task<int> RunAsync(
        RunOptions options, IRunOutput output, RunStart start, RunSignals signals)
    {
        using IHost host = Build(options, output, start);
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        var service = host.Services.GetRequiredService<RunService>();
        // A host that is stopped before it has started throws.
        lifetime.ApplicationStarted.Register(() => signals.Received.Register(lifetime.StopApplication));
        await host.RunAsync().ConfigureAwait(false);
        if (signals.ExitCode == 0)
            return service.ExitCode;
        output.Fault(signals.ExitCode == ExitCode.Interrupted ? "stopped by Ctrl-C" : "stopped by SIGTERM");
        return signals.ExitCode;
    }

    // Neither configuration files nor environment variables steer a run, so none are read: an empty builder starts
    // quickly.
    private static HostApplicationBuilder CreateBuilder() =>
        Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "hil" });

    private static IHost Build(RunOptions options, IRunOutput output, RunStart start)
    {
        HostApplicationBuilder builder = CreateBuilder();
        if (options.IsVerbose)
        {
            builder.Logging.AddSimpleConsole(static console => console.SingleLine = true);
            builder.Services.Configure<ConsoleLoggerOptions>(
                static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        }
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>();
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.AddSingleton(output);
        builder.Services.AddSingleton(start);
        builder.Services.AddSingleton<RunService>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<RunService>());
        return builder.Build();
    }

    // Before QEMU is started, so not left to the host's own start.
    private static void Validate(RunOptions options)
    {
        ValidateOptionsResult result = new RunOptionsValidator().Validate(null, options);
        if (result.Failed)
            throw new OptionsValidationException(Options.DefaultName, typeof(RunOptions), result.Failures);
    }

    /// <summary>Leaves signals to the run, which knows their exit codes.</summary>
    private sealed class SignalLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
