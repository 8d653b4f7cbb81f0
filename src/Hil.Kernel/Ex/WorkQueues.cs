namespace Hil.Kernel;

/// <summary>The system's work queues, by priority of the threads that serve them.</summary>
public sealed unsafe class WorkQueues
{
    private readonly NtKernel _kernel;
    private readonly WorkQueue?[] _byPriority = new WorkQueue?[Scheduler.Priorities];

    internal WorkQueues(NtKernel kernel)
    {
        _kernel = kernel;
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

    internal WorkQueue Of(WORK_QUEUE_TYPE type)
    {
        int priority = PriorityOf(type);
        return _byPriority[priority] ??= new WorkQueue(_kernel, $"worker at priority {priority},", priority);
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
