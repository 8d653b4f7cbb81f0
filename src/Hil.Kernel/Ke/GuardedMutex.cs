namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises a guarded mutex, not owned.</summary>
    /// <remarks>WDK: KeInitializeGuardedMutex.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeInitializeGuardedMutex(KGUARDED_MUTEX* mutex)
    {
        *mutex = new KGUARDED_MUTEX { Count = 1 };
        InitializeHeader(&mutex->Gate.Header, KOBJECTS.EventSynchronizationObject, sizeof(KGATE), 0);
    }

    /// <summary>Acquires a guarded mutex and enters a guarded region.</summary>
    /// <remarks>WDK: KeAcquireGuardedMutex.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeAcquireGuardedMutex(KGUARDED_MUTEX* mutex)
    {
        KeEnterGuardedRegion();
        KeAcquireGuardedMutexUnsafe(mutex);
    }

    /// <summary>Releases a guarded mutex and leaves the guarded region.</summary>
    /// <remarks>WDK: KeReleaseGuardedMutex.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeReleaseGuardedMutex(KGUARDED_MUTEX* mutex)
    {
        KeReleaseGuardedMutexUnsafe(mutex);
        KeLeaveGuardedRegion();
    }

    /// <summary>Acquires a guarded mutex if nobody owns it.</summary>
    /// <remarks>WDK: KeTryToAcquireGuardedMutex.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN KeTryToAcquireGuardedMutex(KGUARDED_MUTEX* mutex)
    {
        if (mutex->Count != 1)
            return false;
        KeAcquireGuardedMutex(mutex);
        return true;
    }

    /// <summary>As KeAcquireGuardedMutex for callers that are in a guarded region already.</summary>
    /// <remarks>WDK: KeAcquireGuardedMutexUnsafe.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeAcquireGuardedMutexUnsafe(KGUARDED_MUTEX* mutex)
    {
        KTHREAD* thread = NtKernel.Current.Scheduler.CurrentThread.Block;
        AcquireCounted(&mutex->Count, &mutex->Owner, &mutex->Contention, &mutex->Gate.Header, thread);
    }

    /// <summary>As KeReleaseGuardedMutex without leaving the guarded region.</summary>
    /// <remarks>WDK: KeReleaseGuardedMutexUnsafe.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeReleaseGuardedMutexUnsafe(KGUARDED_MUTEX* mutex) =>
        ReleaseCounted(&mutex->Count, &mutex->Owner, &mutex->Gate.Header, mutex);

    /// <summary>Takes a mutex whose Count is one when free, and one less for each that owns or wants it.</summary>
    private static void AcquireCounted(
        int* count, KTHREAD** owner, uint* contention, DISPATCHER_HEADER* gate, KTHREAD* thread)
    {
        if (*owner == thread)
            NtKernel.Current.BugCheck(
                BugCheckCodes.MUTEX_ALREADY_OWNED, (ulong)count, (ulong)thread, 0, 0,
                $"the mutex at 0x{(ulong)count:x} was acquired by the thread that owns it: it would wait for ever");
        if (--*count != 0)
        {
            ++*contention;
            WaitFor(gate);
        }
        *owner = thread;
    }

    private static void ReleaseCounted(int* count, KTHREAD** owner, DISPATCHER_HEADER* gate, void* mutex)
    {
        KTHREAD* thread = NtKernel.Current.Scheduler.CurrentThread.Block;
        if (*owner != thread)
            NtKernel.Current.BugCheck(
                BugCheckCodes.THREAD_NOT_MUTEX_OWNER, (ulong)thread, (ulong)mutex, 0, 0,
                $"the mutex at 0x{(ulong)mutex:x} was released by a thread that does not own it");
        *owner = null;
        if (++*count <= 0)
        {
            gate->SignalState = 1;
            NtKernel.Current.Scheduler.Signal(gate);
        }
    }
}
