using System.Collections.Immutable;
using System.Diagnostics;
using Hil.Kernel;
using Hil.Wdm;

namespace Hil.Host;

// A step is awaited, never blocked on: fifty copies of a list are fifty tasks, and the kernel decides in its own order
// what becomes of their IRPs. Everything a step expects is checked here; what the driver does wrong on the way (bug
// checks, lost machines) comes as an exception and ends the run.

/// <summary>Runs the steps of a workload against a started driver.</summary>
/// <param name="counter">Counts the session's events.</param>
/// <param name="report">Told of each step as it ends.</param>
public sealed class WorkloadRunner(DriverSession session, EventCounter counter, Action<StepOutcome>? report = null)
{
    /// <summary>How long a request may take to end after it was cancelled.</summary>
    private static readonly TimeSpan s_cancelLimit = TimeSpan.FromSeconds(10);

    private readonly WorldTime _time = new(session.Machine.Qemu);
    private EventCounts _before;
    private long _requests;
    private long _cancelled;

    /// <summary>Runs all steps, closes what is still open and waits for what still runs.</summary>
    /// <exception cref="BugCheckException">The driver broke a rule.</exception>
    /// <exception cref="Hil.Kernel.Platform.MachineLostException">QEMU is gone.</exception>
    /// <exception cref="StuckRequestException">A request does not end.</exception>
    public async Task<WorkloadResult> RunAsync(
        ImmutableArray<WorkloadStep> steps, CancellationToken cancellation = default)
    {
        _before = counter.Counts;
        _requests = _cancelled = 0;
        long began = Stopwatch.GetTimestamp();
        var context = new StepContext();
        int failed = 0;
        for (int i = 0; i < steps.Length; i++)
        {
            if (!await RunAndReportAsync(i + 1, steps[i], context, cancellation).ConfigureAwait(false))
                failed++;
        }
        // What drivers put off while the system sleeps ends only after it.
        if (session.IsAsleep)
            await session.ChangePowerAsync(PowerAction.Resume).ConfigureAwait(false);
        failed += await EndAndReportAsync(steps.Length, context, cancellation).ConfigureAwait(false);
        return new WorkloadResult(steps.Length, failed, _requests, _cancelled, Stopwatch.GetElapsedTime(began));
    }

    private async Task<bool> RunAndReportAsync(
        int number, WorkloadStep step, StepContext context, CancellationToken cancellation)
    {
        EventCounts before = counter.Counts;
        long began = Stopwatch.GetTimestamp();
        StepEnd end = await RunStepAsync(step, context, cancellation).ConfigureAwait(false);
        ThrowIfStopped();
        report?.Invoke(new StepOutcome(
            number, step, end.Result, end.Failure, Stopwatch.GetElapsedTime(began), counter.Counts - before));
        return end.Failure == null;
    }

    private async Task<int> EndAndReportAsync(int number, StepContext context, CancellationToken cancellation)
    {
        EventCounts before = counter.Counts;
        long began = Stopwatch.GetTimestamp();
        List<(WorkloadStep Step, StepFailure Failure)> failures =
            await EndAsync(context, cancellation).ConfigureAwait(false);
        ThrowIfStopped();
        foreach ((WorkloadStep step, StepFailure failure) in failures)
            report?.Invoke(new StepOutcome(
                ++number, step, "", failure, Stopwatch.GetElapsedTime(began), counter.Counts - before));
        return failures.Count;
    }

    private Task<StepEnd> RunStepAsync(WorkloadStep step, StepContext context, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return step switch
        {
            OpenStep open => OpenAsync(open, context, cancellation),
            CloseStep close => CloseAsync(close, context, cancellation),
            RequestStep { As: not null } request => StartAsync(request, context, cancellation),
            RequestStep request => RequestAsync(request, context, cancellation),
            WaitStep wait => WaitAsync(wait, context, cancellation),
            CancelStep cancel => CancelAsync(cancel, context, cancellation),
            RepeatStep repeat => RepeatAsync(repeat, context, cancellation),
            ParallelStep parallel => ParallelAsync(parallel, context, cancellation),
            PnpStep pnp => PnpAsync(pnp, cancellation),
            PowerStep power => PowerAsync(power, cancellation),
            ExpectStep expect => Task.FromResult(Expect(expect)),
            _ => throw new UnreachableException(),
        };
    }

    private async Task<StepEnd> OpenAsync(OpenStep step, StepContext context, CancellationToken cancellation)
    {
        Task<(NTSTATUS, HilFile?)> opening = session.TryOpenAsync(step.Target);
        (bool isInTime, (NTSTATUS status, HilFile? file)) =
            await LimitAsync(step, opening, null, cancellation).ConfigureAwait(false);
        if (file != null && step.Status.IsSuccess)
            context.AddFile(step.As, file);
        else if (file != null)
            await file.DisposeAsync().ConfigureAwait(false);
        return CheckStatus(step, step.Status, status, isInTime);
    }

