namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>The running thread. x64 drivers have it inlined as a read through GS.</summary>
    /// <remarks>WDK: KeGetCurrentThread.</remarks>
    [Export]
    public static KTHREAD* KeGetCurrentThread()
    {
        KernelThread? current = NtKernel.Current.Scheduler.Current;
        return current == null ? null : current.Block;
    }

    /// <summary>Sets a thread's priority; returns the old one.</summary>
    /// <param name="priority">1 to 31; 16 and above is real-time.</param>
    /// <remarks>WDK: KeSetPriorityThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeSetPriorityThread(KTHREAD* thread, int priority)
    {
        KernelThread target = RequireThread(thread);
        int old = target.Priority;
        target.BasePriority = Math.Clamp(priority, 1, HIGH_PRIORITY);
        SetPriority(target, target.BasePriority);
        return old;
    }

    /// <summary>A thread's priority, boost included.</summary>
    /// <remarks>WDK: KeQueryPriorityThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeQueryPriorityThread(KTHREAD* thread) => RequireThread(thread).Priority;

    /// <summary>Sets a thread's priority relative to that of its process (8); returns the old increment.</summary>
    /// <remarks>WDK: KeSetBasePriorityThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeSetBasePriorityThread(KTHREAD* thread, int increment)
    {
        KernelThread target = RequireThread(thread);
        int old = target.BasePriority - Scheduler.DefaultPriority;
        target.BasePriority = Math.Clamp(Scheduler.DefaultPriority + increment, 1, HIGH_PRIORITY);
        SetPriority(target, target.BasePriority);
        return old;
    }

    /// <summary>Sets the processor that a thread runs on if it can, of which there is one.</summary>
    /// <returns>The one before: 0.</returns>
    /// <remarks>WDK: KeSetIdealProcessorThread. A processor that there is not changes nothing.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static byte KeSetIdealProcessorThread(KTHREAD* thread, byte processor)
    {
        RequireThread(thread);
        return 0;
    }

    private static void SetPriority(KernelThread thread, int priority)
    {
        Scheduler scheduler = NtKernel.Current.Scheduler;
        scheduler.SetPriority(thread, priority);
        scheduler.PreemptionPoint();
    }

    private static KernelThread RequireThread(KTHREAD* block)
    {
        KernelThread? thread = NtKernel.Current.Scheduler.Find(block);
        if (thread == null)
            FailWrongObject(&block->Header, "a running thread");
        return thread!;
    }
}
