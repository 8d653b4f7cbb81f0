namespace Hil.Wdm;

/// <summary>A queued spin lock as its holder keeps it.</summary>
public struct KLOCK_QUEUE_HANDLE
{
    public KSPIN_LOCK_QUEUE LockQueue;
    public KIRQL OldIrql;
}
