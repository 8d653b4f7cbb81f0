namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Opens a second handle to what a handle names, or closes a handle of a process.</summary>
    /// <param name="targetProcessHandle">Where the new handle is to be; null with DUPLICATE_CLOSE_SOURCE only
    /// closes.</param>
    /// <param name="targetHandle">Gets the new handle; null for none.</param>
    /// <param name="handleAttributes">Handles of the system process have no attributes that differ.</param>
    /// <param name="options">DUPLICATE_CLOSE_SOURCE (1), DUPLICATE_SAME_ACCESS (2), DUPLICATE_SAME_ATTRIBUTES
    /// (4).</param>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH for a process handle that names no process,
    /// STATUS_INVALID_PARAMETER if there is nothing to do.</returns>
    /// <remarks>WDK: ZwDuplicateObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwDuplicateObject(
        void* sourceProcessHandle, void* sourceHandle, void* targetProcessHandle, void** targetHandle,
        uint desiredAccess, uint handleAttributes, uint options)
    {
        const uint CloseSource = 1;
        const uint SameAccess = 2;
        bool closes = (options & CloseSource) != 0;
        NTSTATUS status = ObjectOf(sourceProcessHandle, ObjectType.Process, out _);
        if (status.IsSuccess && targetProcessHandle != null)
            status = ObjectOf(targetProcessHandle, ObjectType.Process, out _);
        if (!status.IsSuccess)
            return status;
        if (targetProcessHandle == null && !closes)
            return STATUS_INVALID_PARAMETER;
        HandleTable handles = NtKernel.Current.Objects.Handles;
        KernelObject? target = handles.Find((ulong)sourceHandle);
        if (target == null)
            return STATUS_INVALID_HANDLE;
        if (targetProcessHandle != null && targetHandle != null)
        {
            uint access = (options & SameAccess) != 0 ? handles.AccessOf((ulong)sourceHandle) : desiredAccess;
            *targetHandle = (void*)handles.Open(target, access);
        }
        if (closes)
            ZwClose(sourceHandle);
        return STATUS_SUCCESS;
    }
}
