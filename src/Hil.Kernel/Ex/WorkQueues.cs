namespace Hil.Kernel;

/// <summary>The system's work queues, by priority of the threads that serve them.</summary>
public sealed unsafe class WorkQueues
{
    private readonly NtKernel _kernel;
    private readonly WorkQueue?[] _byPriority = new WorkQueue?[Scheduler.Priorities];
    private readonly List<WorkQueue> _queues = [];

    internal WorkQueues(NtKernel kernel)
    {
        _kernel = kernel;
        IoWork = new IoWork(kernel);
        IoWorker = kernel.Gate.Register(static arguments =>
        {
            Ntoskrnl.RunIoWorkItem((IO_WORKITEM*)arguments[0]);
            return 0;
        });
        ExTimerDpc = kernel.Gate.Register(static arguments =>
        {
            Ntoskrnl.RunExTimer((void*)arguments[1]);
            return 0;
        });
    }

    /// <summary>The DPC routine of every EX_TIMER.</summary>
    internal DriverRoutine ExTimerDpc { get; }

    /// <summary>The worker routine of every IO_WORKITEM.</summary>
    internal DriverRoutine IoWorker { get; }

    /// <summary>I/O work items that are queued or run.</summary>
    internal IoWork IoWork { get; }

    /// <summary>Waits until no I/O work item of a driver is queued or runs, on a kernel thread at
    /// PASSIVE_LEVEL.</summary>
    public void WaitForIoWork(DRIVER_OBJECT* driver) => IoWork.WaitFor(driver);

    internal WorkQueue Of(WORK_QUEUE_TYPE type)
    {
        int priority = PriorityOf(type);
        WorkQueue? queue = _byPriority[priority];
        if (queue == null)
        {
            queue = new WorkQueue(_kernel, $"worker at priority {priority},", priority);
            _byPriority[priority] = queue;
            _queues.Add(queue);
        }
        return queue;
    }

    /// <summary>A queued item that lies in a block of memory, or null.</summary>
    internal WORK_QUEUE_ITEM* FindIn(ulong address, ulong bytes)
    {
        foreach (WorkQueue queue in _queues)
        {
            WORK_QUEUE_ITEM* item = queue.FindIn(address, bytes);
            if (item != null)
                return item;
        }
        return null;
    }

    /// <summary>The routine of a queued item that lies in an image; 0 for none.</summary>
    internal ulong FindRoutineIn(LoadedModule image)
    {
        foreach (WorkQueue queue in _queues)
        {
            ulong routine = queue.FindRoutineIn(image);
            if (routine != 0)
                return routine;
        }
        return 0;
    }

    // WDK: ExQueueWorkItem names the priorities of the critical and delayed queues; custom types carry theirs.
    private static int PriorityOf(WORK_QUEUE_TYPE type) => type switch
    {
        WORK_QUEUE_TYPE.CriticalWorkQueue => 13,
        WORK_QUEUE_TYPE.DelayedWorkQueue => 12,
        WORK_QUEUE_TYPE.HyperCriticalWorkQueue => 15,
        WORK_QUEUE_TYPE.NormalWorkQueue => 8,
        WORK_QUEUE_TYPE.BackgroundWorkQueue => 7,
        WORK_QUEUE_TYPE.RealTimeWorkQueue => 18,
        WORK_QUEUE_TYPE.SuperCriticalWorkQueue => 14,
        >= WORK_QUEUE_TYPE.CustomPriorityWorkQueue =>
            Math.Clamp((int)type - (int)WORK_QUEUE_TYPE.CustomPriorityWorkQueue, 1, HIGH_PRIORITY),
        _ => 12,
    };
}
