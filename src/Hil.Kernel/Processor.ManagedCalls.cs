namespace Hil.Kernel;

// Managed routines run on the host's own stack, where nothing cuts in: a watchdog on another thread looks here whether
// one is stuck.
public sealed unsafe partial class Processor
{
    /// <summary>The managed routine that runs right now, as far as another thread can see; null when
    /// none does.</summary>
    public Delegate? RunningManaged => Volatile.Read(ref _managed.Routine);

    /// <summary>Tells one call of a managed routine from the next.</summary>
    public long ManagedNumber => Volatile.Read(ref _managed.Number);

    /// <summary>Calls a managed driver's routine.</summary>
    public ulong CallManaged(Delegate routine, ManagedRoutine call, ulong* arguments)
    {
        ManagedCall outer = _managed;
        _managed = new ManagedCall { Routine = routine, Irp = _kernel.Io.CurrentIrp, Number = ++_managedNumbers };
        try
        {
            return call(arguments);
        }
        finally
        {
            _managed = outer;
        }
    }

    /// <summary>The running managed routine has asked the kernel for something: it is not stuck.</summary>
    internal void NoteManagedProgress() => _managed.Number = ++_managedNumbers;

    /// <summary>No managed routine runs until <see cref="GoOn"/>.</summary>
    internal ManagedCall Pause()
    {
        ManagedCall paused = _managed;
        _managed = default;
        return paused;
    }

    internal void GoOn(in ManagedCall paused)
    {
        _managed = paused;
        _managed.Number = ++_managedNumbers;
    }

    /// <summary>A report about a managed routine that does not come back. Any thread: the one that runs it is
    /// busy.</summary>
    public BugCheckReport DescribeStuck(string reason) => new()
    {
        Code = BugCheckCodes.DPC_WATCHDOG_VIOLATION,
        Parameter1 = 0,
        Parameter2 = 0,
        Parameter3 = 0,
        Parameter4 = 0,
        Reason = reason,
        Irql = Irql,
        Rip = 0,
        CurrentIrp = _managed.Irp,
        LastEvents = _kernel.Events.Last(20),
    };
}
