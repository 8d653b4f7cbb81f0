namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises a fast mutex, not owned; inlined in wdm.h.</summary>
    public static void ExInitializeFastMutex(FAST_MUTEX* fastMutex)
    {
        *fastMutex = new FAST_MUTEX { Count = 1 };
        KeInitializeEvent(&fastMutex->Event, EVENT_TYPE.SynchronizationEvent, false);
    }

    /// <summary>Acquires a fast mutex and raises IRQL to APC_LEVEL.</summary>
    /// <remarks>WDK: ExAcquireFastMutex.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExAcquireFastMutex(FAST_MUTEX* fastMutex)
    {
        KIRQL old = RaiseTo(APC_LEVEL);
        ExAcquireFastMutexUnsafe(fastMutex);
        fastMutex->OldIrql = old;
    }

    /// <summary>Releases a fast mutex and returns to the IRQL from before.</summary>
    /// <remarks>WDK: ExReleaseFastMutex.</remarks>
    [Export(MinIrql = APC_LEVEL, MaxIrql = APC_LEVEL)]
    public static void ExReleaseFastMutex(FAST_MUTEX* fastMutex)
    {
        var old = new KIRQL((byte)fastMutex->OldIrql);
        ExReleaseFastMutexUnsafe(fastMutex);
        LowerTo(old);
    }

    /// <summary>Acquires a fast mutex if nobody owns it.</summary>
    /// <remarks>WDK: ExTryToAcquireFastMutex.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN ExTryToAcquireFastMutex(FAST_MUTEX* fastMutex)
    {
        if (fastMutex->Count != 1)
            return false;
        ExAcquireFastMutex(fastMutex);
        return true;
    }

    /// <summary>As ExAcquireFastMutex; the caller keeps APCs out itself.</summary>
    /// <remarks>WDK: ExAcquireFastMutexUnsafe.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExAcquireFastMutexUnsafe(FAST_MUTEX* fastMutex)
    {
        KTHREAD* thread = NtKernel.Current.Scheduler.CurrentThread.Block;
        AcquireCounted(
            &fastMutex->Count, &fastMutex->Owner, &fastMutex->Contention, &fastMutex->Event.Header, thread);
    }

    /// <summary>As ExReleaseFastMutex; IRQL stays.</summary>
    /// <remarks>WDK: ExReleaseFastMutexUnsafe.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExReleaseFastMutexUnsafe(FAST_MUTEX* fastMutex) =>
        ReleaseCounted(&fastMutex->Count, &fastMutex->Owner, &fastMutex->Event.Header, fastMutex);
}
