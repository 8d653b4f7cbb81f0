namespace Hil.Kernel;

// IoInitializeDpcRequest and IoRequestDpc are macros over KeInitializeDpc and KeInsertQueueDpc with DEVICE_OBJECT.Dpc.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises a DPC.</summary>
    /// <remarks>WDK: KeInitializeDpc.</remarks>
    [Export]
    public static void KeInitializeDpc(KDPC* dpc, DriverRoutine deferredRoutine, void* deferredContext) =>
        InitializeDpc(dpc, KOBJECTS.DpcObject, deferredRoutine, deferredContext);

    /// <summary>Initialises a threaded DPC. Hil runs it as an ordinary one, which Windows may do as well.</summary>
    /// <remarks>WDK: KeInitializeThreadedDpc, "Introduction to Threaded DPCs".</remarks>
    [Export]
    public static void KeInitializeThreadedDpc(KDPC* dpc, DriverRoutine deferredRoutine, void* deferredContext) =>
        InitializeDpc(dpc, KOBJECTS.ThreadedDpcObject, deferredRoutine, deferredContext);

    /// <summary>Queues a DPC; FALSE if it is queued already, in which case nothing changes.</summary>
    /// <remarks>WDK: KeInsertQueueDpc. Below DISPATCH_LEVEL it runs before the call returns.</remarks>
    [Export]
    public static BOOLEAN KeInsertQueueDpc(KDPC* dpc, void* systemArgument1, void* systemArgument2)
    {
        NtKernel kernel = NtKernel.Current;
        RequireDpc(dpc);
        bool inserted = kernel.Dpcs.Insert(dpc, systemArgument1, systemArgument2);
        if (inserted && kernel.Processor.Irql < DISPATCH_LEVEL)
            kernel.Scheduler.PreemptionPoint();
        return inserted;
    }

    /// <summary>Takes a DPC out of the queue; TRUE if it was queued.</summary>
    /// <remarks>WDK: KeRemoveQueueDpc.</remarks>
    [Export]
    public static BOOLEAN KeRemoveQueueDpc(KDPC* dpc)
    {
        RequireDpc(dpc);
        return NtKernel.Current.Dpcs.Remove(dpc);
    }

    /// <summary>Returns when every DPC that was queued before has run.</summary>
    /// <remarks>WDK: KeFlushQueuedDpcs.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void KeFlushQueuedDpcs()
    {
        NtKernel kernel = NtKernel.Current;
        if (kernel.Dpcs.HasQueued && kernel.Processor.Irql < DISPATCH_LEVEL)
            kernel.Dpcs.Drain();
    }

    /// <summary>Sets where in the queue a DPC goes.</summary>
    /// <remarks>WDK: KeSetImportanceDpc.</remarks>
    [Export]
    public static void KeSetImportanceDpc(KDPC* dpc, KDPC_IMPORTANCE importance)
    {
        RequireDpc(dpc);
        dpc->Importance = (byte)importance;
    }

    /// <summary>Chooses the processor of a DPC; there is only number 0.</summary>
    /// <remarks>WDK: KeSetTargetProcessorDpc.</remarks>
    [Export]
    public static void KeSetTargetProcessorDpc(KDPC* dpc, sbyte number)
    {
        RequireDpc(dpc);
        if (number != 0)
            NtKernel.Current.Violation($"KeSetTargetProcessorDpc names processor {number}; there is only processor 0");
    }

    /// <summary>Chooses the processor of a DPC; STATUS_INVALID_PARAMETER if there is none of that number.</summary>
    /// <remarks>WDK: KeSetTargetProcessorDpcEx.</remarks>
    [Export]
    public static NTSTATUS KeSetTargetProcessorDpcEx(KDPC* dpc, PROCESSOR_NUMBER* procNumber)
    {
        RequireDpc(dpc);
        return procNumber->Group == 0 && procNumber->Number == 0 && procNumber->Reserved == 0
            ? STATUS_SUCCESS
            : STATUS_INVALID_PARAMETER;
    }

    internal static bool IsDpc(KDPC* dpc) => dpc->Type is (byte)KOBJECTS.DpcObject or (byte)KOBJECTS.ThreadedDpcObject;

    private static void InitializeDpc(KDPC* dpc, KOBJECTS type, DriverRoutine routine, void* context)
    {
        if (NtKernel.Current.Dpcs.FindIn((ulong)dpc, 1) != null)
            NtKernel.Current.Violation($"the DPC at 0x{(ulong)dpc:x} is initialised while it is queued");
        *dpc = default;
        dpc->Type = (byte)type;
        dpc->Importance = (byte)KDPC_IMPORTANCE.MediumImportance;
        dpc->DeferredRoutine = routine;
        dpc->DeferredContext = context;
    }

    private static void RequireDpc(KDPC* dpc)
    {
        if (!IsDpc(dpc))
            NtKernel.Current.BugCheck(
                BugCheckCodes.TIMER_OR_DPC_INVALID, 1, (ulong)dpc, 0, 0,
                $"0x{(ulong)dpc:x} was used as a DPC, but is none (type {dpc->Type}): "
                + "never initialised, or overwritten");
    }
}
