namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint ThreadPriority = 2;
    private const uint ThreadBasePriority = 3;
    private const uint ThreadAffinityMask = 4;
    private const uint ThreadPagePriority = 24;

    /// <summary>Sets a thread's priority or that of its pages, or which processors it may run on.</summary>
    /// <param name="threadInformationClass">ThreadPriority (1 to 31), ThreadBasePriority (-2 to 2, or one of the two
    /// extremes, -15 and 15), ThreadAffinityMask, ThreadPagePriority (1 to 5).</param>
    /// <returns>STATUS_INVALID_INFO_CLASS for any other, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER for a
    /// value out of range, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_THREAD_IS_TERMINATING.</returns>
    /// <remarks>WDK: ZwSetInformationThread.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwSetInformationThread(
        void* threadHandle, uint threadInformationClass, void* threadInformation, uint threadInformationLength)
    {
        uint bytes = threadInformationClass switch
        {
            ThreadPriority or ThreadBasePriority or ThreadPagePriority => sizeof(int),
            ThreadAffinityMask => (uint)sizeof(nuint),
            _ => 0,
        };
        if (bytes == 0)
            return STATUS_INVALID_INFO_CLASS;
        if (threadInformationLength != bytes)
            return STATUS_INFO_LENGTH_MISMATCH;
        DriverMemory.RequireReadable(threadInformation, bytes, nameof(ZwSetInformationThread));
        NTSTATUS status = ObjectOf(threadHandle, ObjectType.Thread, out KernelObject? found);
        if (!status.IsSuccess)
            return status;
        var thread = (KTHREAD*)found!.Address;
        KernelThread? running = NtKernel.Current.Scheduler.Find(thread);
        if (running == null)
            return STATUS_THREAD_IS_TERMINATING;
        return threadInformationClass switch
        {
            ThreadPriority => SetThreadPriority(thread, *(int*)threadInformation),
            ThreadBasePriority => SetThreadBasePriority(thread, *(int*)threadInformation),
            ThreadPagePriority => SetPagePriority(running, *(uint*)threadInformation),
            _ => (*(nuint*)threadInformation & OnlyProcessor) != 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER,
        };
    }

    /// <summary>Tells the priority of a thread's pages.</summary>
    /// <param name="threadInformationClass">ThreadPagePriority, the only one that drivers may ask for.</param>
    /// <param name="threadInformation">Gets a PAGE_PRIORITY_INFORMATION.</param>
    /// <param name="returnLength">Gets the bytes that the answer takes; may be null.</param>
    /// <returns>STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_HANDLE,
    /// STATUS_OBJECT_TYPE_MISMATCH, STATUS_THREAD_IS_TERMINATING.</returns>
    /// <remarks>WDK: ZwQueryInformationThread.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryInformationThread(
        void* threadHandle, uint threadInformationClass, void* threadInformation, uint threadInformationLength,
        uint* returnLength)
    {
        if (threadInformationClass != ThreadPagePriority)
            return STATUS_INVALID_INFO_CLASS;
        NTSTATUS status = ObjectOf(threadHandle, ObjectType.Thread, out KernelObject? found);
        if (!status.IsSuccess)
            return status;
        if (returnLength != null)
            *returnLength = sizeof(uint);
        if (threadInformationLength != sizeof(uint))
            return STATUS_INFO_LENGTH_MISMATCH;
        DriverMemory.RequireWritable(threadInformation, sizeof(uint), nameof(ZwQueryInformationThread));
        KernelThread? thread = NtKernel.Current.Scheduler.Find((KTHREAD*)found!.Address);
        if (thread == null)
            return STATUS_THREAD_IS_TERMINATING;
        *(uint*)threadInformation = thread.PagePriority;
        return STATUS_SUCCESS;
    }

    private static NTSTATUS SetPagePriority(KernelThread thread, uint priority)
    {
        const uint Normal = 5;
        if (priority is 0 or > Normal)
            return STATUS_INVALID_PARAMETER;
        thread.PagePriority = priority;
        return STATUS_SUCCESS;
    }

    private static NTSTATUS SetThreadPriority(KTHREAD* thread, int priority)
    {
        if (priority is <= LOW_PRIORITY or > HIGH_PRIORITY)
            return STATUS_INVALID_PARAMETER;
        KeSetPriorityThread(thread, priority);
        return STATUS_SUCCESS;
    }

    private static NTSTATUS SetThreadBasePriority(KTHREAD* thread, int increment)
    {
        const int Idle = -15;
        const int TimeCritical = 15;
        if (increment is not (>= -2 and <= 2 or Idle or TimeCritical))
            return STATUS_INVALID_PARAMETER;
        KeSetBasePriorityThread(thread, increment);
        return STATUS_SUCCESS;
    }
}
