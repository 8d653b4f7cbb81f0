namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises a semaphore.</summary>
    /// <remarks>WDK: KeInitializeSemaphore.</remarks>
    [Export]
    public static void KeInitializeSemaphore(KSEMAPHORE* semaphore, int count, int limit)
    {
        InitializeHeader(&semaphore->Header, KOBJECTS.SemaphoreObject, sizeof(KSEMAPHORE), count);
        semaphore->Limit = limit;
    }

    /// <summary>Adds to a semaphore's count and releases waiters; returns the count before.</summary>
    /// <remarks>WDK: KeReleaseSemaphore. Exceeding the limit raises STATUS_SEMAPHORE_LIMIT_EXCEEDED.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeReleaseSemaphore(KSEMAPHORE* semaphore, int increment, int adjustment, BOOLEAN wait)
    {
        if (semaphore->Header.Type != (byte)KOBJECTS.SemaphoreObject)
            FailWrongObject(&semaphore->Header, "a semaphore");
        Scheduler scheduler = NtKernel.Current.Scheduler;
        int before = semaphore->Header.SignalState;
        if (adjustment <= 0 || (long)before + adjustment > semaphore->Limit)
            throw new GuestRaiseException(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
        semaphore->Header.SignalState = before + adjustment;
        scheduler.Signal(&semaphore->Header, increment);
        if (!wait)
            scheduler.PreemptionPoint();
        return before;
    }

    /// <summary>Count of a semaphore.</summary>
    /// <remarks>WDK: KeReadStateSemaphore.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeReadStateSemaphore(KSEMAPHORE* semaphore) => semaphore->Header.SignalState;
}
