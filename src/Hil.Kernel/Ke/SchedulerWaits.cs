namespace Hil.Kernel;

// SignalState in the object is the truth: drivers read it, and KeReadState… is a plain read. Who waits is known to the
// host only. Whoever makes an object signalled calls Signal, which gives the signal to waiters in order of arrival for
// as long as it lasts; what it means to get one depends on the type of object (Satisfy).

public sealed unsafe partial class Scheduler
{
    /// <summary>Waits for the objects in the thread's first <paramref name="count"/> slots.</summary>
    /// <param name="due">Interrupt time of the timeout; long.MaxValue for none; 0 tests and never blocks.</param>
    /// <param name="mode">On whose behalf.</param>
    /// <param name="isAlertable">Whether alerts and, in user mode, user APCs end the wait.</param>
    internal NTSTATUS Wait(
        KernelThread thread, int count, bool forAll, long due, KPROCESSOR_MODE mode = KPROCESSOR_MODE.KernelMode,
        bool isAlertable = false)
    {
        do
        {
            if (HasApcs)
                DeliverApcsKeepingSlots(thread, count);
            if (TryAcquire(thread, thread.Waits, count, forAll, out NTSTATUS status))
                return status;
            if (TryAlert(thread, mode, isAlertable, out status))
                return status;
            if (due == 0)
            {
                StartQueueWork(thread);
                return STATUS_TIMEOUT;
            }

            thread.WaitCount = count;
            thread.WaitsForAll = forAll;
            thread.WaitMode = mode;
            thread.WaitIsAlertable = isAlertable;
            for (int i = 0; i < count; i++)
                _waiters.Add(thread.Waits[i]);
            if (due != long.MaxValue)
                _kernel.Timers.Set(thread, due);
            BlockForApcs(thread);
        }
        while (thread.WaitStatus == STATUS_KERNEL_APC);
        return thread.WaitStatus;
    }

    /// <summary>Blocks the running thread until somebody calls EndWait for it; returns that call's status. APCs do not
    /// come meanwhile: whoever ends the wait counts on its lasting until then.</summary>
    internal NTSTATUS Suspend()
    {
        KernelThread thread = CurrentThread;
        thread.WaitIsAlertable = false;
        BlockWaiting(thread);
        return thread.WaitStatus;
    }

    /// <summary>As Suspend, but APCs come: whoever ends the wait sees to it that the thread is waiting.</summary>
    internal void Rest()
    {
        KernelThread thread = CurrentThread;
        thread.WaitIsAlertable = false;
        do
        {
            DeliverApcs();
            BlockForApcs(thread);
        }
        while (thread.WaitStatus == STATUS_KERNEL_APC);
    }

    private void BlockForApcs(KernelThread thread)
    {
        thread.WaitTakesApcs = _kernel.Processor.Irql < APC_LEVEL;
        BlockWaiting(thread);
        thread.WaitTakesApcs = false;
    }

    private void BlockWaiting(KernelThread thread)
    {
        StopQueueWork(thread);
        thread.State = ThreadState.Waiting;
        Block();
    }

    // A routine that waits itself uses the thread's slots.
    private void DeliverApcsKeepingSlots(KernelThread thread, int count)
    {
        nint* objects = stackalloc nint[(int)MAXIMUM_WAIT_OBJECTS];
        for (int i = 0; i < count; i++)
            objects[i] = (nint)thread.Waits[i].Object;
        DeliverApcs();
        for (int i = 0; i < count; i++)
            thread.Waits[i].Object = (DISPATCHER_HEADER*)objects[i];
    }

    /// <summary>Gives an object's signal to those who wait for it.</summary>
    internal void Signal(DISPATCHER_HEADER* header, int boost = 0)
    {
        WaitSlot? slot = _waiters.First(header);
        while (slot != null && header->SignalState > 0)
        {
            WaitSlot? next = slot.Next;
            KernelThread thread = slot.Thread;
            if (TryAcquire(thread, thread.Waits, thread.WaitCount, thread.WaitsForAll, out NTSTATUS status))
            {
                Boost(thread, boost);
                EndWait(thread, status);
                next = _waiters.First(header);
            }
            slot = next;
        }
    }

    /// <summary>Releases every waiter that the object satisfies at this moment, then takes the signal away
    /// again.</summary>
    internal void Pulse(DISPATCHER_HEADER* header, int boost)
    {
        header->SignalState = 1;
        Signal(header, boost);
        header->SignalState = 0;
    }

    /// <summary>Ends a wait with a status and makes the thread ready.</summary>
    internal void EndWait(KernelThread thread, NTSTATUS status)
    {
        for (int i = 0; i < thread.WaitCount; i++)
            _waiters.Remove(thread.Waits[i]);
        thread.WaitCount = 0;
        _kernel.Timers.Cancel(thread);
        thread.WaitStatus = status;
        StartQueueWork(thread);
        MakeReady(thread);
    }

    /// <summary>Whether a thread waits for an object.</summary>
    internal bool HasWaiter(DISPATCHER_HEADER* header) => _waiters.First(header) != null;

    private static bool TryAcquire(KernelThread thread, WaitSlot[] slots, int count, bool forAll, out NTSTATUS status)
    {
        status = STATUS_SUCCESS;
        if (forAll)
            return TryAcquireAll(thread, slots, count, ref status);
        for (int i = 0; i < count; i++)
        {
            if (IsSignalledFor(thread, slots[i].Object))
            {
                status = Satisfy(thread, slots[i].Object) ? STATUS_ABANDONED_WAIT_0 + i : STATUS_WAIT_0 + i;
                return true;
            }
        }
        return false;
    }

    private static bool TryAcquireAll(KernelThread thread, WaitSlot[] slots, int count, ref NTSTATUS status)
    {
        for (int i = 0; i < count; i++)
        {
            if (!IsSignalledFor(thread, slots[i].Object))
                return false;
        }
        for (int i = 0; i < count; i++)
        {
            if (Satisfy(thread, slots[i].Object))
                status = STATUS_ABANDONED_WAIT_0;
        }
        return true;
    }

    // A mutex is signalled for its owner, who may acquire it again.
    private static bool IsSignalledFor(KernelThread thread, DISPATCHER_HEADER* header) =>
        header->Type == (byte)KOBJECTS.QueueObject ? HasEntryFor(thread, (KQUEUE*)header)
        : header->SignalState > 0
        || (header->Type == (byte)KOBJECTS.MutantObject && ((KMUTANT*)header)->OwnerThread == thread.Block);

    // What the winner of a signal takes away from the object; true if the object is a mutex that its owner left behind.
    private static bool Satisfy(KernelThread thread, DISPATCHER_HEADER* header)
    {
        switch ((KOBJECTS)header->Type)
        {
            case KOBJECTS.EventSynchronizationObject:
            case KOBJECTS.TimerSynchronizationObject:
                header->SignalState = 0;
                return false;
            case KOBJECTS.SemaphoreObject:
                header->SignalState--;
                return false;
            case KOBJECTS.QueueObject:
                GiveEntry(thread, (KQUEUE*)header);
                return false;
            case KOBJECTS.MutantObject:
                return Ntoskrnl.TakeMutant(thread, (KMUTANT*)header);
            default:
                return false;
        }
    }

    private static void Boost(KernelThread thread, int boost)
    {
        if (boost > 0 && thread.BasePriority < LOW_REALTIME_PRIORITY)
            thread.Priority = Math.Max(
                thread.Priority, Math.Min(thread.BasePriority + boost, LOW_REALTIME_PRIORITY - 1));
    }
}