    private async Task<StepEnd> CloseAsync(CloseStep step, StepContext context, CancellationToken cancellation)
    {
        HilFile? file = context.TakeFile(step.File);
        if (file == null)
            return Fail(step, $"'{step.File}' is not open");
        (bool isInTime, _) = await LimitAsync(step, CloseAsync(file), null, cancellation).ConfigureAwait(false);
        return isInTime ? default : TooLate(step);
    }

    // A device that was pulled out is removed when its last file is closed.
    private async Task<bool> CloseAsync(HilFile file)
    {
        await file.DisposeAsync().ConfigureAwait(false);
        if (session.Kernel.Scheduler.StoppedBy == null)
            await session.FinishRemovalAsync().ConfigureAwait(false);
        return true;
    }

    // The request after this one must find it in the driver. Requests are taken in order, so when an empty one is
    // through, the dispatch routine has returned or waits.
    private async Task<StepEnd> StartAsync(RequestStep step, StepContext context, CancellationToken cancellation)
    {
        if (context.FindFile(step.File) is not { } file)
            return Fail(step, $"'{step.File}' is not open");
        context.AddRequest(step.As!, new RunningRequest(step, file));
        Task<bool> through = session.PassAsync();
        (bool isInTime, _) = await LimitAsync(step, through, null, cancellation).ConfigureAwait(false);
        return isInTime ? default : TooLate(step);
    }

    private async Task<StepEnd> RequestAsync(RequestStep step, StepContext context, CancellationToken cancellation)
    {
        if (context.FindFile(step.File) is not { } file)
            return Fail(step, $"'{step.File}' is not open");
        return await AwaitAsync(step, new RunningRequest(step, file), step.Status, cancellation).ConfigureAwait(false);
    }

    private async Task<StepEnd> WaitAsync(WaitStep step, StepContext context, CancellationToken cancellation)
    {
        if (context.TakeRequest(step.Request) is not { } request)
            return Fail(step, $"'{step.Request}' does not run");
        return await AwaitAsync(step, request, step.Status ?? request.Step.Status, cancellation).ConfigureAwait(false);
    }

    private async Task<StepEnd> CancelAsync(CancelStep step, StepContext context, CancellationToken cancellation)
    {
        if (context.TakeRequest(step.Request) is not { } request)
            return Fail(step, $"'{step.Request}' does not run");
        request.Cancel();
        return await AwaitAsync(
            step, request, step.Status ?? NtStatus.STATUS_CANCELLED, cancellation).ConfigureAwait(false);
    }

    private async Task<StepEnd> AwaitAsync(
        WorkloadStep step, RunningRequest request, NTSTATUS expected, CancellationToken cancellation)
    {
        using (request)
        {
            (bool isInTime, IoResult result) =
                await LimitAsync(step, request.Task, request.Cancel, cancellation).ConfigureAwait(false);
            Interlocked.Increment(ref _requests);
            if (result.Status == NtStatus.STATUS_CANCELLED)
                Interlocked.Increment(ref _cancelled);
            if (!isInTime)
                return TooLate(step);
            string? difference = ResultCheck.Find(request.Step, expected, result, request.Output);
            return difference == null ? new StepEnd(result.ToString(), null) : Fail(step, difference);
        }
    }

    private async Task<StepEnd> RepeatAsync(RepeatStep step, StepContext context, CancellationToken cancellation)
    {
        var tally = new FailureTally("round");
        TimeSpan end = _time.Look() + step.Within;
        for (ulong round = 1; round <= step.Count; round++)
        {
            tally.Add(round, await RunListAsync(step.Steps, context, cancellation).ConfigureAwait(false));
            if (_time.Look() > end)
                return TooLate(step);
        }
        return new StepEnd("", tally.Sum(step.Count));
    }

    private async Task<StepEnd> ParallelAsync(ParallelStep step, StepContext context, CancellationToken cancellation)
    {
        TimeSpan end = _time.Look() + step.Within;
        var copies = new Task<List<(WorkloadStep, StepFailure)>>[step.Count];
        for (int i = 0; i < copies.Length; i++)
            copies[i] = RunListAsync(step.Steps, context, cancellation);
        await Task.WhenAll(copies).ConfigureAwait(false);
        var tally = new FailureTally("copy");
        for (int i = 0; i < copies.Length; i++)
            tally.Add((ulong)i + 1, await copies[i].ConfigureAwait(false));
        return _time.Look() > end
            ? TooLate(step)
            : new StepEnd("", tally.Sum((ulong)step.Count));
    }

