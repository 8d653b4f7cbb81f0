namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Acquires a spin lock with a queue entry on the caller's stack, at DISPATCH_LEVEL.</summary>
    /// <remarks>WDK: KeAcquireInStackQueuedSpinLock.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeAcquireInStackQueuedSpinLock(KSPIN_LOCK* spinLock, KLOCK_QUEUE_HANDLE* lockHandle)
    {
        KIRQL old = RaiseTo(DISPATCH_LEVEL);
        KeAcquireInStackQueuedSpinLockAtDpcLevel(spinLock, lockHandle);
        lockHandle->OldIrql = old;
    }

    /// <summary>Releases a queued spin lock and returns to the IRQL from before.</summary>
    /// <remarks>WDK: KeReleaseInStackQueuedSpinLock.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void KeReleaseInStackQueuedSpinLock(KLOCK_QUEUE_HANDLE* lockHandle)
    {
        KeReleaseInStackQueuedSpinLockFromDpcLevel(lockHandle);
        LowerTo(lockHandle->OldIrql);
    }

    /// <summary>As KeAcquireInStackQueuedSpinLock for callers at DISPATCH_LEVEL or above.</summary>
    /// <remarks>WDK: KeAcquireInStackQueuedSpinLockAtDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void KeAcquireInStackQueuedSpinLockAtDpcLevel(KSPIN_LOCK* spinLock, KLOCK_QUEUE_HANDLE* lockHandle)
    {
        lockHandle->LockQueue.Next = null;
        lockHandle->LockQueue.Lock = spinLock;
        Hold(spinLock);
    }

    /// <summary>Releases a queued spin lock and leaves IRQL alone.</summary>
    /// <remarks>WDK: KeReleaseInStackQueuedSpinLockFromDpcLevel.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static void KeReleaseInStackQueuedSpinLockFromDpcLevel(KLOCK_QUEUE_HANDLE* lockHandle) =>
        Release(PointerCheck.Follow<KSPIN_LOCK>(lockHandle->LockQueue.Lock, "LockHandle->LockQueue.Lock"));

    /// <summary>As KeAcquireInStackQueuedSpinLock, for DPCs, threaded or not.</summary>
    /// <remarks>WDK: KeAcquireInStackQueuedSpinLockForDpc.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeAcquireInStackQueuedSpinLockForDpc(KSPIN_LOCK* spinLock, KLOCK_QUEUE_HANDLE* lockHandle) =>
        KeAcquireInStackQueuedSpinLock(spinLock, lockHandle);

    /// <summary>Undoes KeAcquireInStackQueuedSpinLockForDpc.</summary>
    /// <remarks>WDK: KeReleaseInStackQueuedSpinLockForDpc.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void KeReleaseInStackQueuedSpinLockForDpc(KLOCK_QUEUE_HANDLE* lockHandle) =>
        KeReleaseInStackQueuedSpinLock(lockHandle);
}
