namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const ulong SystemProcessId = 4;

    /// <summary>The system process; written when the kernel has made it.</summary>
    [ExportData("PsInitialSystemProcess", 8)]
    public static void InitializePsInitialSystemProcess(byte* storage) => *(void**)storage = null;

    /// <summary>The running thread's process.</summary>
    /// <remarks>WDK: PsGetCurrentProcess.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* PsGetCurrentProcess() => NtKernel.Current.Process.Block;

    /// <inheritdoc cref="PsGetCurrentProcess"/>
    /// <remarks>WDK: IoGetCurrentProcess.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* IoGetCurrentProcess() => PsGetCurrentProcess();

    /// <summary>Id of the running thread's process: 4, as the system process has on Windows.</summary>
    /// <remarks>WDK: PsGetCurrentProcessId.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* PsGetCurrentProcessId() => (void*)SystemProcessId;

    /// <summary>Id of a process.</summary>
    /// <remarks>WDK: PsGetProcessId.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* PsGetProcessId(void* process) => (void*)SystemProcessId;

    /// <summary>System time at which a process began, in 100 ns units.</summary>
    /// <remarks>WDK: PsGetProcessCreateTimeQuadPart.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static long PsGetProcessCreateTimeQuadPart(void* process)
    {
        NtKernel.Current.Objects.Require(process);
        return NtKernel.Current.Process.CreateTime;
    }

    /// <summary>Finds and references the process with an id.</summary>
    /// <returns>STATUS_INVALID_PARAMETER if there is none.</returns>
    /// <remarks>WDK: PsLookupProcessByProcessId.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS PsLookupProcessByProcessId(void* processId, void** process)
    {
        *process = null;
        if ((ulong)processId != SystemProcessId)
            return STATUS_INVALID_PARAMETER;
        *process = PsGetCurrentProcess();
        ObfReferenceObject(*process);
        return STATUS_SUCCESS;
    }

    /// <summary>Who asked for the system service that the running thread is in: an application for a request from
    /// above, the kernel for a driver's Zw… call and outside of any.</summary>
    /// <remarks>WDK: ExGetPreviousMode.</remarks>
    [Export]
    public static KPROCESSOR_MODE ExGetPreviousMode() => NtKernel.Current.Scheduler.Current?.PreviousMode ?? default;
}
