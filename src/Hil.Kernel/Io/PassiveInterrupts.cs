namespace Hil.Kernel;

// A passive-level service routine may wait, so a thread runs it. A level-triggered line is masked when it fires and
// opened when the routines are through: a level that none of them cleared comes again at once. An edge or a message has
// been cleared in the controller when it was taken: one that comes before a thread has begun with the last adds
// nothing, one that comes later is served after it. A DPC lies in between, because no thread is woken at a device's
// level. The interrupt's event is what a spin lock is to others: the routine runs while its thread has taken it, and
// whoever synchronises with the routine takes it, too.

/// <summary>Threads that run passive-level service routines.</summary>
/// <remarks>WDK: Using Passive-Level Interrupt Service Routines.</remarks>
internal sealed unsafe class PassiveInterrupts(NtKernel kernel, InterruptTable table)
    : WorkerPool(kernel.Scheduler, "passive-level interrupts", LOW_REALTIME_PRIORITY)
{
    private const uint Tag = 0x49206F49; // 'Io I'

    private readonly Queue<(InterruptVector Slot, bool IsClaimed)> _fired = [];
    private KDPC* _wakesThread;

    public override bool HasPending => _fired.Count != 0;

    /// <summary>Makes ready for the first one; false when memory is exhausted.</summary>
    public bool TryPrepare()
    {
        if (_wakesThread != null)
            return true;
        _wakesThread = (KDPC*)kernel.Pool.Allocate((nuint)sizeof(KDPC), Tag, zero: true);
        if (_wakesThread == null)
            return false;
        DriverRoutine admit = kernel.Gate.Register(_ =>
        {
            Admit();
            return 0;
        });
        Ntoskrnl.KeInitializeDpc(_wakesThread, admit, null);
        return true;
    }

    /// <summary>A vector has come that is for a passive-level routine. At the vector's level.</summary>
    /// <param name="isClaimed">Whether a routine at that level has had something to do.</param>
    public void Add(InterruptVector fired, bool isClaimed)
    {
        if (fired.IsLevel)
            kernel.Services.InterruptController.MaskLine(fired.Line!.Value);
        else if (fired.AwaitsPassive)
            return;
        fired.AwaitsPassive = true;
        _fired.Enqueue((fired, isClaimed));
        kernel.Dpcs.Insert(_wakesThread, null, null);
    }

    protected override bool TryRunNext(KernelThread worker)
    {
        if (!_fired.TryDequeue(out (InterruptVector Slot, bool IsClaimed) fired))
            return false;
        InterruptVector slot = fired.Slot;
        long begin = kernel.Clock.InterruptTime;
        slot.AwaitsPassive = slot.IsLevel;
        bool isClaimed = slot.IsLevel ? CallUntilClaimed(slot) : CallAll(slot) || fired.IsClaimed;
        table.EndPassive(slot, isClaimed, begin);
        return true;
    }

    private bool CallUntilClaimed(InterruptVector fired)
    {
        foreach (KINTERRUPT* interrupt in fired.Chain)
        {
            if (!TryCall(interrupt))
                continue;
            fired.Claimant = interrupt->ServiceRoutine.Address;
            return true;
        }
        return false;
    }

    // As for routines at DIRQL: an edge on a shared vector may come while another device is served.
    private bool CallAll(InterruptVector fired)
    {
        bool isClaimed = false;
        bool again;
        do
        {
            again = false;
            foreach (KINTERRUPT* interrupt in fired.Chain)
                again |= TryCall(interrupt);
            isClaimed |= again;
        }
        while (again && fired.Chain.Length > 1);
        return isClaimed;
    }

    private bool TryCall(KINTERRUPT* interrupt)
    {
        // A routine that waited may have been disconnected meanwhile; so may this one while its event was awaited.
        if (!table.IsActive(interrupt) || interrupt->PassiveEvent == null)
            return false;
        Ntoskrnl.TakePassive(interrupt);
        if (!table.IsConnected(interrupt))
            return false;
        bool isClaimed = table.IsActive(interrupt) && Call(interrupt);
        Ntoskrnl.LeavePassive(interrupt);
        return isClaimed;
    }

    private bool Call(KINTERRUPT* interrupt)
    {
        kernel.Events.Add(KernelEventKind.IsrEnter, interrupt->Vector, (ulong)interrupt);
        ulong result = kernel.Processor.Call(interrupt->ServiceRoutine, interrupt, interrupt->ServiceContext);
        bool isClaimed = (byte)result != 0;
        kernel.Events.Add(KernelEventKind.IsrLeave, interrupt->Vector, (ulong)interrupt, isClaimed ? 1u : 0);
        interrupt->ServiceCount++;
        return isClaimed;
    }
}
