using System.Diagnostics;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Machine.Qemu;
using Hil.Wdm;

namespace Hil.Host;

// Whatever goes wrong is reported before the session ends, because the reports look into the kernel and the driver's
// memory.

/// <summary>One `hil run` from a loaded driver on: start, workload, remove, unload, and what is
/// said about it.</summary>
/// <param name="loading">The session, which belongs to this run from now on. Its start may be under way.</param>
/// <param name="counter">Hears the session's kernel.</param>
public sealed class DriverRun(RunPlan plan, Task<DriverSession> loading, EventCounter counter, IRunOutput output)
{
    // Far longer than a device takes to start. A driver that waits for something that does not come waits for ever, and
    // on Windows nobody would hear of it.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly List<string> _problems = [];
    private DriverSession? _session;
    private (int Rounds, int Steps, int Failed, long Requests, long Cancelled) _done;

    /// <summary>As Stopwatch.GetTimestamp has it; 0 if DriverEntry was not reached.</summary>
    public long EntryTimestamp => _session?.EntryTimestamp ?? 0;

    /// <summary>Runs to the end, whatever it is.</summary>
    /// <returns>The exit code; when cancelled, of a run that somebody ended.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        int code;
        try
        {
            code = await RunToEndAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            code = cancellation.IsCancellationRequested ? ExitCode.Interrupted : Report(e);
        }
        CaptureSummary? trace = _session?.EndCapture(code);
        if (trace?.Writer.Failure is { } failure)
        {
            _problems.Add($"the trace is not complete: {trace.Writer.Lost} records lost");
            output.Fault(failure.Message);
            code = code == ExitCode.Success ? ExitCode.Environment : code;
        }
        _session?.Dispose();
        if (cancellation.IsCancellationRequested)
        {
            if (trace != null)
                output.Note($"trace {trace}");
        }
        else if (_session != null)
            output.End(Summarize(code, Stopwatch.GetElapsedTime(began)) with { Trace = trace });
        return code;
    }

    private async Task<int> RunToEndAsync(CancellationToken cancellation)
    {
        _session = await LoadedAsync(cancellation).ConfigureAwait(false);

        // Driver code that spins hears of no cancellation; a machine that is lost ends it, too.
        await using CancellationTokenRegistration abort = cancellation.Register(_session.Machine.Qemu.Kill);
        Task start = _session.BeginStart();
        await RequireEndAsync("DriverEntry and the start of the devices", start, cancellation).ConfigureAwait(false);
        if (CheckStart(_session))
            await RunWorkloadsAsync(_session, cancellation).ConfigureAwait(false);
        Task<NTSTATUS> unload = _session.BeginUnload();
        await RequireEndAsync("removing and unloading the driver", unload, cancellation).ConfigureAwait(false);
        CheckUnload(unload.Result);
        if (plan.Options.StormFails && counter.Counts.Storms != 0)
            _problems.Add("an interrupt line was never cleared (--storm fail)");
        return _done.Failed == 0 && _problems.Count == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    private async Task RequireEndAsync(string what, Task task, CancellationToken cancellation)
    {
        var time = new WorldTime(_session!.Machine.Qemu);
        if (!await time.WaitAsync(task, s_patience, cancellation).ConfigureAwait(false))
        {
            throw new StuckRequestException($"{what}: not finished within {s_patience.TotalSeconds} s; "
                + "the driver waits for something that does not come");
        }
        await task.ConfigureAwait(false);
    }

    // Whatever the driver is loaded from may never answer, so that is not waited for once the run is ended.
    private async Task<DriverSession> LoadedAsync(CancellationToken cancellation)
    {
        try
        {
            return await loading.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = loading.ContinueWith(
                static late => late.Result.Dispose(), CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    // True if the workload makes sense.
    private bool CheckStart(DriverSession session)
    {
        if (!session.EntryStatus.IsSuccess)
        {
            _problems.Add($"DriverEntry returned {session.EntryStatus}");
            return false;
        }
        foreach (DeviceNode device in session.Devices)
        {
            if (device.State != DeviceNodeState.Started)
                _problems.Add($"{device} did not start: {device.Problem}");
        }
        if (session.Devices.Count == 0 && session.HasAddDevice)
            output.Warn("no device matches: AddDevice was not called. "
                + "--device, or device in hil.yaml, says what QEMU adds");
        return _problems.Count == 0;
    }

    private async Task RunWorkloadsAsync(DriverSession session, CancellationToken cancellation)
    {
        if (plan.Workload.IsEmpty)
            return;
        var runner = new WorkloadRunner(session, counter, outcome => output.Step(outcome, plan.WorkloadPath));
        for (int round = 1; round <= plan.Options.Repeat; round++)
        {
            output.Round(round, plan.Options.Repeat);
            WorkloadResult result = await runner.RunAsync(plan.Workload, cancellation).ConfigureAwait(false);
            _done = (round, _done.Steps + result.Steps, _done.Failed + result.Failed,
                _done.Requests + result.Requests, _done.Cancelled + result.Cancelled);
        }
    }

    private void CheckUnload(NTSTATUS status)
    {
        if (status == NtStatus.STATUS_INVALID_DEVICE_REQUEST)
            output.Warn("the driver has no DriverUnload: on Windows it would stay loaded until shutdown");
        else if (!status.IsSuccess)
            _problems.Add($"the driver could not be removed: {status}");
    }

    private int Report(Exception exception)
    {
        // Without a driver there is no kernel to look into, and nothing can be pending.
        if (_session == null)
            return Faults.Report(exception, output.Fault);
        switch (exception)
        {
            case BugCheckException stop:
                output.BugCheck(stop.Report, _session.Kernel);
                return ExitCode.BugCheck;
            case MachineLostException { IsTripleFault: true } lost:
                output.TripleFault(_session.Kernel);
                output.Fault(lost.Message);
                ReportPending();
                return ExitCode.BugCheck;
            case MachineLostException lost:
                output.Fault(lost.Message);
                ReportPending();
                return ExitCode.Environment;
            case StuckRequestException stuck:
                output.Fault(stuck.Message);
                ReportPending();
                ReportWaits();
                return ExitCode.Failed;
            default:
                return Faults.Report(exception, output.Fault);
        }
    }

    private void ReportPending()
    {
        foreach (PendingIrp irp in _session!.Kernel.Io.PendingIrps())
            output.Fault($"pending: {irp}");
    }

    private void ReportWaits()
    {
        foreach (string wait in _session!.Kernel.Scheduler.DescribeWaits())
            output.Fault($"waiting: {wait}");
    }

    private RunSummary Summarize(int code, TimeSpan time)
    {
        EventCounts events = counter.Counts;
        long warnings = events.Violations + events.Storms + _session!.Driver.MissingImports.Count;
        return new RunSummary(
            plan.Name, plan.Options.IsManaged, code, _done.Rounds, _done.Steps, _done.Failed, _done.Requests,
            _done.Cancelled, events, plan.Options.IsManaged || !plan.Options.IsDirect, (int)warnings, _problems, time);
    }
}
