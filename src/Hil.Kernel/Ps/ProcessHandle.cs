namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Opens a process by the id of it, or of a thread of it.</summary>
    /// <param name="clientId">With UniqueThread zero, or a thread of the process.</param>
    /// <returns>STATUS_INVALID_CID if there is none; STATUS_INVALID_PARAMETER_MIX without an id, or with a
    /// name.</returns>
    /// <remarks>WDK: ZwOpenProcess. Processes have no names any more, since Windows Vista.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenProcess(
        void** processHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, CLIENT_ID* clientId)
    {
        bool hasName = objectAttributes != null && objectAttributes->ObjectName != null;
        if (clientId == null || hasName)
            return STATUS_INVALID_PARAMETER_MIX;
        bool isThread = clientId->UniqueThread != null;
        if (isThread && FindThread(clientId->UniqueThread) == null)
            return STATUS_INVALID_CID;
        bool isProcess = (ulong)clientId->UniqueProcess == SystemProcessId;
        if (!isProcess && !(isThread && clientId->UniqueProcess == null))
            return STATUS_INVALID_CID;
        ObjectTable objects = NtKernel.Current.Objects;
        *processHandle = (void*)objects.Handles.Open(objects.Require(PsGetCurrentProcess()), desiredAccess);
        return STATUS_SUCCESS;
    }

    /// <summary>Opens a thread by its id.</summary>
    /// <param name="clientId">With the thread's process, or zero in its place.</param>
    /// <returns>STATUS_INVALID_CID if there is none; STATUS_INVALID_PARAMETER_MIX without an id, or with a
    /// name.</returns>
    /// <remarks>WDK: none; ntifs.h of some kits declares it.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenThread(
        void** threadHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, CLIENT_ID* clientId)
    {
        bool hasName = objectAttributes != null && objectAttributes->ObjectName != null;
        if (clientId == null || hasName)
            return STATUS_INVALID_PARAMETER_MIX;
        KernelThread? thread = FindThread(clientId->UniqueThread);
        if (thread == null || (ulong)clientId->UniqueProcess is not (0 or SystemProcessId))
            return STATUS_INVALID_CID;
        ObjectTable objects = NtKernel.Current.Objects;
        *threadHandle = (void*)objects.Handles.Open(objects.Require(thread.Block), desiredAccess);
        return STATUS_SUCCESS;
    }

    /// <summary>Ends a process. The only one is the system's, which nobody may end.</summary>
    /// <returns>STATUS_ACCESS_DENIED; STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwTerminateProcess.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwTerminateProcess(void* processHandle, NTSTATUS exitStatus)
    {
        if (processHandle == null)
            return STATUS_ACCESS_DENIED;
        NTSTATUS status = ObjectOf(processHandle, ObjectType.Process, out _);
        return status.IsSuccess ? STATUS_ACCESS_DENIED : status;
    }
}
