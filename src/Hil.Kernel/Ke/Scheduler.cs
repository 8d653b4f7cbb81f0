namespace Hil.Kernel;

// A kernel thread is a host thread that runs only while it holds the baton. The kernel, not the host's scheduler,
// decides who is next: the ready thread of highest priority, equals in turn, each for a quantum. A thread that waits
// hands the baton to the next ready thread; if there is none it keeps the baton and idles: it takes interrupts, runs
// due timers and DPCs and admits requests on its own host thread until somebody is ready, itself perhaps. A thread that
// waits for its own I/O is therefore continued by its own interrupt without a switch between host threads.
//
// The giver of the baton prepares everything (processor context, IRQL, KPCR) for the taker, then lets go.
//
// Stopping (a bug check, a lost machine, Dispose) takes the same path: each thread throws out of the place where it
// waits, one after the other, because the one that ends hands the baton to the next. No two threads unwind at once.

/// <summary>Threads, priorities and the baton: which thread runs.</summary>
public sealed unsafe partial class Scheduler : IDisposable
{
    internal const int Priorities = MAXIMUM_PRIORITY;
    internal const int DefaultPriority = 8;

    private const long Quantum = 300_000; // 30 ms, two clock ticks, as on Windows client systems.

    [ThreadStatic]
    private static KernelThread? t_thread;

    private readonly NtKernel _kernel;
    private readonly IVirtualProcessor _vcpu;
    private readonly ReadyQueues _ready = new();
    private readonly WaitLists _waiters = new();
    private KernelThread? _current;
    private long _armed = long.MaxValue;

    internal Scheduler(NtKernel kernel)
    {
        _kernel = kernel;
        _vcpu = kernel.Services.VirtualProcessor;
        _requests = new RequestQueue(this);
        InitializeProcessorControlRegion();
    }

    internal Schedule Schedule => _kernel.Services.Schedule;

    /// <summary>Switches between kernel threads, for the summary of a run.</summary>
    public long Switches { get; private set; }

    /// <summary>Threads that were made ready and requests that ended: what shows that a run gets on.</summary>
    internal long Progress { get; private set; }

    /// <summary>The thread that holds the baton; null before the first one.</summary>
    internal KernelThread? Current => _current;

    /// <summary>Whether the calling host thread is one of this kernel's threads.</summary>
    public bool IsKernelThread => t_thread?.Scheduler == this;

    /// <summary>The thread that the calling host thread is.</summary>
    internal KernelThread CurrentThread
    {
        get
        {
            Invariant.Holds(t_thread != null && t_thread == _current, "only the thread that holds the baton waits");
            return t_thread;
        }
    }

    /// <summary>Gives the processor to a more urgent thread, or after a quantum to an equal one, if IRQL allows; also
    /// runs due timers. Called after an interrupt of driver code and at the kernel's own preemption points.</summary>
    public void PreemptionPoint()
    {
        ThrowIfStopped();
        if (_kernel.Dpcs.HasQueued || _requests.NeedsWorker || IsDeadlineOver() || IsPreemptionDue())
            Dispatch();
    }

    /// <summary>Gives the processor away if another thread is entitled to it. IRQL is below DISPATCH_LEVEL.</summary>
    internal void Reschedule()
    {
        if (!IsPreemptionDue())
        {
            if (IsDeadlineOver())
                ArmNext();
            return;
        }
        KernelThread self = _current!;
        self.State = ThreadState.Ready;
        if (_ready.Top > self.Priority)
        {
            _ready.AddFirst(self);
        }
        else
        {
            DecayBoost(self);
            _ready.AddLast(self);
        }
        SwitchTo(_ready.TakeNext(_kernel.Services.Schedule)!);
    }

    /// <summary>Blocks the running thread, whose wait has been set up, until somebody makes it ready.</summary>
    internal void Block()
    {
        KernelThread self = CurrentThread;
        Invariant.Holds(_kernel.Processor.Irql < DISPATCH_LEVEL, "a thread blocks below DISPATCH_LEVEL only");
        self.Pool?.Admit();
        while (true)
        {
            ThrowIfStopped();
            KernelThread? next = _ready.TakeNext(_kernel.Services.Schedule);
            if (next == self)
            {
                Resume(self);
                return;
            }
            if (next != null)
            {
                SwitchTo(next);
                return;
            }
            Idle();
        }
    }

    /// <summary>Makes a thread ready to run; it runs when its turn comes.</summary>
    internal void MakeReady(KernelThread thread)
    {
        Invariant.Holds(thread.State != ThreadState.Terminated, "a terminated thread is not made ready");
        thread.State = ThreadState.Ready;
        Progress++;
        _ready.AddLast(thread);
        if (_current is not { State: ThreadState.Running } current || thread.Priority < current.Priority)
            return;
        if (thread.Priority > current.Priority)
            _kernel.Dpcs.Request();
        else
            ArmAtMost(current.QuantumEnd);
    }

    internal void NoteProgress() => Progress++;

