namespace Hil.Kernel;

/// <summary>Work items of one kind and the system worker threads that run them.</summary>
internal sealed unsafe class WorkQueue(NtKernel kernel, string name, int priority)
    : WorkerPool(kernel.Scheduler, name, priority)
{
    private readonly Queue<nint> _items = new(64);

    public override bool HasPending => _items.Count != 0;

    public void Add(WORK_QUEUE_ITEM* item)
    {
        _items.Enqueue((nint)item);
        Admit();
    }

    protected override bool TryRunNext(KernelThread worker)
    {
        if (!_items.TryDequeue(out nint address))
            return false;
        var item = PointerCheck.Follow<WORK_QUEUE_ITEM>((void*)address, "a queued work item");

        // SAFETY: the routine may free or queue its own item, so nothing of it is read after the call.
        DriverRoutine routine = item->WorkerRoutine;
        item->List.Flink = null;
        kernel.Processor.CallChangingIrql(routine, (ulong)item->Parameter);
        if (kernel.Processor.Irql != PASSIVE_LEVEL)
            FailIrql(routine, address);
        return true;
    }

    private void FailIrql(DriverRoutine routine, nint item) =>
        kernel.BugCheck(
            BugCheckCodes.WORKER_THREAD_RETURNED_AT_BAD_IRQL, routine.Address, kernel.Processor.Irql, (ulong)item, 0,
            $"the work item routine {kernel.Modules.Describe(routine.Address)} returned at {kernel.Processor.Irql}");
}
