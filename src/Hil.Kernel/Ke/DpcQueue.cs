namespace Hil.Kernel;

// A DPC is queued at any IRQL and runs once IRQL would fall below DISPATCH_LEVEL, before the code that was interrupted
// goes on. The same moment serves due timers and the switch to a more urgent thread, so one flag stands for all three:
// what Windows does with its dispatch interrupt. KDPC.DpcData is the mark that a DPC is queued; it is cleared right
// before the routine runs, which may therefore queue its own DPC again.

/// <summary>Deferred procedure calls waiting for IRQL to fall below DISPATCH_LEVEL.</summary>
public sealed unsafe class DpcQueue
{
    private const int DispatchStackBytes = 24 * 1024;

    private readonly NtKernel _kernel;
    private KDPC*[] _ring = new KDPC*[64]; // Length is a power of two.
    private int _head;
    private int _count;

    internal DpcQueue(NtKernel kernel)
    {
        _kernel = kernel;
        Stack = kernel.Pages.AllocateStack(DispatchStackBytes);
    }

    /// <summary>Whether there is something to do once IRQL falls: DPCs, due timers, a more urgent thread. One field
    /// read: it is asked before every entry to driver code.</summary>
    public bool HasQueued { get; private set; }

    /// <summary>Whether a DPC routine is running, or was cut into by an interrupt.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>DPC routines that were called, for the summary of a run.</summary>
    public long Calls { get; private set; }

    /// <summary>The stack of DPC routines.</summary>
    internal GuestStack Stack { get; }

    /// <summary>Asks for a <see cref="Drain"/> as soon as IRQL allows.</summary>
    internal void Request() => HasQueued = true;

    /// <summary>Queues a DPC; false if it is queued already.</summary>
    internal bool Insert(KDPC* dpc, void* argument1, void* argument2)
    {
        if (dpc->DpcData != null)
            return false;
        if (_count == _ring.Length)
            Grow();
        dpc->DpcData = (void*)_kernel.Services.Memory.ProcessorControlRegion;
        dpc->SystemArgument1 = argument1;
        dpc->SystemArgument2 = argument2;
        if (dpc->Importance == (byte)KDPC_IMPORTANCE.HighImportance)
            _ring[_head = (_head - 1) & (_ring.Length - 1)] = dpc;
        else
            _ring[(_head + _count) & (_ring.Length - 1)] = dpc;
        _count++;
        HasQueued = true;
        return true;
    }

    /// <summary>Takes a DPC out of the queue; false if it is not in it.</summary>
    internal bool Remove(KDPC* dpc)
    {
        if (dpc->DpcData == null)
            return false;
        int index = IndexOf(dpc);
        if (index < 0)
            return false;
        for (int i = index; i + 1 < _count; i++)
            _ring[(_head + i) & (_ring.Length - 1)] = _ring[(_head + i + 1) & (_ring.Length - 1)];
        _count--;
        dpc->DpcData = null;
        return true;
    }

    /// <summary>A queued DPC in a range of memory that is about to be freed, or null.</summary>
    internal KDPC* FindIn(ulong address, ulong bytes)
    {
        for (int i = 0; i < _count; i++)
        {
            KDPC* dpc = _ring[(_head + i) & (_ring.Length - 1)];
            if ((ulong)dpc - address < bytes)
                return dpc;
        }
        return null;
    }

    /// <summary>A queued DPC whose routine lies in an image, or null.</summary>
    internal KDPC* FindLeadingTo(LoadedModule image)
    {
        for (int i = 0; i < _count; i++)
        {
            KDPC* dpc = _ring[(_head + i) & (_ring.Length - 1)];
            if (image.Contains(dpc->DeferredRoutine.Address))
                return dpc;
        }
        return null;
    }

    /// <summary>Expires due timers and runs queued DPCs at DISPATCH_LEVEL on the DPC stack, then returns to the
    /// caller's IRQL (below DISPATCH_LEVEL) and gives the processor to a more urgent thread if one became
    /// ready.</summary>
    public void Drain()
    {
        Processor processor = _kernel.Processor;
        KIRQL irql = processor.Irql;
        Invariant.Holds(irql < DISPATCH_LEVEL && !IsDraining, "DPCs run when IRQL would fall below DISPATCH_LEVEL");
        processor.Irql = DISPATCH_LEVEL;
        IsDraining = true;
        do
        {
            HasQueued = false;
            _kernel.Timers.Expire();
            while (_count != 0)
                RunNext(processor);
            processor.ServicePendingInterrupts();
        }
        while (HasQueued);
        IsDraining = false;
        processor.Irql = irql;
        _kernel.Scheduler.Reschedule();
    }

    private void RunNext(Processor processor)
    {
        KDPC* dpc = _ring[_head];
        _head = (_head + 1) & (_ring.Length - 1);
        _count--;
        if (!Ntoskrnl.IsDpc(dpc))
            FailNoDpc(dpc);

        // SAFETY: the KDPC may be freed or queued again by its own routine, so everything is read before the call.
        DriverRoutine routine = dpc->DeferredRoutine;
        ulong context = (ulong)dpc->DeferredContext;
        ulong argument1 = (ulong)dpc->SystemArgument1;
        ulong argument2 = (ulong)dpc->SystemArgument2;
        dpc->DpcData = null;
        Calls++;
        _kernel.Events.Add(KernelEventKind.DpcEnter, (ulong)dpc, routine.Address);
        processor.Interrupt(Stack, routine, (ulong)dpc, context, argument1, argument2);
        _kernel.Events.Add(KernelEventKind.DpcLeave, (ulong)dpc, routine.Address);
    }

    private int IndexOf(KDPC* dpc)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_ring[(_head + i) & (_ring.Length - 1)] == dpc)
                return i;
        }
        return -1;
    }

    private void Grow()
    {
        var larger = new KDPC*[_ring.Length * 2];
        for (int i = 0; i < _count; i++)
            larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        _ring = larger;
        _head = 0;
    }

    private void FailNoDpc(KDPC* dpc) =>
        _kernel.BugCheck(
            BugCheckCodes.TIMER_OR_DPC_INVALID, 1, (ulong)dpc, 0, 0,
            $"the DPC at 0x{(ulong)dpc:x} was to run, but its memory was overwritten or freed while it was queued");
}
