namespace Hil.Kernel;

// Which threads belong to which queue object, and which of them count as working; Queue.cs has the rules.

public sealed unsafe partial class Scheduler
{
    /// <summary>Makes a thread one of a queue's, for as long as it takes from no other.</summary>
    internal void JoinQueue(KernelThread thread, KQUEUE* queue)
    {
        if (thread.Queue == queue)
            return;
        LeaveQueue(thread);
        thread.Queue = queue;
    }

    /// <summary>Gives the entries of a queue to those who wait for them, as far as it lets them work.</summary>
    internal void SignalQueue(KQUEUE* queue)
    {
        while (queue->Header.SignalState > 0 && queue->CurrentCount < queue->MaximumCount
            && _waiters.First(&queue->Header)?.Tail is { } last)
        {
            Satisfy(last.Thread, &queue->Header);
            EndWait(last.Thread, STATUS_SUCCESS);
        }
    }

    /// <summary>Ends every wait for a queue and parts it from its threads.</summary>
    internal void DissolveQueue(KQUEUE* queue)
    {
        while (_waiters.First(&queue->Header) is { } waiter)
            EndWait(waiter.Thread, STATUS_ABANDONED_WAIT_0);
        foreach (KernelThread thread in _threads)
        {
            if (thread.Queue == queue)
                LeaveQueue(thread);
        }
    }

    private void LeaveQueue(KernelThread thread)
    {
        if (thread.Queue == null)
            return;
        StopQueueWork(thread);
        thread.Queue = null;
    }

    private static void StartQueueWork(KernelThread thread)
    {
        if (thread.Queue == null || thread.IsAtQueueWork || !IsStillQueue(thread.Queue))
            return;
        thread.IsAtQueueWork = true;
        thread.Queue->CurrentCount++;
    }

    private void StopQueueWork(KernelThread thread)
    {
        if (!thread.IsAtQueueWork)
            return;
        thread.IsAtQueueWork = false;
        if (!IsStillQueue(thread.Queue))
            return;
        thread.Queue->CurrentCount--;
        SignalQueue(thread.Queue);
    }

    // A driver may give a queue's memory back without running it down.
    private static bool IsStillQueue(KQUEUE* queue) => queue->Header.Type == (byte)KOBJECTS.QueueObject;

    // A thread that comes back for more makes room for itself.
    private static bool HasEntryFor(KernelThread thread, KQUEUE* queue)
    {
        bool isCounted = thread.IsAtQueueWork && thread.Queue == queue;
        return queue->Header.SignalState > 0 && queue->CurrentCount - (isCounted ? 1 : 0) < queue->MaximumCount;
    }

    private static void GiveEntry(KernelThread thread, KQUEUE* queue)
    {
        thread.QueueEntry = Ntoskrnl.TakeEntry(queue);
        StartQueueWork(thread);
    }
}
