namespace Hil.Kernel;

internal enum ThreadState : byte
{
    /// <summary>In a ready queue, or about to be.</summary>
    Ready,

    /// <summary>Holds the baton for work of its own.</summary>
    Running,

    /// <summary>Waits; it may hold the baton to idle.</summary>
    Waiting,

    Terminated,
}

/// <summary>A kernel thread: a host thread, a driver stack and a KTHREAD block, run by one scheduler.</summary>
internal sealed unsafe class KernelThread
{
    /// <summary>Size of the block that drivers see as KTHREAD; opaque to them but for its dispatcher header.</summary>
    public const int BlockBytes = 0x800;

    private const int UsualWaitObjects = 4; // More are made room for once, when a thread first waits for more.

    public KernelThread(Scheduler scheduler, uint id, Action body, string name)
    {
        Scheduler = scheduler;
        Id = id;
        Body = body;
        Name = name;
        Waits = CreateSlots(UsualWaitObjects);
    }

    public Scheduler Scheduler { get; }

    /// <summary>Number of the floating-point context, non-zero; what drivers see as thread id is four times
    /// it.</summary>
    public uint Id { get; }

    public Action Body { get; }

    public string Name { get; }

    /// <summary>The driver's routine that it runs; 0 for the kernel's own threads.</summary>
    public ulong StartRoutine { get; set; }

    public Baton Baton { get; } = new();

    public required KTHREAD* Block { get; init; }

    public required GuestStack Stack { get; set; }

    public ThreadState State { get; set; }

    public int Priority { get; set; } = Scheduler.DefaultPriority;

    /// <summary>Priority without the boost of its last wait.</summary>
    public int BasePriority { get; set; } = Scheduler.DefaultPriority;

    /// <summary>Whether it has a system affinity (KeSetSystemAffinityThreadEx).</summary>
    public bool IsBound { get; set; }

    /// <summary>Interrupt time at which a thread of equal priority may take over.</summary>
    public long QuantumEnd { get; set; }

    /// <summary>Time that it has run, in 100 ns units, while such times are counted.</summary>
    public long RunTime { get; set; }

    /// <summary>Next thread in the ready queue.</summary>
    public KernelThread? NextReady { get; set; }

    /// <summary>The pool that it serves, or null.</summary>
    public WorkerPool? Pool { get; set; }

    /// <summary>IRQL to return to; valid while it does not run.</summary>
    public KIRQL Irql { get; set; }

    /// <summary>Place on the driver stack to return to; valid while it does not run.</summary>
    public ProcessorContext Context { get; set; }

    /// <summary>Objects waited for, as many as <see cref="WaitCount"/>.</summary>
    public WaitSlot[] Waits { get; private set; }

    public int WaitCount { get; set; }

    public bool WaitsForAll { get; set; }

    /// <summary>Whether a kernel APC may end the wait, to go on with it afterwards.</summary>
    public bool WaitTakesApcs { get; set; }

    /// <summary>Whether alerts and, in user mode, user APCs end the wait.</summary>
    public bool WaitIsAlertable { get; set; }

    public KPROCESSOR_MODE WaitMode { get; set; }

    public NTSTATUS WaitStatus { get; set; }

    public ThreadApcs Apcs { get; } = new();

    /// <summary>The queue object that it belongs to, or null.</summary>
    public KQUEUE* Queue { get; set; }

    /// <summary>Whether it counts as one of its queue's threads that are working.</summary>
    public bool IsAtQueueWork { get; set; }

    /// <summary>The entry that ended its wait for a queue.</summary>
    public LIST_ENTRY* QueueEntry { get; set; }

    /// <summary>Index in the timer heap, or -1.</summary>
    public int TimerIndex { get; set; } = -1;

    /// <summary>Zero when normal kernel APCs are enabled, negative in critical regions.</summary>
    public int KernelApcDisable { get; set; }

    /// <summary>Zero when special kernel APCs are enabled, negative in guarded regions.</summary>
    public int SpecialApcDisable { get; set; }

    /// <summary>Whether it is in a critical or guarded region; also one that owns a mutex is.</summary>
    public bool IsInRegion => (KernelApcDisable | SpecialApcDisable) != 0;

    /// <summary>Both counts as Windows joins them.</summary>
    public uint CombinedApcDisable => ((uint)(ushort)SpecialApcDisable << 16) | (ushort)KernelApcDisable;

    /// <summary>The dispatch routine that returned in another region than it was called in, or 0.</summary>
    public ulong RegionChangedBy { get; set; }

    /// <summary>The routine of the work item that it runs, or 0.</summary>
    public ulong WorkRoutine { get; set; }

    /// <summary>Who asked for the system service that the thread is in; the kernel outside of any.</summary>
    public KPROCESSOR_MODE PreviousMode { get; set; }

    /// <summary>Whether the thread came into the kernel with an application's system service.</summary>
    public bool IsInUserCall { get; set; }

    /// <summary>What PsSetCurrentThreadPrefetching said.</summary>
    public bool IsPrefetching { get; set; }

    /// <summary>Priority of its pages, 1 to 5. There is no paging, so that nothing follows from it.</summary>
    public uint PagePriority { get; set; } = 5; // MEMORY_PRIORITY_NORMAL.

    /// <summary>What KeSetKernelStackSwapEnable said. The stack stays in memory anyway.</summary>
    public bool IsStackSwappable { get; set; } = true;

    /// <summary>Mutexes that the thread owns, for the check at its end.</summary>
    public List<nint> OwnedMutants { get; } = new(4);

    public NTSTATUS ExitStatus { get; set; }

    /// <summary>Whether the user is to hear of errors in the thread's requests.</summary>
    public bool HasHardErrors { get; set; } = true;

    /// <summary>The device whose medium it waits for, or null.</summary>
    public DEVICE_OBJECT* DeviceToVerify { get; set; }

    public WaitSlot[] SlotsFor(int count)
    {
        if (Waits.Length < count)
            Waits = CreateSlots((int)MAXIMUM_WAIT_OBJECTS);
        return Waits;
    }

    private WaitSlot[] CreateSlots(int count)
    {
        var slots = new WaitSlot[count];
        for (int i = 0; i < count; i++)
            slots[i] = new WaitSlot(this, i);
        return slots;
    }
}
