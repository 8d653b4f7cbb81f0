namespace Hil.Kernel;

/// <summary>Threads that wait for push locks, by the lock's address, in order of arrival.</summary>
internal sealed unsafe class PushLockTable
{
    private readonly Dictionary<nint, Queue<PushLockWaiter>> _waiters = [];

    public bool HasWaiter(nuint* pushLock) => _waiters.ContainsKey((nint)pushLock);

    public void Add(nuint* pushLock, KernelThread thread, bool isExclusive)
    {
        if (!_waiters.TryGetValue((nint)pushLock, out Queue<PushLockWaiter>? waiters))
            _waiters.Add((nint)pushLock, waiters = new Queue<PushLockWaiter>());
        waiters.Enqueue(new PushLockWaiter(thread, isExclusive));
    }

    /// <summary>Takes the first waiter out if what it waits for can be had.</summary>
    /// <param name="isFree">Whether nobody has the lock; otherwise only sharing is possible.</param>
    public bool TryTake(nuint* pushLock, bool isFree, out PushLockWaiter next)
    {
        if (!_waiters.TryGetValue((nint)pushLock, out Queue<PushLockWaiter>? waiters))
        {
            next = default;
            return false;
        }
        next = waiters.Peek();
        if (next.IsExclusive && !isFree)
            return false;
        waiters.Dequeue();
        if (waiters.Count == 0)
            _waiters.Remove((nint)pushLock);
        return true;
    }
}
