namespace Hil.Kernel;

public sealed unsafe partial class Scheduler
{
    private readonly RequestQueue _requests;
    private readonly Lock _startLock = new();
    private bool _isStarted;

    /// <summary>Runs work on a kernel thread at PASSIVE_LEVEL and waits for it (any host thread; on a kernel thread the
    /// work runs right there). Exceptions come out here; a stopped machine throws BugCheckException.</summary>
    /// <param name="describe">Called when the work is taken up, if somebody writes requests down.</param>
    public void Run(Action work, Func<OutsideRequest>? describe = null)
    {
        if (t_thread?.Scheduler == this)
        {
            work();
            return;
        }
        using var request = new SynchronousRequest(work) { Describe = describe };
        Post(request);
        request.Wait();
    }

    /// <summary>Starts to carry out requests that the schedule brings, with none from above.</summary>
    public void Begin() => Start();

    /// <summary>As Run without blocking the caller. Further kernel threads serve requests while earlier ones
    /// wait.</summary>
    public Task<T> RunAsync<T>(Func<T> work, Func<OutsideRequest>? describe = null)
    {
        var request = new AsynchronousRequest<T>(work)
        {
            Describe = describe,
            IsInternal = IsKernelThread,
        };
        Post(request);
        return request.Task;
    }

    /// <summary>Stops everything if that is what an exception of a request means.</summary>
    internal void StopFor(Exception exception)
    {
        if (_stoppedBy == null && exception is BugCheckException or MachineLostException)
            Stop(exception);
    }

    /// <summary>Brings a worker whose request threw back to where it can take the next one, or ends it.</summary>
    internal void Recover(KernelThread worker)
    {
        ThrowIfStopped();

        // The requester has the exception. It came past driver frames that will never be returned to.
        _kernel.Processor.Irql = PASSIVE_LEVEL;
        _kernel.Processor.Context = new ProcessorContext { StackPointer = worker.Stack.Top };
    }

    private void Post(KernelRequest request)
    {
        if (!_requests.TryAdd(request))
            return;
        Start();
        _vcpu.Wake();
    }

    // The first request brings the scheduler to life: until then no kernel thread exists that could hold the baton.
    private void Start()
    {
        if (Volatile.Read(ref _isStarted))
            return;
        lock (_startLock)
        {
            if (_isStarted || _stoppedBy != null)
                return;
            NtKernel? before = NtKernel.Entered;
            NtKernel.Enter(_kernel);
            _requests.Admit();
            KernelThread first = _ready.TakeNext(_kernel.Services.Schedule)!;
            Volatile.Write(ref _isStarted, true);
            Activate(first);
            first.Baton.Give();
            NtKernel.Enter(before);
        }
    }
}
