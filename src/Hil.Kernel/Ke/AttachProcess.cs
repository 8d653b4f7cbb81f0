namespace Hil.Kernel;

// Every thread runs in the system process, which is the only one to attach to. Windows leaves a thread where it is that
// attaches to the process it is in, and notes so in the state that it gives back: the process there is 1.

public static unsafe partial class Ntoskrnl
{
    private const ulong StayedInProcess = 1;

    /// <summary>Attaches the running thread to the address space of a process.</summary>
    /// <param name="apcState">Gets what KeUnstackDetachProcess takes; on the thread's stack or in nonpaged
    /// pool.</param>
    /// <remarks>WDK: KeStackAttachProcess.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeStackAttachProcess(void* process, KAPC_STATE* apcState)
    {
        RequireProcess(process);
        *apcState = default;
        apcState->Process = (void*)StayedInProcess;
    }

    /// <summary>Brings the running thread back to where it was before KeStackAttachProcess.</summary>
    /// <remarks>WDK: KeUnstackDetachProcess. A state that KeStackAttachProcess did not give, or that was given back
    /// before, is bug check INVALID_PROCESS_DETACH_ATTEMPT.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeUnstackDetachProcess(KAPC_STATE* apcState)
    {
        if ((ulong)apcState->Process != StayedInProcess)
            NtKernel.Current.BugCheck(
                BugCheckCodes.INVALID_PROCESS_DETACH_ATTEMPT, (ulong)apcState, 0, 0, 0,
                $"0x{(ulong)apcState:x} is no state that KeStackAttachProcess gave, or was given back before");
        apcState->Process = null;
    }

    /// <summary>Attaches the running thread to the address space of a process: of its own, so that it stays.</summary>
    /// <remarks>WDK: KeAttachProcess, obsolete.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeAttachProcess(void* process) => RequireProcess(process);

    /// <summary>Brings the running thread back to where it was before KeAttachProcess; one that stayed
    /// stays.</summary>
    /// <remarks>WDK: KeDetachProcess, obsolete.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeDetachProcess()
    {
    }

    private static void RequireProcess(void* process)
    {
        if (NtKernel.Current.Objects.Require(process).Type != ObjectType.Process)
            NtKernel.Current.BugCheck(
                BugCheckCodes.INVALID_PROCESS_ATTACH_ATTEMPT, (ulong)process, (ulong)PsGetCurrentProcess(), 0, 0,
                $"a thread was to be attached to 0x{(ulong)process:x}, which is no process");
    }
}
