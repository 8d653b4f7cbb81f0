namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Queues a routine for a system worker thread.</summary>
    /// <remarks>WDK: ExQueueWorkItem (obsolete). An item that is queued already is bug check WORKER_INVALID.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExQueueWorkItem(WORK_QUEUE_ITEM* workItem, WORK_QUEUE_TYPE queueType)
    {
        if (workItem->List.Flink != null)
            FailQueued(workItem);
        Enqueue(workItem, queueType);
    }

    /// <summary>Initialises a work item; a macro in wdm.h.</summary>
    public static void ExInitializeWorkItem(WORK_QUEUE_ITEM* workItem, DriverRoutine routine, void* context)
    {
        workItem->WorkerRoutine = routine;
        workItem->Parameter = context;
        workItem->List.Flink = null;
    }

    private static void Enqueue(WORK_QUEUE_ITEM* workItem, WORK_QUEUE_TYPE queueType)
    {
        // The link is the mark of a queued item, as on Windows; the queue itself is the host's.
        workItem->List.Flink = workItem->List.Blink = &workItem->List;
        NtKernel kernel = NtKernel.Current;
        kernel.WorkQueues.Of(queueType).Add(workItem);
        kernel.Scheduler.PreemptionPoint();
    }

    private static void FailQueued(WORK_QUEUE_ITEM* workItem) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.WORKER_INVALID, 1, (ulong)workItem, 0, 0,
            $"the work item at 0x{(ulong)workItem:x} was queued while it is queued already, or was never initialised");
}
