namespace Hil.Kernel;

// A passive-level service routine may wait, so a thread runs it. Its line is masked when it fires and opened when the
// routines are through: a level that none of them cleared comes again at once. A DPC lies in between, because no thread
// is woken at a device's level. The interrupt's event is what a spin lock is to others: the routine runs while its
// thread has taken it, and whoever synchronises with the routine takes it, too.

/// <summary>Threads that run passive-level service routines.</summary>
/// <remarks>WDK: Using Passive-Level Interrupt Service Routines.</remarks>
internal sealed unsafe class PassiveInterrupts(NtKernel kernel, InterruptTable table)
    : WorkerPool(kernel.Scheduler, "passive-level interrupts", LOW_REALTIME_PRIORITY)
{
    private const uint Tag = 0x49206F49; // 'Io I'

    private readonly Queue<InterruptVector> _fired = [];
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

    /// <summary>A line has fired that is for a passive-level routine. At the line's level.</summary>
    public void Add(InterruptVector fired)
    {
        kernel.Services.InterruptController.MaskLine(fired.Line!.Value);
        _fired.Enqueue(fired);
        kernel.Dpcs.Insert(_wakesThread, null, null);
    }

    protected override bool TryRunNext(KernelThread worker)
    {
        if (!_fired.TryDequeue(out InterruptVector? fired))
            return false;
        long begin = kernel.Clock.InterruptTime;
        bool isClaimed = CallUntilClaimed(fired);
        table.EndPassive(fired, isClaimed, begin);
        return true;
    }

    private bool CallUntilClaimed(InterruptVector fired)
    {
        foreach (KINTERRUPT* interrupt in fired.Chain)
        {
            if (TryCall(interrupt))
                return true;
        }
        return false;
    }

    private bool TryCall(KINTERRUPT* interrupt)
    {
        // A routine that waited may have been disconnected meanwhile; so may this one while its event was awaited.
        if (!table.IsConnected(interrupt) || interrupt->PassiveEvent == null)
            return false;
        Ntoskrnl.TakePassive(interrupt);
        if (!table.IsConnected(interrupt))
            return false;
        kernel.Events.Add(KernelEventKind.IsrEnter, interrupt->Vector, (ulong)interrupt);
        ulong result = kernel.Processor.Call(interrupt->ServiceRoutine, interrupt, interrupt->ServiceContext);
        bool isClaimed = (byte)result != 0;
        kernel.Events.Add(KernelEventKind.IsrLeave, interrupt->Vector, (ulong)interrupt, isClaimed ? 1u : 0);
        interrupt->ServiceCount++;
        Ntoskrnl.LeavePassive(interrupt);
        return isClaimed;
    }
}
