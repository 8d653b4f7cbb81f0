namespace Hil.Kernel;

// The regions that keep APCs out are counted. What came meanwhile is done when the last one is left; a thread that ends
// inside one is a bug check, and so is one that goes back to an application or to other work.

public static unsafe partial class Ntoskrnl
{
    private const ulong SystemCallReturn = 0; // Parameter 4 of APC_INDEX_MISMATCH.
    private const ulong WorkerReturn = 1;

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
            BugCheckCodes.APC_INDEX_MISMATCH, NtKernel.Current.Processor.DriverRip, 0, thread.CombinedApcDisable, 0,
            what);

    /// <summary>Stops the machine: a thread was about to go back to its application in a critical region.</summary>
    /// <remarks>WDK: "Bug Check 0x1".</remarks>
    internal static void FailReturn(NtKernel kernel, KernelThread thread, string service)
    {
        ulong address = ExportTable.TryFind(service, out int id) ? kernel.Gate.AddressOf((uint)id) : 0;
        FailInRegion(kernel, thread, address, SystemCallReturn, $"{service} was about to return to the application");
    }

    /// <summary>Stops the machine if a routine that a worker thread ran for a driver comes back with something that
    /// the thread would take along to its next work.</summary>
    /// <remarks>WDK: "Bug Check 0xE1", "Bug Check 0x39", "Bug Check 0x1".</remarks>
    internal static void RequireCleanReturn(NtKernel kernel, DriverRoutine routine, ulong parameter, ulong item)
    {
        KernelThread thread = kernel.Scheduler.CurrentThread;
        KIRQL irql = kernel.Processor.Irql;
        if (irql != PASSIVE_LEVEL)
            Fail(BugCheckCodes.WORKER_THREAD_RETURNED_AT_BAD_IRQL, irql, parameter, item, $"at {irql}");
        if (thread.OwnedMutants.Count != 0)
            Fail(BugCheckCodes.SYSTEM_EXIT_OWNED_MUTEX, parameter, item, 0,
                $"while it owned the mutex at 0x{thread.OwnedMutants[0]:x}");
        if (thread.IsInRegion)
            Fail(BugCheckCodes.APC_INDEX_MISMATCH, 0, thread.CombinedApcDisable, WorkerReturn, DescribeRegion(thread));

        void Fail(uint code, ulong p2, ulong p3, ulong p4, string how) =>
            kernel.BugCheck(kernel.Processor.Describe(
                code, routine.Address, p2, p3, p4,
                $"the work item routine {kernel.Modules.Describe(routine.Address)} returned {how}")
                with { Rip = routine.Address });
    }

    /// <summary>Stops the machine if the running thread, which has done what was asked from outside, is in a critical
    /// region. If no application asked for it, a worker thread of the system does it on Windows.</summary>
    internal static void RequireNoRegion()
    {
        NtKernel kernel = NtKernel.Current;
        KernelThread thread = kernel.Scheduler.CurrentThread;
        if (thread.IsInRegion)
            FailInRegion(
                kernel, thread, thread.RegionChangedBy, WorkerReturn,
                "a thread of the system came back from the driver");
    }

    private static void FailInRegion(
        NtKernel kernel, KernelThread thread, ulong address, ulong returnKind, string what)
    {
        ulong by = thread.RegionChangedBy;
        string changedBy = by == 0 ? "" : $"; {kernel.Modules.Describe(by)} left it so";
        kernel.BugCheck(kernel.Processor.Describe(
            BugCheckCodes.APC_INDEX_MISMATCH, address, 0, thread.CombinedApcDisable, returnKind,
            $"{what} {DescribeRegion(thread)}{changedBy}") with { Rip = by });
    }

    private static string DescribeRegion(KernelThread thread) =>
        $"{-thread.KernelApcDisable} critical and {-thread.SpecialApcDisable} guarded regions deep"
        + (thread.OwnedMutants.Count == 0 ? "" : $", as the owner of the mutex at 0x{thread.OwnedMutants[0]:x}");
}
