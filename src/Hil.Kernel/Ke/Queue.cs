namespace Hil.Kernel;

// A queue object hands its entries to the threads that wait for them, last come first served, and sees to it that not
// more threads work on entries at a time than it allows. A thread belongs to the queue that it took from last. It
// counts as working until it comes back for more, and while it waits for something else it does not: then another
// thread may have an entry. When it goes on there may be more at work than allowed, for a while.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises a queue.</summary>
    /// <param name="count">Threads that may work at a time; 0 for as many as there are processors.</param>
    /// <remarks>WDK: KeInitializeQueue.</remarks>
    [Export]
    public static void KeInitializeQueue(KQUEUE* queue, uint count)
    {
        InitializeHeader(&queue->Header, KOBJECTS.QueueObject, sizeof(KQUEUE), 0);
        InitializeListHead(&queue->EntryListHead);
        InitializeListHead(&queue->ThreadListHead);
        queue->CurrentCount = 0;
        queue->MaximumCount = count == 0 ? KeQueryActiveProcessorCount(null) : count;
    }

    /// <summary>Gives an entry to a waiting thread, or puts it at the tail of the queue.</summary>
    /// <returns>Entries that were queued before.</returns>
    /// <remarks>WDK: KeInsertQueue.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeInsertQueue(KQUEUE* queue, LIST_ENTRY* entry)
    {
        RequireQueue(queue);
        InsertTailList(&queue->EntryListHead, entry);
        return NoticeInserted(queue);
    }

    /// <summary>As KeInsertQueue, at the head.</summary>
    /// <inheritdoc cref="KeInsertQueue"/>
    /// <remarks>WDK: KeInsertHeadQueue.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeInsertHeadQueue(KQUEUE* queue, LIST_ENTRY* entry)
    {
        RequireQueue(queue);
        InsertHeadList(&queue->EntryListHead, entry);
        return NoticeInserted(queue);
    }

    /// <summary>Takes the first entry, or waits for one.</summary>
    /// <param name="timeout">100 ns units, negative for relative; null waits for ever, zero does not wait.</param>
    /// <returns>The entry; or, in place of a pointer, STATUS_TIMEOUT, or STATUS_ABANDONED for a queue that was run
    /// down.</returns>
    /// <remarks>WDK: KeRemoveQueue.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static LIST_ENTRY* KeRemoveQueue(KQUEUE* queue, KPROCESSOR_MODE waitMode, long* timeout)
    {
        RequireQueue(queue);
        long due = DueOf(timeout);
        if (due != 0)
            RequireMayBlock(&queue->Header);
        Scheduler scheduler = NtKernel.Current.Scheduler;
        KernelThread thread = scheduler.CurrentThread;
        if (queue->Header.Abandoned != 0)
            return InPlaceOfEntry(STATUS_ABANDONED_WAIT_0);
        scheduler.JoinQueue(thread, queue);
        thread.Waits[0].Object = &queue->Header;
        NTSTATUS status = scheduler.Wait(thread, 1, forAll: false, due, waitMode);
        return status == STATUS_SUCCESS ? thread.QueueEntry : InPlaceOfEntry(status);
    }

    /// <summary>Number of entries in a queue.</summary>
    /// <remarks>WDK: KeReadStateQueue.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeReadStateQueue(KQUEUE* queue) => queue->Header.SignalState;

    /// <summary>Ends a queue: waits for it are over, and no thread belongs to it any more.</summary>
    /// <returns>The first of the entries that are left, which point to each other in a ring; null if none is.</returns>
    /// <remarks>WDK: KeRundownQueue.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static LIST_ENTRY* KeRundownQueue(KQUEUE* queue)
    {
        RequireQueue(queue);
        LIST_ENTRY* first = null;
        if (!IsListEmpty(&queue->EntryListHead))
        {
            first = queue->EntryListHead.Flink;
            RemoveEntryList(&queue->EntryListHead);
            InitializeListHead(&queue->EntryListHead);
        }
        queue->Header.SignalState = 0;
        queue->Header.Abandoned = 1;
        Scheduler scheduler = NtKernel.Current.Scheduler;
        scheduler.DissolveQueue(queue);
        scheduler.PreemptionPoint();
        return first;
    }

    /// <summary>Takes the first entry off a queue that has one, for a thread that waits for it.</summary>
    internal static LIST_ENTRY* TakeEntry(KQUEUE* queue)
    {
        queue->Header.SignalState--;
        PointerCheck.Follow<LIST_ENTRY>(queue->EntryListHead.Flink, "Queue->EntryListHead.Flink");
        return RemoveHeadList(&queue->EntryListHead);
    }

    private static int NoticeInserted(KQUEUE* queue)
    {
        Scheduler scheduler = NtKernel.Current.Scheduler;
        int before = queue->Header.SignalState++;
        scheduler.SignalQueue(queue);
        scheduler.PreemptionPoint();
        return before;
    }

    private static LIST_ENTRY* InPlaceOfEntry(NTSTATUS status) => (LIST_ENTRY*)(ulong)status.Value;

    private static void RequireQueue(KQUEUE* queue)
    {
        if (queue->Header.Type != (byte)KOBJECTS.QueueObject)
            FailWrongObject(&queue->Header, "a queue");
    }
}