    internal void SetPriority(KernelThread thread, int priority)
    {
        bool isQueued = thread.State == ThreadState.Ready;
        if (isQueued)
            _ready.Remove(thread);
        thread.Priority = priority;
        if (isQueued)
            _ready.AddLast(thread);
        if (IsPreemptionDue())
            _kernel.Dpcs.Request();
    }

    /// <summary>Lets ready threads of equal priority run first; true if there were any.</summary>
    internal bool Yield()
    {
        KernelThread self = CurrentThread;
        if (_ready.Top < self.Priority)
            return false;
        self.State = ThreadState.Ready;
        _ready.AddLast(self);
        SwitchTo(_ready.TakeNext(_kernel.Services.Schedule)!);
        return true;
    }

    /// <summary>Whether the running thread has used up its turn; if not, its end is made a preemption point.</summary>
    internal bool IsQuantumOver()
    {
        if (_current is not { State: ThreadState.Running } current || _kernel.Clock.HasCome(current.QuantumEnd))
            return true;
        ArmAtMost(current.QuantumEnd);
        return false;
    }

    /// <summary>Sees to it that driver code is interrupted no later than a time.</summary>
    internal void ArmAtMost(long deadline)
    {
        if (deadline < _armed)
        {
            _armed = deadline;
            _vcpu.ArmPreemption(deadline);
        }
    }

    // Arms the next reason to interrupt driver code. A deadline that has become pointless (the timer was cancelled) is
    // not disarmed: it comes once, finds nothing to do and ends up here.
    private void ArmNext()
    {
        long deadline = _kernel.Timers.NextDue;
        if (_current is { State: ThreadState.Running } current && _ready.Top >= current.Priority)
            deadline = Math.Min(deadline, current.QuantumEnd);
        if (deadline != _armed)
        {
            _armed = deadline;
            _vcpu.ArmPreemption(deadline);
        }
    }

    // What is armed is never later than the first timer, so this one look at the clock also tells whether a timer is
    // due.
    private bool IsDeadlineOver() => _armed != long.MaxValue && _kernel.Clock.HasCome(_armed);

    // A thread that idles is not Running, so nobody preempts it: it looks for a ready thread itself.
    private bool IsPreemptionDue()
    {
        if (_ready.IsEmpty || _current is not { State: ThreadState.Running } current)
            return false;
        int top = _ready.Top;
        if (top != current.Priority)
            return top > current.Priority;
        return _kernel.Clock.HasCome(current.QuantumEnd)
            || _kernel.Services.Schedule.ChooseThread(_ready.CountAt(top) + 1) != 0;
    }

    private void Dispatch()
    {
        if (_kernel.Processor.Irql >= DISPATCH_LEVEL)
        {
            _kernel.Dpcs.Request();
            return;
        }
        _requests.Admit();
        _kernel.Dpcs.Drain();
    }

    // One round of what a processor does when it has nothing to run, at PASSIVE_LEVEL whatever the idling thread's IRQL
    // is.
    private void Idle()
    {
        Processor processor = _kernel.Processor;
        KIRQL irql = processor.Irql;
        processor.Irql = PASSIVE_LEVEL;
        processor.ServicePendingInterrupts();
        _requests.Admit();
        if (_kernel.Dpcs.HasQueued || _kernel.Timers.IsDue)
            _kernel.Dpcs.Drain();
        if (_ready.IsEmpty && _stoppedBy == null)
        {
            ManagedCall waiting = processor.Pause();
            long began = BeginIdleTime();
            _vcpu.Idle(PASSIVE_LEVEL, _kernel.Timers.NextDue);
            EndIdleTime(began);
            processor.GoOn(waiting);
            processor.ObserveDevices();
        }
        processor.Irql = irql;
    }

    private void SwitchTo(KernelThread next)
    {
        KernelThread self = _current!;
        if (next == self)
        {
            Resume(self);
            return;
        }
        self.Irql = _kernel.Processor.Irql;
        self.Context = _kernel.Processor.Context;
        Activate(next);
        next.Baton.Give();
        self.Baton.Take();
        ThrowIfStopped();
    }

    // Everything here is the taker's state, prepared by the giver while it still holds the baton.
    private void Activate(KernelThread thread)
    {
        Switches++;
        _current = thread;
        HasApcs = thread.Apcs.HasKernel;
        Resume(thread);
        _kernel.Processor.Irql = thread.Irql;
        _kernel.Processor.Context = thread.Context;
        _vcpu.SelectContext(thread.Id);
        WriteCurrentThread(thread);
        _kernel.Events.Add(KernelEventKind.ThreadSwitch, thread.Id);
    }

    private void Resume(KernelThread thread)
    {
        thread.State = ThreadState.Running;
        long now = _kernel.Clock.InterruptTime;
        thread.QuantumEnd = now + Quantum;
        if (_countsTimes)
            Charge(thread, now);
        if (_ready.Top >= thread.Priority || IsDeadlineOver())
            ArmNext();
    }

    private static void DecayBoost(KernelThread thread)
    {
        if (thread.Priority > thread.BasePriority)
            thread.Priority--;
    }
}
