namespace Hil.Kernel;

/// <summary>Requests from outside the kernel, in order of arrival. The only part of the scheduler that other host
/// threads touch.</summary>
internal sealed class RequestQueue(Scheduler scheduler)
    : WorkerPool(scheduler, "request", Scheduler.DefaultPriority)
{
    private readonly Scheduler _scheduler = scheduler;
    private readonly Lock _lock = new();
    private readonly Queue<KernelRequest> _waiting = new();
    private readonly List<KernelRequest> _running = [];
    private volatile int _count;
    private Exception? _closedBy;
    private long _lastNumber;

    public override bool HasPending => _scheduler.Schedule.SeesRequest(_count != 0);

    /// <summary>Adds a request, or fails it at once when the machine has stopped. Any thread.</summary>
    public bool TryAdd(KernelRequest request)
    {
        lock (_lock)
        {
            if (_closedBy == null)
            {
                _waiting.Enqueue(request);
                _count = _waiting.Count;
                return true;
            }
        }
        request.Fail(_closedBy);
        return false;
    }

    /// <summary>Fails what waits and everything that comes later. Any thread.</summary>
    public void Close(Exception exception)
    {
        lock (_lock)
            _closedBy ??= exception;
        while (TryTake(out KernelRequest request))
            request.Fail(exception);
    }

    /// <summary>Fails what is being carried out: nobody will come back with an answer. Any thread.</summary>
    public void Abandon(Exception exception)
    {
        KernelRequest[] running;
        lock (_lock)
            running = [.. _running];
        foreach (KernelRequest request in running)
            request.Fail(exception);
    }

    protected override bool TryRunNext(KernelThread worker)
    {
        Schedule schedule = _scheduler.Schedule;
        RequestSource source = schedule.ChooseRequest(_count != 0, out Action? given);
        if (source == RequestSource.None)
            return false;
        KernelRequest request;
        if (source == RequestSource.Schedule)
        {
            _lastNumber++;
            request = new SynchronousRequest(given!);
        }
        else if (!TryTake(out request))
            return false;
        OutsideRequest? description = null;
        if (source == RequestSource.Queue && schedule.WatchesRequests)
        {
            description = Describe(request);
            schedule.OnRequest(description);
        }
        worker.RegionChangedBy = 0;
        SetRunning(request, isRunning: true);
        Exception? exception = request.Execute();
        SetRunning(request, isRunning: false);
        if (description is { EndsWithItsWork: true })
            schedule.OnRequestEnd(description, STATUS_SUCCESS, 0, default);
        if (exception == null)
        {
            _scheduler.ReturnToApplication();
            return true;
        }
        // Whoever hears that the machine was lost finds it stopped.
        _scheduler.StopFor(exception);
        request.Fail(exception);
        _scheduler.Recover(worker);
        return true;
    }

    private void SetRunning(KernelRequest request, bool isRunning)
    {
        lock (_lock)
        {
            if (isRunning)
                _running.Add(request);
            else
                _running.Remove(request);
        }
    }

    private OutsideRequest Describe(KernelRequest request)
    {
        OutsideRequest description = request.Describe?.Invoke()
            ?? new OutsideRequest(request.IsInternal ? OutsideRequestKind.Internal : OutsideRequestKind.Unknown);
        description.Number = ++_lastNumber;
        return description;
    }

    private bool TryTake(out KernelRequest request)
    {
        lock (_lock)
        {
            bool taken = _waiting.TryDequeue(out KernelRequest? first);
            _count = _waiting.Count;
            request = first!;
            return taken;
        }
    }
}
