namespace Hil.Kernel;

// EX_RUNDOWN_REF is one word: bit 0 says that the rundown has begun, the rest counts protections in steps of two. Who
// waits for the count to fall is kept on the host's side.

public static unsafe partial class Ntoskrnl
{
    private const nuint RundownActive = 1;
    private const nuint RundownStep = 2;

    /// <summary>Initialises rundown protection.</summary>
    /// <remarks>WDK: ExInitializeRundownProtection.</remarks>
    [Export]
    public static void ExInitializeRundownProtection(EX_RUNDOWN_REF* runRef) => runRef->Count = 0;

    /// <summary>Makes rundown protection usable again after a rundown.</summary>
    /// <remarks>WDK: ExReInitializeRundownProtection.</remarks>
    [Export]
    public static void ExReInitializeRundownProtection(EX_RUNDOWN_REF* runRef) => runRef->Count = 0;

    /// <summary>Protects an object from rundown; FALSE once rundown has begun.</summary>
    /// <remarks>WDK: ExAcquireRundownProtection.</remarks>
    [Export]
    public static BOOLEAN ExAcquireRundownProtection(EX_RUNDOWN_REF* runRef) => ExAcquireRundownProtectionEx(runRef, 1);

    /// <summary>As ExAcquireRundownProtection, several at once.</summary>
    /// <remarks>WDK: ExAcquireRundownProtectionEx.</remarks>
    [Export]
    public static BOOLEAN ExAcquireRundownProtectionEx(EX_RUNDOWN_REF* runRef, uint count)
    {
        if ((runRef->Count & RundownActive) != 0)
            return false;
        runRef->Count += RundownStep * count;
        return true;
    }

    /// <summary>Gives one protection back.</summary>
    /// <remarks>WDK: ExReleaseRundownProtection.</remarks>
    [Export]
    public static void ExReleaseRundownProtection(EX_RUNDOWN_REF* runRef) => ExReleaseRundownProtectionEx(runRef, 1);

    /// <summary>As ExReleaseRundownProtection, several at once.</summary>
    /// <remarks>WDK: ExReleaseRundownProtectionEx.</remarks>
    [Export]
    public static void ExReleaseRundownProtectionEx(EX_RUNDOWN_REF* runRef, uint count)
    {
        NtKernel kernel = NtKernel.Current;
        if (runRef->Count < RundownStep * count)
            kernel.BugCheck(
                BugCheckCodes.DRIVER_VIOLATION, (ulong)runRef, runRef->Count, count, 0,
                $"rundown protection at 0x{(ulong)runRef:x} was released more often than acquired");
        runRef->Count -= RundownStep * count;
        if (runRef->Count == RundownActive && kernel.Rundowns.Remove((nint)runRef, out KernelThread? waiter))
        {
            kernel.Scheduler.EndWait(waiter, STATUS_SUCCESS);
            kernel.Scheduler.PreemptionPoint();
        }
    }

    /// <summary>Begins the rundown and waits until every protection is given back.</summary>
    /// <remarks>WDK: ExWaitForRundownProtectionRelease.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExWaitForRundownProtectionRelease(EX_RUNDOWN_REF* runRef)
    {
        NtKernel kernel = NtKernel.Current;
        runRef->Count |= RundownActive;
        if (runRef->Count == RundownActive)
            return;
        RequireMayBlock(null);
        kernel.Rundowns[(nint)runRef] = kernel.Scheduler.CurrentThread;
        kernel.Scheduler.Suspend();
    }

    /// <summary>Marks a rundown as over: no protection can be acquired any more.</summary>
    /// <remarks>WDK: ExRundownCompleted.</remarks>
    [Export]
    public static void ExRundownCompleted(EX_RUNDOWN_REF* runRef) => runRef->Count = RundownActive;
}
