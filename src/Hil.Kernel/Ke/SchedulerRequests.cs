namespace Hil.Kernel;

// Requests from outside run on kernel threads of their own, the request workers. One worker serves them in order; another is
// made when there is a request and no worker is free to take it. A worker that spins must not lock everybody out, so a few
// are made even while others are able to run; beyond that number only when all of them wait.

public sealed unsafe partial class Scheduler
{
    private const int RunnableWorkersMax = 8;

    private readonly RequestQueue _requests = new();
    private readonly Lock _startLock = new();
    private readonly List<KernelThread> _workers = [];
    private readonly Stack<KernelThread> _idleWorkers = [];
    private bool _isStarted;

    /// <summary>Runs work on a kernel thread at PASSIVE_LEVEL and waits for it (any host thread; on a kernel thread the work
    /// runs right there). Exceptions come out here; a stopped machine throws BugCheckException.</summary>
    public void Run(Action work)
    {
        if (t_thread?.Scheduler == this)
        {
            work();
            return;
        }
        using var request = new SynchronousRequest(work);
        Post(request);
        request.Wait();
    }

    /// <summary>As Run without blocking the caller. Further kernel threads serve requests while earlier ones wait.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var request = new AsynchronousRequest<T>(work);
        Post(request);
        return request.Task;
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
            CreateWorker();
            KernelThread first = _ready.TakeNext(_kernel.Services.Schedule)!;
            Volatile.Write(ref _isStarted, true);
            Activate(first);
            first.Baton.Give();
            NtKernel.Enter(before);
        }
    }

    private void AdmitRequests()
    {
        if (!_requests.HasPending)
            return;
        if (_idleWorkers.TryPop(out KernelThread? idle))
            MakeReady(idle);
        else if (_workers.Count < RunnableWorkersMax || _workers.TrueForAll(static worker => worker.State == ThreadState.Waiting))
            CreateWorker();
    }

    private void CreateWorker()
    {
        KTHREAD* block = Ntoskrnl.AllocateThreadObject();
        KernelThread? worker = block == null
            ? null
            : CreateThread($"request {_workers.Count + 1}", block, DefaultPriority, ServeRequests);
        if (worker != null)
            _workers.Add(worker);
        else
            Invariant.Holds(_workers.Count != 0, "a new machine has room for one thread");
    }

    private void ServeRequests()
    {
        KernelThread self = CurrentThread;
        while (true)
        {
            while (_requests.TryTake(out KernelRequest request))
                Serve(self, request);
            _idleWorkers.Push(self);
            self.State = ThreadState.Waiting;
            Block();
        }
    }

    private void Serve(KernelThread self, KernelRequest request)
    {
        Exception? exception = request.Execute();
        if (exception == null)
            return;
        if (_stoppedBy != null)
            ThrowStopped();
        if (exception is BugCheckException or MachineLostException)
        {
            Stop(exception);
            ThrowStopped();
        }

        // The requester has the exception. It came past driver frames that will never be returned to.
        _kernel.Processor.Irql = PASSIVE_LEVEL;
        _kernel.Processor.Context = (self.Stack.Top, default, 0);
    }
}
