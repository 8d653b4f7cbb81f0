namespace Hil.Kernel;

// Exported but not in the WDK; what is here is what drivers that use them rely on.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises an APC, not queued.</summary>
    /// <param name="environment">Which address space of the thread's; there is one only.</param>
    /// <param name="kernelRoutine">Called with the APC at APC_LEVEL, and with pointers to what follows, which it may
    /// change.</param>
    /// <param name="rundownRoutine">Called in place of the others if the thread ends first; null frees the APC to
    /// pool.</param>
    /// <param name="normalRoutine">Called at PASSIVE_LEVEL, or null for a special APC.</param>
    /// <param name="mode">Of the normal routine.</param>
    [Export]
    public static void KeInitializeApc(
        KAPC* apc,
        KTHREAD* thread,
        int environment,
        DriverRoutine kernelRoutine,
        DriverRoutine rundownRoutine,
        DriverRoutine normalRoutine,
        KPROCESSOR_MODE mode,
        void* normalContext)
    {
        if (NtKernel.Current.Scheduler.FindApcIn((ulong)apc, 1) != null)
            NtKernel.Current.Violation($"the APC at 0x{(ulong)apc:x} is initialised while it is queued");
        bool isSpecial = normalRoutine.IsNull;
        *apc = new KAPC
        {
            Type = (byte)KOBJECTS.ApcObject,
            Size = (byte)sizeof(KAPC),
            Thread = thread,
            KernelRoutine = kernelRoutine,
            RundownRoutine = rundownRoutine,
            NormalRoutine = normalRoutine,
            NormalContext = isSpecial ? null : normalContext,
            ApcStateIndex = (sbyte)environment,
            ApcMode = isSpecial ? (byte)KPROCESSOR_MODE.KernelMode : (byte)mode,
        };
    }

    /// <summary>Queues an APC to its thread.</summary>
    /// <param name="increment">Priority boost for a thread whose wait it ends.</param>
    /// <returns>FALSE if it is queued already, or the thread has ended.</returns>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeInsertQueueApc(KAPC* apc, void* systemArgument1, void* systemArgument2, int increment)
    {
        RequireApc(apc);
        if (apc->Inserted)
            return false;
        Scheduler scheduler = NtKernel.Current.Scheduler;
        apc->SystemArgument1 = systemArgument1;
        apc->SystemArgument2 = systemArgument2;
        apc->Inserted = true;
        if (!scheduler.InsertApc(apc, increment))
        {
            apc->Inserted = false;
            return false;
        }
        scheduler.DeliverApcs();
        scheduler.PreemptionPoint();
        return true;
    }

    /// <summary>Takes an APC out of its thread's queue; FALSE if it is not in it.</summary>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeRemoveQueueApc(KAPC* apc)
    {
        RequireApc(apc);
        if (!apc->Inserted)
            return false;
        apc->Inserted = false;
        return NtKernel.Current.Scheduler.RemoveApc(apc);
    }

    /// <summary>Ends an alertable wait of a thread's, or its next one, with STATUS_ALERTED.</summary>
    /// <param name="alertMode">KernelMode reaches waits in both modes.</param>
    /// <returns>TRUE if the thread had been alerted in this mode and has not waited since; FALSE for one that has
    /// ended.</returns>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeAlertThread(KTHREAD* thread, KPROCESSOR_MODE alertMode)
    {
        Scheduler scheduler = NtKernel.Current.Scheduler;
        if (PointerCheck.Follow<KTHREAD>(thread, "Thread")->Header.Type != (byte)KOBJECTS.ThreadObject)
            FailWrongObject(&thread->Header, "a thread");
        KernelThread? target = scheduler.Find(thread);
        bool before = target != null && scheduler.Alert(target, alertMode);
        scheduler.PreemptionPoint();
        return before;
    }

    /// <summary>Tells whether the running thread was alerted, which is over then. In user mode queued user APCs are
    /// due from now on.</summary>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeTestAlertThread(KPROCESSOR_MODE alertMode)
    {
        ThreadApcs apcs = NtKernel.Current.Scheduler.CurrentThread.Apcs;
        bool before = apcs.TryHearAlert(alertMode);
        if (!before && alertMode == KPROCESSOR_MODE.UserMode && apcs.HasUser)
            apcs.IsUserPending = true;
        return before;
    }

    /// <summary>Alerts the thread of a handle in kernel mode.</summary>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwAlertThread(void* threadHandle)
    {
        NTSTATUS status = ObjectOf(threadHandle, ObjectType.Thread, out KernelObject? thread);
        if (status.IsSuccess)
            KeAlertThread((KTHREAD*)thread!.Address, KPROCESSOR_MODE.KernelMode);
        return status;
    }

    private static void RequireApc(KAPC* apc)
    {
        if (PointerCheck.Follow<KAPC>(apc, "Apc")->Type != (byte)KOBJECTS.ApcObject)
            NtKernel.Current.BugCheck(
                BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, (ulong)apc, NtKernel.Current.Processor.Irql, 0,
                NtKernel.Current.Processor.DriverRip,
                $"0x{(ulong)apc:x} was used as an APC, but is none (type {apc->Type}): never initialised, or "
                + "overwritten");
    }
}
