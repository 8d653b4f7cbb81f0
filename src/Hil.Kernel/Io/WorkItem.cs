namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint WorkItemTag = 0x57206F49; // 'Io W'
    private const ulong QueuedIoWorkItemFreed = 2; // Parameter 1 of WORKER_INVALID.
    private const uint PlainWorkItem = 0;
    private const uint ExtendedWorkItem = 1; // The routine is an IO_WORKITEM_ROUTINE_EX and gets the item itself.

    /// <summary>Allocates a work item for a device; null when memory is exhausted.</summary>
    /// <remarks>WDK: IoAllocateWorkItem.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static IO_WORKITEM* IoAllocateWorkItem(DEVICE_OBJECT* deviceObject)
    {
        var item = (IO_WORKITEM*)NtKernel.Current.Pool.Allocate((nuint)sizeof(IO_WORKITEM), WorkItemTag, zero: true);
        if (item != null)
            IoInitializeWorkItem(deviceObject, item);
        return item;
    }

    /// <summary>Frees a work item; its own routine may do so.</summary>
    /// <remarks>WDK: IoFreeWorkItem. A queued item is bug check WORKER_INVALID.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoFreeWorkItem(IO_WORKITEM* ioWorkItem)
    {
        RequireNotQueued(ioWorkItem);
        NtKernel.Current.Pool.Free(ioWorkItem);
    }

    /// <summary>Bytes that IoInitializeWorkItem needs.</summary>
    /// <remarks>WDK: IoSizeofWorkItem.</remarks>
    [Export]
    public static uint IoSizeofWorkItem() => (uint)sizeof(IO_WORKITEM);

    /// <summary>Initialises a work item in the driver's own memory, for a device or driver object.</summary>
    /// <remarks>WDK: IoInitializeWorkItem.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoInitializeWorkItem(void* ioObject, IO_WORKITEM* ioWorkItem)
    {
        *ioWorkItem = new IO_WORKITEM { IoObject = ioObject };
        ExInitializeWorkItem(&ioWorkItem->WorkItem, NtKernel.Current.WorkQueues.IoWorker, ioWorkItem);
    }

    /// <summary>Undoes IoInitializeWorkItem.</summary>
    /// <remarks>WDK: IoUninitializeWorkItem.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoUninitializeWorkItem(IO_WORKITEM* ioWorkItem) => RequireNotQueued(ioWorkItem);

    /// <summary>Queues a work item; its routine is called with the device object and the context.</summary>
    /// <remarks>WDK: IoQueueWorkItem. The object stays referenced until the routine has returned.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoQueueWorkItem(
        IO_WORKITEM* ioWorkItem, DriverRoutine workerRoutine, WORK_QUEUE_TYPE queueType, void* context) =>
        Queue(ioWorkItem, workerRoutine, queueType, context, PlainWorkItem);

    /// <summary>As IoQueueWorkItem; the routine is also given the work item.</summary>
    /// <remarks>WDK: IoQueueWorkItemEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoQueueWorkItemEx(
        IO_WORKITEM* ioWorkItem, DriverRoutine workerRoutine, WORK_QUEUE_TYPE queueType, void* context) =>
        Queue(ioWorkItem, workerRoutine, queueType, context, ExtendedWorkItem);

    /// <summary>As IoQueueWorkItemEx; FALSE if the item is queued already.</summary>
    /// <remarks>WDK: IoTryQueueWorkItem.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN IoTryQueueWorkItem(
        IO_WORKITEM* ioWorkItem, DriverRoutine workerRoutine, WORK_QUEUE_TYPE queueType, void* context)
    {
        if (ioWorkItem->WorkItem.List.Flink != null)
            return false;
        Queue(ioWorkItem, workerRoutine, queueType, context, ExtendedWorkItem);
        return true;
    }

    /// <summary>What a worker thread does with an I/O work item.</summary>
    internal static void RunIoWorkItem(IO_WORKITEM* ioWorkItem)
    {
        // SAFETY: the routine may free the item, so everything is read before the call.
        void* ioObject = ioWorkItem->IoObject;
        DriverRoutine routine = ioWorkItem->Routine;
        var context = (ulong)ioWorkItem->Context;
        ulong item = ioWorkItem->Type == ExtendedWorkItem ? (ulong)ioWorkItem : 0;
        NtKernel kernel = NtKernel.Current;
        DRIVER_OBJECT* driver = IoWork.DriverOf(ioObject);
        kernel.Processor.CallChangingIrql(routine, (ulong)ioObject, context, item);
        RequireCleanReturn(kernel, routine, context, (ulong)ioWorkItem);
        ObfDereferenceObject(ioObject);
        kernel.WorkQueues.IoWork.End(driver);
    }

    private static void Queue(
        IO_WORKITEM* ioWorkItem, DriverRoutine routine, WORK_QUEUE_TYPE queueType, void* context, uint type)
    {
        if (ioWorkItem->WorkItem.List.Flink != null)
            FailQueued(&ioWorkItem->WorkItem);
        ObfReferenceObject(ioWorkItem->IoObject);
        NtKernel.Current.WorkQueues.IoWork.Begin(IoWork.DriverOf(ioWorkItem->IoObject));
        ioWorkItem->Routine = routine;
        ioWorkItem->Context = context;
        ioWorkItem->Type = type;
        Enqueue(&ioWorkItem->WorkItem, queueType);
    }

    // WDK: "Bug Check 0xE4".
    private static void RequireNotQueued(IO_WORKITEM* ioWorkItem)
    {
        if (ioWorkItem->WorkItem.List.Flink != null)
            NtKernel.Current.BugCheck(
                BugCheckCodes.WORKER_INVALID, QueuedIoWorkItemFreed, (ulong)ioWorkItem, ioWorkItem->Routine.Address, 0,
                $"the I/O work item at 0x{(ulong)ioWorkItem:x} was freed while it is queued");
    }
}
