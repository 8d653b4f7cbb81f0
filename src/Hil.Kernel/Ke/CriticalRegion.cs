namespace Hil.Kernel;

// The regions that keep APCs out are counted. What came meanwhile is done when the last one is left; a thread that ends
// inside one is a bug check.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Keeps normal kernel APCs from the running thread.</summary>
    /// <remarks>WDK: KeEnterCriticalRegion.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeEnterCriticalRegion() => NtKernel.Current.Scheduler.CurrentThread.KernelApcDisable--;

    /// <summary>Undoes KeEnterCriticalRegion.</summary>
    /// <remarks>WDK: KeLeaveCriticalRegion.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeLeaveCriticalRegion()
    {
        KernelThread thread = NtKernel.Current.Scheduler.CurrentThread;
        if (thread.KernelApcDisable >= 0)
            FailRegion(thread, "KeLeaveCriticalRegion without KeEnterCriticalRegion");
        if (++thread.KernelApcDisable == 0)
            NtKernel.Current.Scheduler.DeliverApcs();
    }

    /// <summary>Keeps all APCs from the running thread.</summary>
    /// <remarks>WDK: KeEnterGuardedRegion.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeEnterGuardedRegion() => NtKernel.Current.Scheduler.CurrentThread.SpecialApcDisable--;

    /// <summary>Undoes KeEnterGuardedRegion.</summary>
    /// <remarks>WDK: KeLeaveGuardedRegion.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeLeaveGuardedRegion()
    {
        KernelThread thread = NtKernel.Current.Scheduler.CurrentThread;
        if (thread.SpecialApcDisable >= 0)
            FailRegion(thread, "KeLeaveGuardedRegion without KeEnterGuardedRegion");
        if (++thread.SpecialApcDisable == 0)
            NtKernel.Current.Scheduler.DeliverApcs();
    }

    /// <summary>TRUE if normal kernel APCs cannot reach the running thread.</summary>
    /// <remarks>WDK: KeAreApcsDisabled.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeAreApcsDisabled()
    {
        KernelThread thread = NtKernel.Current.Scheduler.CurrentThread;
        return thread.KernelApcDisable != 0 || thread.SpecialApcDisable != 0;
    }

    /// <summary>TRUE if no APC can reach the running thread.</summary>
    /// <remarks>WDK: KeAreAllApcsDisabled.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeAreAllApcsDisabled() =>
        NtKernel.Current.Scheduler.CurrentThread.SpecialApcDisable != 0 || Processor.Current.Irql >= APC_LEVEL;

    // WDK: "Bug Check 0x1". Parameters: address of the system call, APC state, both counts.
    private static void FailRegion(KernelThread thread, string what) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.APC_INDEX_MISMATCH, NtKernel.Current.Processor.DriverRip, 0,
            ((ulong)(ushort)thread.SpecialApcDisable << 16) | (ushort)thread.KernelApcDisable, 0, what);
}
