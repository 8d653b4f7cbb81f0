namespace Hil.Kernel;

// RTL_RUN_ONCE is one word: the driver's data above two bits that say how far its initialization is. Who waits for
// another thread's is kept on the host's side.

public static unsafe partial class Ntoskrnl
{
    private const uint RunOnceCheckOnly = 1;
    private const uint RunOnceAsync = 2;
    private const uint RunOnceInitFailed = 4;

    private const nuint RunOnceStateMask = 3;
    private const nuint RunOnceNew = 0;
    private const nuint RunOnceRunning = 1;
    private const nuint RunOnceDone = 2;
    private const nuint RunOnceRunningAsync = 3;

    /// <summary>Prepares a one-time initialization.</summary>
    /// <remarks>WDK: RtlRunOnceInitialize.</remarks>
    [Export]
    public static void RtlRunOnceInitialize(RTL_RUN_ONCE* runOnce) => runOnce->Ptr = null;

    /// <summary>Calls a routine once for all calls with one structure; who comes meanwhile waits.</summary>
    /// <param name="initFn">Returns FALSE for a failure; the next call then tries again.</param>
    /// <param name="context">May be null; gets the data.</param>
    /// <returns>STATUS_UNSUCCESSFUL when the routine failed.</returns>
    /// <remarks>WDK: RtlRunOnceExecuteOnce.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlRunOnceExecuteOnce(
        RTL_RUN_ONCE* runOnce, DriverRoutine initFn, void* parameter, void** context)
    {
        KeEnterCriticalRegion();
        NTSTATUS status = RtlRunOnceBeginInitialize(runOnce, 0, context);
        if (status == STATUS_PENDING)
        {
            bool isGood = (uint)Processor.Current.Call(initFn, runOnce, parameter, context) != 0;
            void* data = isGood && context != null ? *context : null;
            status = RtlRunOnceComplete(runOnce, isGood ? 0 : RunOnceInitFailed, data);
            if (!isGood)
                status = STATUS_UNSUCCESSFUL;
        }
        KeLeaveCriticalRegion();
        return status;
    }

    /// <summary>Begins a one-time initialization, or gets the data of one that is over.</summary>
    /// <returns>STATUS_SUCCESS with the data, STATUS_PENDING when the caller is to initialize; STATUS_UNSUCCESSFUL when
    /// it only asks and it is not over; STATUS_INVALID_PARAMETER_2 for flags that do not go together, or not with the
    /// one under way.</returns>
    /// <remarks>WDK: RtlRunOnceBeginInitialize.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlRunOnceBeginInitialize(RTL_RUN_ONCE* runOnce, uint flags, void** context)
    {
        if (flags > (RunOnceCheckOnly | RunOnceAsync) || flags == (RunOnceCheckOnly | RunOnceAsync))
            return STATUS_INVALID_PARAMETER_2;
        bool isAsync = (flags & RunOnceAsync) != 0;
        while (true)
        {
            nuint state = (nuint)runOnce->Ptr & RunOnceStateMask;
            if (state == RunOnceDone)
            {
                if (context != null)
                    *context = (void*)((nuint)runOnce->Ptr & ~RunOnceStateMask);
                return STATUS_SUCCESS;
            }
            if ((flags & RunOnceCheckOnly) != 0)
                return STATUS_UNSUCCESSFUL;
            if (state == RunOnceNew)
            {
                runOnce->Ptr = (void*)(isAsync ? RunOnceRunningAsync : RunOnceRunning);
                return STATUS_PENDING;
            }
            if (isAsync != (state == RunOnceRunningAsync))
                return STATUS_INVALID_PARAMETER_2;
            if (isAsync)
                return STATUS_PENDING;
            WaitForRunOnce(runOnce);
        }
    }

    /// <summary>Ends a one-time initialization with its data, or as failed.</summary>
    /// <param name="context">The data; its two lowest bits must be clear.</param>
    /// <returns>STATUS_UNSUCCESSFUL when none is under way, as when another thread ended it first;
    /// STATUS_INVALID_PARAMETER_2 for flags that do not go with the one under way.</returns>
    /// <remarks>WDK: RtlRunOnceComplete.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlRunOnceComplete(RTL_RUN_ONCE* runOnce, uint flags, void* context)
    {
        bool isAsync = (flags & RunOnceAsync) != 0;
        bool isFailed = (flags & RunOnceInitFailed) != 0;
        if ((flags & ~(RunOnceAsync | RunOnceInitFailed)) != 0 || (isAsync && isFailed))
            return STATUS_INVALID_PARAMETER_2;
        nuint state = (nuint)runOnce->Ptr & RunOnceStateMask;
        if (state is RunOnceNew or RunOnceDone || ((nuint)context & RunOnceStateMask) != 0)
            return STATUS_UNSUCCESSFUL;
        if (isAsync != (state == RunOnceRunningAsync))
            return STATUS_INVALID_PARAMETER_2;
        runOnce->Ptr = isFailed ? null : (void*)((nuint)context | RunOnceDone);
        WakeRunOnceWaiters(runOnce);
        return STATUS_SUCCESS;
    }

    private static void WaitForRunOnce(RTL_RUN_ONCE* runOnce)
    {
        NtKernel kernel = NtKernel.Current;
        RequireMayBlock(null);
        if (!kernel.RunOnceWaiters.TryGetValue((nint)runOnce, out List<KernelThread>? waiters))
            kernel.RunOnceWaiters.Add((nint)runOnce, waiters = []);
        waiters.Add(kernel.Scheduler.CurrentThread);
        kernel.Scheduler.Suspend();
    }

    private static void WakeRunOnceWaiters(RTL_RUN_ONCE* runOnce)
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.RunOnceWaiters.Remove((nint)runOnce, out List<KernelThread>? waiters))
            return;
        foreach (KernelThread waiter in waiters)
            kernel.Scheduler.EndWait(waiter, STATUS_SUCCESS);
        kernel.Scheduler.PreemptionPoint();
    }
}
