namespace Hil.Kernel;

// A push lock is one word, opaque to drivers: bit 0 while it is owned at all, from bit 4 on the number of those who
// share it. Who waits is kept on the host's side. It is not recursive and has no owner.

public static unsafe partial class Ntoskrnl
{
    private const nuint PushLockHeld = 1;
    private const nuint PushLockShare = 16;

    /// <summary>Initialises a push lock, free.</summary>
    /// <remarks>WDK: ExInitializePushLock.</remarks>
    [Export]
    public static void ExInitializePushLock(nuint* pushLock) => *pushLock = 0;

    /// <summary>Acquires a push lock exclusively. Normal kernel APCs must be disabled.</summary>
    /// <param name="flags">Whether a priority may be boosted, which it is not.</param>
    /// <remarks>WDK: ExAcquirePushLockExclusive, of which this is the exported form.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExAcquirePushLockExclusiveEx(nuint* pushLock, uint flags)
    {
        if (!ExTryAcquirePushLockExclusiveEx(pushLock, flags))
            WaitForPushLock(pushLock, isExclusive: true);
    }

    /// <summary>Acquires a push lock for sharing, behind those who wait for it. Normal kernel APCs must be
    /// disabled.</summary>
    /// <remarks>WDK: ExAcquirePushLockShared, of which this is the exported form.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExAcquirePushLockSharedEx(nuint* pushLock, uint flags)
    {
        if (!ExTryAcquirePushLockSharedEx(pushLock, flags))
            WaitForPushLock(pushLock, isExclusive: false);
    }

    /// <summary>Acquires a push lock exclusively if nobody has it.</summary>
    /// <remarks>WDK: none; exported since Windows 8.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN ExTryAcquirePushLockExclusiveEx(nuint* pushLock, uint flags)
    {
        if (*pushLock != 0)
            return false;
        *pushLock = PushLockHeld;
        return true;
    }

    /// <summary>Acquires a push lock for sharing if nobody has it exclusively or waits for it.</summary>
    /// <remarks>WDK: none; exported since Windows 8.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN ExTryAcquirePushLockSharedEx(nuint* pushLock, uint flags)
    {
        if (*pushLock == PushLockHeld || NtKernel.Current.PushLocks.HasWaiter(pushLock))
            return false;
        *pushLock = (*pushLock | PushLockHeld) + PushLockShare;
        return true;
    }

    /// <summary>Releases a push lock that was acquired exclusively.</summary>
    /// <remarks>WDK: ExReleasePushLockExclusive, of which this is the exported form.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExReleasePushLockExclusiveEx(nuint* pushLock, uint flags)
    {
        if (*pushLock != PushLockHeld)
            FailPushLock(pushLock, "exclusively");
        *pushLock = 0;
        PassPushLockOn(pushLock);
    }

    /// <summary>Releases a push lock that was acquired for sharing.</summary>
    /// <remarks>WDK: ExReleasePushLockShared, of which this is the exported form.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExReleasePushLockSharedEx(nuint* pushLock, uint flags)
    {
        if (*pushLock < PushLockShare)
            FailPushLock(pushLock, "for sharing");
        *pushLock -= PushLockShare;
        if (*pushLock != PushLockHeld)
            return;
        *pushLock = 0;
        PassPushLockOn(pushLock);
    }

    /// <summary>Releases a push lock, however it was acquired.</summary>
    /// <remarks>WDK: none; exported since Windows 8.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExReleasePushLockEx(nuint* pushLock, uint flags)
    {
        if (*pushLock < PushLockShare)
            ExReleasePushLockExclusiveEx(pushLock, flags);
        else
            ExReleasePushLockSharedEx(pushLock, flags);
    }

    // Whoever releases the lock takes it in the waiter's name before it ends the wait.
    private static void WaitForPushLock(nuint* pushLock, bool isExclusive)
    {
        NtKernel kernel = NtKernel.Current;
        RequireMayBlock(null);
        kernel.PushLocks.Add(pushLock, kernel.Scheduler.CurrentThread, isExclusive);
        kernel.Scheduler.Suspend();
    }

    // In order of arrival: one who wants it alone, or all who share it up to the next such.
    private static void PassPushLockOn(nuint* pushLock)
    {
        NtKernel kernel = NtKernel.Current;
        while (*pushLock != PushLockHeld && kernel.PushLocks.TryTake(pushLock, *pushLock == 0, out PushLockWaiter next))
        {
            *pushLock = next.IsExclusive ? PushLockHeld : (*pushLock | PushLockHeld) + PushLockShare;
            kernel.Scheduler.EndWait(next.Thread, STATUS_SUCCESS);
        }
        kernel.Scheduler.PreemptionPoint();
    }

    private static void FailPushLock(nuint* pushLock, string how) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.DRIVER_VIOLATION, (ulong)pushLock, *pushLock, 0, 0,
            $"the push lock at 0x{(ulong)pushLock:x} was released, but nobody holds it {how}");
}
