namespace Hil.Kernel;

public sealed unsafe partial class Scheduler
{
    private const int HostStackBytes = 8 << 20;
    private const int DriverStackBytes = 24 * 1024; // KERNEL_STACK_SIZE on x64.
    private const uint ThreadsMax = 4095; // Limit of the virtual processor's floating-point contexts.

    private readonly List<KernelThread> _threads = [];
    private readonly Stack<uint> _freeIds = [];
    private uint _lastId;

    /// <summary>The stack whose guard page or range a stack pointer just left, or null.</summary>
    public GuestStack? StackBelow(ulong stackPointer)
    {
        const ulong Reach = 64 * 1024; // A large frame steps over the guard page; further down it is no overflow.
        GuestStack? nearest = null;
        foreach (KernelThread thread in _threads)
            Consider(thread.Stack);
        Consider(_kernel.Dpcs.Stack);
        Consider(_kernel.Interrupts.Stack);
        return nearest;

        void Consider(GuestStack stack)
        {
            ulong below = stack.Limit - stackPointer;
            if (below < Reach && (nearest == null || stack.Limit < nearest.Limit))
                nearest = stack;
        }
    }

    /// <summary>The thread behind a KTHREAD, or null when it has ended or never was one.</summary>
    internal KernelThread? Find(KTHREAD* block)
    {
        foreach (KernelThread thread in _threads)
        {
            if (thread.Block == block)
                return thread;
        }
        return null;
    }

    /// <summary>A routine that lies in an image, of a thread that has not ended; 0 for none.</summary>
    internal ulong FindRoutineIn(LoadedModule image, Func<KernelThread, ulong> routineOf)
    {
        foreach (KernelThread thread in _threads)
        {
            ulong routine = routineOf(thread);
            if (image.Contains(routine))
                return routine;
        }
        return 0;
    }

    /// <summary>The calls of drivers in which threads wait, in words. Any thread; none for a machine that has
    /// stopped.</summary>
    public IReadOnlyList<string> DescribeWaits()
    {
        var waits = new List<string>();
        try
        {
            Run(() => AddWaits(waits), static () => new OutsideRequest(OutsideRequestKind.Nothing));
        }
        catch (Exception) when (StoppedBy != null)
        {
            waits.Clear();
        }
        return waits;
    }

    private void AddWaits(List<string> waits)
    {
        foreach (KernelThread thread in _threads)
        {
            VcpuExit exit = thread.Context.LastExit;
            if (thread.State != ThreadState.Waiting || exit.Frame == 0 || exit.Reason != VcpuExitReason.KernelCall
                || exit.Value >= (ulong)ExportTable.Functions.Length)
                continue;
            // SAFETY: the frame of a call that has not returned lies on the thread's own driver stack.
            ulong caller = ((KernelCallFrame*)exit.Frame)->ReturnAddress;
            waits.Add($"{ExportTable.Functions[exit.Value].Name}, called at {_kernel.Modules.Describe(caller)}");
        }
    }

    /// <summary>Kernel threads that have not ended.</summary>
    public int ThreadCount => _threads.Count;

    /// <summary>The thread with a number, or null.</summary>
    internal KernelThread? Find(uint id)
    {
        foreach (KernelThread thread in _threads)
        {
            if (thread.Id == id)
                return thread;
        }
        return null;
    }

    /// <summary>Creates a thread, ready to run; null when memory or numbers are used up.</summary>
    internal KernelThread? CreateThread(string name, KTHREAD* block, int priority, Action body)
    {
        if (!TryTakeId(out uint id))
            return null;
        GuestStack stack = _kernel.Pages.AllocateStack(DriverStackBytes);
        Ntoskrnl.InitializeThreadObject(block);
        var thread = new KernelThread(this, id, body, name)
        {
            Block = block,
            Stack = stack,
            Context = new ProcessorContext { StackPointer = stack.Top },
            Priority = priority,
            BasePriority = priority,
        };
        _threads.Add(thread);
        var host = new Thread(static state => Main((KernelThread)state!), HostStackBytes)
        {
            IsBackground = true,
            Name = $"hil {name}",
        };
        host.Start(thread);
        MakeReady(thread);
        return thread;
    }

