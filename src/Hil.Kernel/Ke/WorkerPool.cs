namespace Hil.Kernel;

// Jobs are served in order by kernel threads that do nothing else. Another one is made when there is a job and all of
// them wait, so a job that waits for a later one does not wait for ever; up to a small number also when one of them
// runs on and on, so that a driver that spins does not lock everybody out.

/// <summary>Kernel threads that serve one queue of jobs.</summary>
internal abstract class WorkerPool(Scheduler scheduler, string name, int priority)
{
    private const int RunnableMax = 8;

    private readonly List<KernelThread> _workers = [];
    private readonly List<KernelThread> _idle = [];
    private bool _isWaking; // A worker was made ready and has not looked for a job yet.

    /// <summary>Whether a job waits for a worker.</summary>
    public abstract bool HasPending { get; }

    /// <summary>Whether a job waits that no worker is on its way to take.</summary>
    public bool NeedsWorker => !_isWaking && HasPending;

    /// <summary>Finds a worker for the next job, if there is one. The caller holds the baton.</summary>
    public void Admit()
    {
        if (!NeedsWorker)
            return;
        // One that is awake for an APC comes back to wait.
        int last = _idle.FindLastIndex(static worker => worker.State == ThreadState.Waiting);
        if (last >= 0)
        {
            KernelThread idle = _idle[last];
            _idle.RemoveAt(last);
            _isWaking = true;
            scheduler.EndWait(idle, STATUS_SUCCESS);
        }
        else if (_workers.TrueForAll(static worker => worker.State == ThreadState.Waiting)
            || (_workers.Count < RunnableMax && scheduler.IsQuantumOver()))
        {
            AddWorker();
        }
    }

    /// <summary>Runs the next job on a worker; false when there is none.</summary>
    protected abstract bool TryRunNext(KernelThread worker);

    private unsafe void AddWorker()
    {
        KTHREAD* block = Ntoskrnl.AllocateThreadObject();
        KernelThread? worker = block == null
            ? null
            : scheduler.CreateThread($"{name} {_workers.Count + 1}", block, priority, Serve);
        Invariant.Holds(worker != null || _workers.Count != 0, "a new machine has room for one thread");
        if (worker == null)
            return;
        _isWaking = true;
        worker.Pool = this;
        _workers.Add(worker);
    }

    private void Serve()
    {
        KernelThread self = scheduler.CurrentThread;
        while (true)
        {
            do
            {
                _isWaking = false;
            }
            while (TryRunNext(self));
            _idle.Add(self);
            scheduler.Rest();
        }
    }
}
