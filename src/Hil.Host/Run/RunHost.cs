using System.Runtime.InteropServices;
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
        try
        {
            Validate(options);
            start = RunStart.Begin(options, output);
            return await RunAsync(options, output, start).ConfigureAwait(false);
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

    /// <summary>Loads the code that a host is built from, while nothing else can be done yet.</summary>
    public static void LoadAhead()
    {
        HostApplicationBuilder builder = CreateBuilder();
        using ServiceProvider services = builder.Services.BuildServiceProvider();
        // An instance: a constructor that is called a second time is compiled, which costs more than all this saves.
        services.GetRequiredService<IHostEnvironment>();
    }

    private static async Task<int> RunAsync(RunOptions options, IRunOutput output, RunStart start)
    {
        using IHost host = Build(options, output, start);
        int signalled = 0;
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        var service = host.Services.GetRequiredService<RunService>();
        using PosixSignalRegistration interrupt = On(PosixSignal.SIGINT, ExitCode.Interrupted);
        using PosixSignalRegistration terminate = On(PosixSignal.SIGTERM, ExitCode.Terminated);
        using PosixSignalRegistration? fileTooLarge = options.Capture == null ? null : IgnoreFileSizeSignal();
        await host.RunAsync().ConfigureAwait(false);
        if (signalled == 0)
            return service.ExitCode;
        output.Fault(signalled == ExitCode.Interrupted ? "stopped by Ctrl-C" : "stopped by SIGTERM");
        return signalled;

        PosixSignalRegistration On(PosixSignal signal, int code) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            signalled = code;
            lifetime.StopApplication();
        });
    }

    // Under `ulimit -f` the kernel would end us at the write that is too much; without the signal the write fails, and
    // the run goes on without its trace.
    private static PosixSignalRegistration IgnoreFileSizeSignal()
    {
        const PosixSignal FileSizeExceeded = (PosixSignal)25;
        return PosixSignalRegistration.Create(FileSizeExceeded, static context => context.Cancel = true);
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
