namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const ulong IdStep = 4; // Windows' ids are multiples of four.

    /// <summary>Creates a system thread and a handle to it.</summary>
    /// <param name="startRoutine">Called with the context at PASSIVE_LEVEL; the thread ends when it returns.</param>
    /// <returns>STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: PsCreateSystemThread. Every thread belongs to the system process, whatever process is
    /// named.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsCreateSystemThread(
        void** threadHandle,
        uint desiredAccess,
        OBJECT_ATTRIBUTES* objectAttributes,
        void* processHandle,
        CLIENT_ID* clientId,
        DriverRoutine startRoutine,
        void* startContext)
    {
        NtKernel kernel = NtKernel.Current;
        KTHREAD* block = AllocateThreadObject();
        if (block == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        ulong context = (ulong)startContext;
        KernelThread? thread = kernel.Scheduler.CreateThread(
            $"thread at {kernel.Modules.Describe(startRoutine.Address)}",
            block,
            Scheduler.DefaultPriority,
            () => RunSystemThread(kernel, startRoutine, context));
        if (thread == null)
        {
            ReleaseThreadObject(block);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        thread.StartRoutine = startRoutine.Address;
        *threadHandle = (void*)kernel.Objects.Handles.Open(kernel.Objects.Find(block)!, desiredAccess);
        if (clientId != null)
            *clientId = new CLIENT_ID { UniqueProcess = PsGetCurrentProcessId(), UniqueThread = IdOf(thread) };
        NotifyThread(kernel, thread, isCreated: true);
        kernel.Scheduler.PreemptionPoint();
        return STATUS_SUCCESS;
    }

    /// <summary>Ends the running system thread. Does not return.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for a thread that no driver created.</returns>
    /// <remarks>WDK: PsTerminateSystemThread.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsTerminateSystemThread(NTSTATUS exitStatus)
    {
        KernelThread thread = NtKernel.Current.Scheduler.CurrentThread;
        if (thread.Pool != null)
            return STATUS_INVALID_PARAMETER;
        thread.ExitStatus = exitStatus;
        throw new ThreadTerminatedException();
    }

    /// <summary>The running thread.</summary>
    /// <remarks>WDK: PsGetCurrentThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static KTHREAD* PsGetCurrentThread() => KeGetCurrentThread();

    /// <summary>Id of the running thread.</summary>
    /// <remarks>WDK: PsGetCurrentThreadId.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* PsGetCurrentThreadId() => IdOf(NtKernel.Current.Scheduler.CurrentThread);

    /// <summary>Id of a thread.</summary>
    /// <remarks>WDK: PsGetThreadId.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* PsGetThreadId(KTHREAD* thread) => IdOf(RequireThread(thread));

    /// <summary>Id of a thread's process: the system's.</summary>
    /// <remarks>WDK: PsGetThreadProcessId.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* PsGetThreadProcessId(KTHREAD* thread)
    {
        RequireThread(thread);
        return (void*)SystemProcessId;
    }

    /// <summary>TRUE while the running thread prefetches, which the loader's threads do on Windows.</summary>
    /// <remarks>WDK: PsIsCurrentThreadPrefetching.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN PsIsCurrentThreadPrefetching() => NtKernel.Current.Scheduler.CurrentThread.IsPrefetching;

    /// <summary>Says whether the running thread prefetches; returns what was said before.</summary>
    /// <remarks>WDK: PsSetCurrentThreadPrefetching.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN PsSetCurrentThreadPrefetching(BOOLEAN prefetching)
    {
        KernelThread thread = NtKernel.Current.Scheduler.CurrentThread;
        BOOLEAN before = thread.IsPrefetching;
        thread.IsPrefetching = prefetching;
        return before;
    }

    /// <summary>TRUE for threads of the system process: all.</summary>
    /// <remarks>WDK: PsIsSystemThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN PsIsSystemThread(KTHREAD* thread) => true;

    /// <inheritdoc cref="PsIsSystemThread"/>
    /// <remarks>WDK: IoIsSystemThread.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN IoIsSystemThread(KTHREAD* thread) => PsIsSystemThread(thread);

    /// <summary>TRUE for a thread that has ended, but for its object.</summary>
    /// <remarks>WDK: PsIsThreadTerminating.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN PsIsThreadTerminating(KTHREAD* thread)
    {
        NtKernel.Current.Objects.Require(thread);
        return NtKernel.Current.Scheduler.Find(thread) == null;
    }

    /// <summary>The process of a thread.</summary>
    /// <remarks>WDK: IoThreadToProcess.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* IoThreadToProcess(KTHREAD* thread)
    {
        NtKernel.Current.Objects.Require(thread);
        return NtKernel.Current.Process.Block;
    }

    /// <summary>Finds and references the thread with an id.</summary>
    /// <returns>STATUS_INVALID_CID if there is none.</returns>
    /// <remarks>WDK: PsLookupThreadByThreadId.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS PsLookupThreadByThreadId(void* threadId, KTHREAD** thread)
    {
        *thread = null;
        KernelThread? found = FindThread(threadId);
        if (found == null)
            return STATUS_INVALID_CID;
        ObfReferenceObject(found.Block);
        *thread = found.Block;
        return STATUS_SUCCESS;
    }

    private static KernelThread? FindThread(void* id) =>
        (ulong)id % IdStep == 0 ? NtKernel.Current.Scheduler.Find((uint)((ulong)id / IdStep)) : null;

    private static void* IdOf(KernelThread thread) => (void*)(thread.Id * IdStep);
}
