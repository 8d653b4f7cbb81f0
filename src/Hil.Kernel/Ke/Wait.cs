namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Waits until an object is signalled, or the timeout is over.</summary>
    /// <param name="object">Event, semaphore, mutex, timer or thread.</param>
    /// <param name="timeout">100 ns units, negative for relative; null waits for ever, zero only tests.</param>
    /// <returns>STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_ABANDONED_WAIT_0 for a mutex left behind by its owner,
    /// STATUS_ALERTED, STATUS_USER_APC.</returns>
    /// <remarks>WDK: KeWaitForSingleObject. A wait that could block at DISPATCH_LEVEL or above is a bug
    /// check.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS KeWaitForSingleObject(
        void* @object, KWAIT_REASON waitReason, KPROCESSOR_MODE waitMode, BOOLEAN alertable, long* timeout)
    {
        Scheduler scheduler = NtKernel.Current.Scheduler;
        DISPATCHER_HEADER* header = RequireWaitable(@object, "Object");
        long due = DueOf(timeout);
        if (due != 0)
            RequireMayBlock(header);
        KernelThread thread = scheduler.CurrentThread;
        thread.Waits[0].Object = header;
        return scheduler.Wait(thread, 1, forAll: false, due, waitMode, alertable);
    }

    /// <inheritdoc cref="KeWaitForSingleObject"/>
    /// <remarks>WDK: KeWaitForMutexObject, another name of KeWaitForSingleObject.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS KeWaitForMutexObject(
        void* mutex, KWAIT_REASON waitReason, KPROCESSOR_MODE waitMode, BOOLEAN alertable, long* timeout) =>
        KeWaitForSingleObject(mutex, waitReason, waitMode, alertable, timeout);

    /// <summary>Waits until one or all of several objects are signalled, or the timeout is over.</summary>
    /// <param name="waitBlockArray">Storage for more than three objects; Hil keeps waits on its own side, but a null is
    /// reported, because Windows bug-checks on it.</param>
    /// <returns>STATUS_WAIT_0 + index (any), STATUS_SUCCESS (all), STATUS_TIMEOUT, STATUS_ABANDONED_WAIT_0 + index,
    /// STATUS_ALERTED, STATUS_USER_APC.</returns>
    /// <remarks>WDK: KeWaitForMultipleObjects.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS KeWaitForMultipleObjects(
        uint count,
        void** @object,
        WAIT_TYPE waitType,
        KWAIT_REASON waitReason,
        KPROCESSOR_MODE waitMode,
        BOOLEAN alertable,
        long* timeout,
        KWAIT_BLOCK* waitBlockArray)
    {
        RequireWaitCount(count, waitBlockArray);
        return WaitForObjects(count, @object, waitType, waitMode, alertable, timeout);
    }

    private static NTSTATUS WaitForObjects(
        uint count, void** objects, WAIT_TYPE waitType, KPROCESSOR_MODE waitMode, BOOLEAN alertable, long* timeout)
    {
        Scheduler scheduler = NtKernel.Current.Scheduler;
        KernelThread thread = scheduler.CurrentThread;
        WaitSlot[] slots = thread.SlotsFor((int)count);
        for (uint i = 0; i < count; i++)
            slots[i].Object = RequireWaitable(objects[i], "Object[]");
        long due = DueOf(timeout);
        if (due != 0)
            RequireMayBlock(slots[0].Object);
        return scheduler.Wait(thread, (int)count, waitType == WAIT_TYPE.WaitAll, due, waitMode, alertable);
    }

    /// <summary>Does nothing for a time; other threads run meanwhile.</summary>
    /// <param name="interval">100 ns units, negative for relative.</param>
    /// <returns>STATUS_SUCCESS, STATUS_ALERTED, STATUS_USER_APC.</returns>
    /// <remarks>WDK: KeDelayExecutionThread.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE waitMode, BOOLEAN alertable, long* interval)
    {
        Scheduler scheduler = NtKernel.Current.Scheduler;
        RequireMayBlock(null);
        long due = DueOf(interval);
        NTSTATUS status = scheduler.Wait(scheduler.CurrentThread, 0, forAll: false, due, waitMode, alertable);
        if (status != STATUS_TIMEOUT)
            return status;
        if (due == 0)
            scheduler.Yield();
        return STATUS_SUCCESS;
    }

    /// <summary>Lets another ready thread of the same priority run.</summary>
    /// <returns>STATUS_SUCCESS, or STATUS_NO_YIELD_PERFORMED when there was none.</returns>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS ZwYieldExecution() =>
        NtKernel.Current.Scheduler.Yield() ? STATUS_SUCCESS : STATUS_NO_YIELD_PERFORMED;

    /// <summary>Waits inside the kernel, without a timeout, for an object that is known to be good.</summary>
    internal static void WaitFor(DISPATCHER_HEADER* header)
    {
        Scheduler scheduler = NtKernel.Current.Scheduler;
        RequireMayBlock(header);
        KernelThread thread = scheduler.CurrentThread;
        thread.Waits[0].Object = header;
        scheduler.Wait(thread, 1, forAll: false, long.MaxValue);
    }

    // Interrupt time of a timeout: 0 only tests, long.MaxValue waits for ever.
    private static long DueOf(long* timeout)
    {
        if (timeout == null)
            return long.MaxValue;
        return *timeout == 0 ? 0 : Math.Max(1, TimerQueue.ToInterruptTime(NtKernel.Current.Clock, *timeout));
    }

    private static DISPATCHER_HEADER* RequireWaitable(void* pointer, string what)
    {
        DISPATCHER_HEADER* header = PointerCheck.Follow<DISPATCHER_HEADER>(pointer, what);
        if (!IsWaitable((KOBJECTS)header->Type))
            FailNotWaitable(header);
        return header;
    }

    private static bool IsWaitable(KOBJECTS type) => type is
        KOBJECTS.EventNotificationObject or KOBJECTS.EventSynchronizationObject or KOBJECTS.MutantObject
        or KOBJECTS.ProcessObject or KOBJECTS.SemaphoreObject or KOBJECTS.ThreadObject
        or KOBJECTS.TimerNotificationObject or KOBJECTS.TimerSynchronizationObject;

    private static void FailNotWaitable(DISPATCHER_HEADER* header) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, (ulong)header, NtKernel.Current.Processor.Irql, 0,
            NtKernel.Current.Processor.DriverRip,
            $"a wait for 0x{(ulong)header:x}, which is no object that can be waited for (type {header->Type})");

    // A DPC that waits is bug check 0xB8 (WDK: "Bug Check 0xB8"); other code at DISPATCH_LEVEL dies of 0xA in the
    // dispatcher.
    private static void RequireMayBlock(DISPATCHER_HEADER* header)
    {
        NtKernel kernel = NtKernel.Current;
        if (kernel.Processor.Irql < DISPATCH_LEVEL)
            return;
        KernelThread? current = kernel.Scheduler.Current;
        if (kernel.Dpcs.IsDraining)
            kernel.BugCheck(
                BugCheckCodes.ATTEMPTED_SWITCH_FROM_DPC, current == null ? 0 : (ulong)current.Block, 0, 0, 0,
                $"a DPC routine tried to wait, for 0x{(ulong)header:x}");
        kernel.BugCheck(
            BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, (ulong)header, kernel.Processor.Irql, 0, kernel.Processor.DriverRip,
            $"a wait that could block at {kernel.Processor.Irql}, for 0x{(ulong)header:x}");
    }

    private static void RequireWaitCount(uint count, KWAIT_BLOCK* waitBlockArray)
    {
        uint allowed = waitBlockArray == null ? THREAD_WAIT_OBJECTS : MAXIMUM_WAIT_OBJECTS;
        if (count == 0 || count > allowed)
            NtKernel.Current.BugCheck(
                BugCheckCodes.MAXIMUM_WAIT_OBJECTS_EXCEEDED, count, 0, 0, 0,
                $"a wait for {count} objects {(waitBlockArray == null ? "without" : "with")} a wait block array; "
                + $"{allowed} are allowed");
    }
}
