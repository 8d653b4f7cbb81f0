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
        var parameter = (ulong)item->Parameter;
        worker.WorkRoutine = routine.Address;
        kernel.Processor.CallChangingIrql(routine, parameter);
        Ntoskrnl.RequireCleanReturn(kernel, routine, parameter, (ulong)address);
        worker.WorkRoutine = 0;
        return true;
    }

    /// <summary>A queued item that lies in a block of memory, or null.</summary>
    public WORK_QUEUE_ITEM* FindIn(ulong address, ulong bytes)
    {
        foreach (nint item in _items)
        {
            if ((ulong)item - address < bytes)
                return (WORK_QUEUE_ITEM*)item;
        }
        return null;
    }

    /// <summary>The routine of a queued item that lies in an image; 0 for none.</summary>
    public ulong FindRoutineIn(LoadedModule image)
    {
        foreach (nint address in _items)
        {
            var item = PointerCheck.Follow<WORK_QUEUE_ITEM>((void*)address, "a queued work item");
            if (image.Contains(item->WorkerRoutine.Address))
                return item->WorkerRoutine.Address;
        }
        return 0;
    }
}