    /// <summary>Gives the running thread another stack; returns the one it had.</summary>
    internal GuestStack SwitchStack(GuestStack stack)
    {
        KernelThread thread = CurrentThread;
        GuestStack before = thread.Stack;
        thread.Stack = stack;
        WriteCurrentThread(thread);
        return before;
    }

    private static void Main(KernelThread self)
    {
        Scheduler scheduler = self.Scheduler;
        NtKernel.Enter(scheduler._kernel);
        t_thread = self;
        self.Baton.Take();
        try
        {
            if (scheduler._stoppedBy == null)
                RunBody(self);
        }
        catch (Exception exception)
        {
            // The exception of a stop that is under way, a lost machine, or a defect of Hil: each ends everything.
            scheduler.Stop(exception);
        }
        scheduler.End(self);
        t_thread = null;
        NtKernel.Enter(null);
    }

    private static void RunBody(KernelThread self)
    {
        try
        {
            self.Body();
        }
        catch (ThreadTerminatedException)
        {
        }
        self.Scheduler.EndApcs(self);
        Ntoskrnl.CheckThreadEnd(self);
    }

    private void End(KernelThread self)
    {
        self.State = ThreadState.Terminated;
        _kernel.Processor.Irql = PASSIVE_LEVEL;
        _kernel.Processor.Context = new ProcessorContext { StackPointer = self.Stack.Top };
        _threads.Remove(self);
        if (_stoppedBy == null)
        {
            LeaveQueue(self);
            self.Block->Header.SignalState = 1;
            Signal(&self.Block->Header);
        }
        KernelThread? next = NextAfterEnd();
        Release(self);
        if (next == null)
        {
            _current = null;
            _ended.Set();
            return;
        }
        Activate(next);
        next.Baton.Give();
    }

    // The ended thread keeps the baton and idles until somebody is ready. Once the machine stops, everybody left is
    // next in turn: to throw out of its wait and end.
    private KernelThread? NextAfterEnd()
    {
        while (true)
        {
            if (_stoppedBy != null)
                return _threads.Count == 0 ? null : _threads[^1];
            if (_ready.TakeNext(_kernel.Services.Schedule) is { } next)
                return next;
            try
            {
                Idle();
            }
            catch (Exception exception)
            {
                Stop(exception);
            }
        }
    }

    private void Release(KernelThread thread)
    {
        _freeIds.Push(thread.Id);
        _kernel.Pages.FreeStack(thread.Stack);
        Ntoskrnl.ReleaseThreadObject(thread.Block);
        thread.Baton.Dispose();
    }

    private bool TryTakeId(out uint id)
    {
        if (_freeIds.TryPop(out id))
            return true;
        id = ++_lastId;
        return id <= ThreadsMax;
    }

    private void InitializeProcessorControlRegion()
    {
        // Offsets that compiled drivers read through GS; the PRCB lies at 0x180 of the KPCR.
        byte* region = (byte*)_kernel.Services.Memory.ProcessorControlRegion;
        *(void**)(region + 0x18) = region;
        *(void**)(region + 0x20) = region + 0x180;
        *(uint*)(region + 0x184) = 0;
        *(uint*)(region + 0x1A4) = 0;
    }

    private void WriteCurrentThread(KernelThread thread)
    {
        byte* region = (byte*)_kernel.Services.Memory.ProcessorControlRegion;
        *(ulong*)(region + 0x08) = thread.Stack.Top;
        *(ulong*)(region + 0x10) = thread.Stack.Limit;
        *(void**)(region + 0x188) = thread.Block;
    }
}
