namespace Hil.Kernel;

// A cancel-safe queue is the driver's own: it gives the routines that insert, remove, look and lock. What is done
// here is the race between removal and cancellation. Tail.Overlay.DriverContext[3] leads from an IRP to its context,
// if it was inserted with one, or to its queue; both begin with a type word that tells them apart.

public static unsafe partial class Ntoskrnl
{
    private const int CsqContext = 3;

    /// <summary>Sets up a cancel-safe queue.</summary>
    /// <returns>STATUS_SUCCESS.</returns>
    /// <remarks>WDK: IoCsqInitialize.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoCsqInitialize(
        IO_CSQ* csq,
        DriverRoutine csqInsertIrp,
        DriverRoutine csqRemoveIrp,
        DriverRoutine csqPeekNextIrp,
        DriverRoutine csqAcquireLock,
        DriverRoutine csqReleaseLock,
        DriverRoutine csqCompleteCanceledIrp)
    {
        *csq = new IO_CSQ
        {
            Type = (uint)IO_TYPE_CSQ,
            CsqInsertIrp = csqInsertIrp,
            CsqRemoveIrp = csqRemoveIrp,
            CsqPeekNextIrp = csqPeekNextIrp,
            CsqAcquireLock = csqAcquireLock,
            CsqReleaseLock = csqReleaseLock,
            CsqCompleteCanceledIrp = csqCompleteCanceledIrp,
        };
        return STATUS_SUCCESS;
    }

    /// <summary>As IoCsqInitialize; the insert routine takes a context and may refuse.</summary>
    /// <remarks>WDK: IoCsqInitializeEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoCsqInitializeEx(
        IO_CSQ* csq,
        DriverRoutine csqInsertIrp,
        DriverRoutine csqRemoveIrp,
        DriverRoutine csqPeekNextIrp,
        DriverRoutine csqAcquireLock,
        DriverRoutine csqReleaseLock,
        DriverRoutine csqCompleteCanceledIrp)
    {
        IoCsqInitialize(
            csq, csqInsertIrp, csqRemoveIrp, csqPeekNextIrp, csqAcquireLock, csqReleaseLock, csqCompleteCanceledIrp);
        csq->Type = (uint)IO_TYPE_CSQ_EX;
        return STATUS_SUCCESS;
    }

    /// <summary>Queues an IRP and marks it pending.</summary>
    /// <param name="context">Names the IRP for IoCsqRemoveIrp; may be null.</param>
    /// <remarks>WDK: IoCsqInsertIrp.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoCsqInsertIrp(IO_CSQ* csq, IRP* irp, IO_CSQ_IRP_CONTEXT* context) =>
        IoCsqInsertIrpEx(csq, irp, context, null);

    /// <summary>As IoCsqInsertIrp, with a context for the insert routine.</summary>
    /// <returns>What the insert routine returned; the IRP is not queued if that is an error.</returns>
    /// <remarks>WDK: IoCsqInsertIrpEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoCsqInsertIrpEx(IO_CSQ* csq, IRP* irp, IO_CSQ_IRP_CONTEXT* context, void* insertContext)
    {
        csq->ReservePointer = null;
        byte* irql = LockCsq(csq);
        Remember(csq, irp, context);
        NTSTATUS status = CallInsert(csq, irp, insertContext);
        if (!status.IsSuccess)
        {
            Forget(irp, context);
            UnlockCsq(csq, irql);
            return status;
        }

        IoMarkIrpPending(irp);
        IoSetCancelRoutine(irp, NtKernel.Current.Io.CsqCancel);

        // Cancelled before the routine was there to be called: whoever takes it out now cancels.
        bool isCancelled = irp->Cancel && !IoSetCancelRoutine(irp, default).IsNull;
        if (isCancelled)
        {
            Processor.Current.Call(csq->CsqRemoveIrp, csq, irp);
            Forget(irp, context);
        }
        UnlockCsq(csq, irql);
        if (isCancelled)
            Processor.Current.Call(csq->CsqCompleteCanceledIrp, csq, irp);
        return status;
    }

    /// <summary>Takes the IRP that a context names out of its queue.</summary>
    /// <returns>Null if it is being cancelled or was removed.</returns>
    /// <remarks>WDK: IoCsqRemoveIrp.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static IRP* IoCsqRemoveIrp(IO_CSQ* csq, IO_CSQ_IRP_CONTEXT* context)
    {
        csq->ReservePointer = null;
        byte* irql = LockCsq(csq);
        IRP* irp = context->Irp;
        if (irp != null && IoSetCancelRoutine(irp, default).IsNull)
            irp = null;
        if (irp != null)
        {
            Processor.Current.Call(csq->CsqRemoveIrp, csq, irp);
            Forget(irp, context);
        }
        UnlockCsq(csq, irql);
        return irp;
    }

    /// <summary>Takes the next IRP that matches out of the queue.</summary>
    /// <param name="peekContext">For the driver's peek routine; null matches any.</param>
    /// <returns>Null if there is none.</returns>
    /// <remarks>WDK: IoCsqRemoveNextIrp.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static IRP* IoCsqRemoveNextIrp(IO_CSQ* csq, void* peekContext)
    {
        csq->ReservePointer = null;
        byte* irql = LockCsq(csq);
        IRP* irp = PeekCsq(csq, null, peekContext);

        // One without a cancel routine is on its way to its cancel routine, which waits for the lock.
        while (irp != null && IoSetCancelRoutine(irp, default).IsNull)
            irp = PeekCsq(csq, irp, peekContext);
        if (irp != null)
        {
            Processor.Current.Call(csq->CsqRemoveIrp, csq, irp);
            Forget(irp, ContextOf(irp));
        }
        UnlockCsq(csq, irql);
        return irp;
    }

    /// <summary>The cancel routine of every IRP in a cancel-safe queue.</summary>
    internal static ulong CancelInQueue(IRP* irp)
    {
        IoReleaseCancelSpinLock(irp->CancelIrql);
        IO_CSQ_IRP_CONTEXT* context = ContextOf(irp);
        IO_CSQ* csq = context == null
            ? PointerCheck.Follow<IO_CSQ>((void*)irp->Tail.Overlay.DriverContext[CsqContext], "DriverContext[3]")
            : PointerCheck.Follow<IO_CSQ>(context->Csq, "IO_CSQ_IRP_CONTEXT.Csq");
        csq->ReservePointer = null;
        byte* irql = LockCsq(csq);
        Processor.Current.Call(csq->CsqRemoveIrp, csq, irp);
        Forget(irp, context);
        UnlockCsq(csq, irql);
        Processor.Current.Call(csq->CsqCompleteCanceledIrp, csq, irp);
        return 0;
    }

    private static void Remember(IO_CSQ* csq, IRP* irp, IO_CSQ_IRP_CONTEXT* context)
    {
        irp->Tail.Overlay.DriverContext[CsqContext] = context == null ? (nuint)csq : (nuint)context;
        if (context != null)
            *context = new IO_CSQ_IRP_CONTEXT { Type = (uint)IO_TYPE_CSQ_IRP_CONTEXT, Irp = irp, Csq = csq };
    }

    private static void Forget(IRP* irp, IO_CSQ_IRP_CONTEXT* context)
    {
        irp->Tail.Overlay.DriverContext[CsqContext] = 0;
        if (context != null)
            context->Irp = null;
    }

    private static IO_CSQ_IRP_CONTEXT* ContextOf(IRP* irp)
    {
        void* owner = (void*)irp->Tail.Overlay.DriverContext[CsqContext];
        uint type = *PointerCheck.Follow<uint>(
            owner, "Irp->Tail.Overlay.DriverContext[3] of an IRP in a cancel-safe queue");
        return type == (uint)IO_TYPE_CSQ_IRP_CONTEXT ? (IO_CSQ_IRP_CONTEXT*)owner : null;
    }

    private static NTSTATUS CallInsert(IO_CSQ* csq, IRP* irp, void* insertContext)
    {
        ulong result = Processor.Current.Call(csq->CsqInsertIrp, csq, irp, insertContext);
        return csq->Type == (uint)IO_TYPE_CSQ_EX ? new NTSTATUS((uint)result) : STATUS_SUCCESS;
    }

    private static IRP* PeekCsq(IO_CSQ* csq, IRP* irp, void* peekContext)
    {
        var next = (IRP*)Processor.Current.Call(csq->CsqPeekNextIrp, csq, irp, peekContext);
        return next == null ? null : PointerCheck.Follow<IRP>(next, "what CsqPeekNextIrp returned");
    }

    // The driver's lock routine stores an IRQL, so it needs a place that driver code can write to. As a rule it
    // raises IRQL.
    private static byte* LockCsq(IO_CSQ* csq)
    {
        var irql = (byte*)NtKernel.Current.Io.Scratch.Rent();
        Processor.Current.CallChangingIrql(csq->CsqAcquireLock, (ulong)csq, (ulong)irql);
        return irql;
    }

    private static void UnlockCsq(IO_CSQ* csq, byte* irql)
    {
        Processor.Current.CallChangingIrql(csq->CsqReleaseLock, (ulong)csq, *irql);
        NtKernel.Current.Io.Scratch.Return(irql);
    }
}