    private async Task<List<(WorkloadStep, StepFailure)>> RunListAsync(
        ImmutableArray<WorkloadStep> steps, StepContext outer, CancellationToken cancellation)
    {
        var context = new StepContext(outer);
        var failures = new List<(WorkloadStep, StepFailure)>();
        foreach (WorkloadStep step in steps)
        {
            StepEnd end = await RunStepAsync(step, context, cancellation).ConfigureAwait(false);
            ThrowIfStopped();
            if (end.Failure != null)
                failures.Add((step, end.Failure));
        }
        failures.AddRange(await EndAsync(context, cancellation).ConfigureAwait(false));
        return failures;
    }

    private async Task<List<(WorkloadStep, StepFailure)>> EndAsync(StepContext context, CancellationToken cancellation)
    {
        var failures = new List<(WorkloadStep, StepFailure)>();
        foreach (string name in context.Files)
            await CloseAsync(context.TakeFile(name)!).ConfigureAwait(false);
        foreach (string name in context.Requests)
        {
            RunningRequest request = context.TakeRequest(name)!;
            StepEnd end =
                await AwaitAsync(request.Step, request, request.Step.Status, cancellation).ConfigureAwait(false);
            if (end.Failure != null)
                failures.Add((request.Step, end.Failure));
        }
        return failures;
    }

    private async Task<StepEnd> PnpAsync(PnpStep step, CancellationToken cancellation)
    {
        Task<(NTSTATUS, string?)> change = session.ChangeAsync(step.Action);
        (bool isInTime, (NTSTATUS status, string? problem)) =
            await LimitAsync(step, change, null, cancellation).ConfigureAwait(false);
        return problem != null ? Fail(step, problem) : CheckStatus(step, step.Status, status, isInTime);
    }

    private async Task<StepEnd> PowerAsync(PowerStep step, CancellationToken cancellation)
    {
        Task<(NTSTATUS, string?)> change = session.ChangePowerAsync(step.Action);
        (bool isInTime, (NTSTATUS status, string? problem)) =
            await LimitAsync(step, change, null, cancellation).ConfigureAwait(false);
        return problem != null ? Fail(step, problem) : CheckStatus(step, step.Status, status, isInTime);
    }

    private StepEnd Expect(ExpectStep step)
    {
        string? difference = ResultCheck.Find(
            step, counter.Counts - _before, Volatile.Read(ref _requests), Volatile.Read(ref _cancelled));
        return difference == null ? default : Fail(step, difference);
    }

    /// <summary>Waits for a task as long as its step may take, then cancels it and waits for its end.</summary>
    private async Task<(bool IsInTime, T Value)> LimitAsync<T>(
        WorkloadStep step, Task<T> task, Action? cancel, CancellationToken cancellation)
    {
        if (await _time.WaitAsync(task, step.Within, cancellation).ConfigureAwait(false))
            return (true, await task.ConfigureAwait(false));
        cancel?.Invoke();
        if (await _time.WaitAsync(task, s_cancelLimit, cancellation).ConfigureAwait(false))
            return (false, await task.ConfigureAwait(false));
        throw new StuckRequestException(
            $"line {step.Line}, {step.Description}: not finished within {Text(step.Within)}, nor within " +
            $"{Text(s_cancelLimit)} after it was cancelled; the run ends here");
    }

    private void ThrowIfStopped()
    {
        switch (session.Kernel.Scheduler.StoppedBy)
        {
            case null:
                return;
            case BugCheckException stop:
                throw new BugCheckException(stop.Report);
            case Kernel.Platform.MachineLostException lost:
                throw new Kernel.Platform.MachineLostException(lost.Message, lost.IsTripleFault, lost);
            case { } other:
                throw new InvalidOperationException(other.Message, other);
        }
    }

    private static StepEnd CheckStatus(WorkloadStep step, NTSTATUS expected, NTSTATUS actual, bool isInTime)
    {
        if (!isInTime)
            return TooLate(step);
        return actual == expected
            ? new StepEnd(actual.ToString(), null)
            : Fail(step, $"status {actual}, expected {expected}");
    }

    private static StepEnd TooLate(WorkloadStep step) => Fail(step, $"not finished within {Text(step.Within)}");

    private static StepEnd Fail(WorkloadStep step, string text) => new("", new StepFailure(text, step.Line));

    private static string Text(TimeSpan time) => time < TimeSpan.FromSeconds(1)
        ? FormattableString.Invariant($"{time.TotalMilliseconds:0.###} ms")
        : FormattableString.Invariant($"{time.TotalSeconds:0.###} s");

    private readonly record struct StepEnd(string? ResultText, StepFailure? Failure)
    {
        public string Result => ResultText ?? "";
    }
}
