namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Closes a handle.</summary>
    /// <returns>STATUS_INVALID_HANDLE for a value that is none.</returns>
    /// <remarks>WDK: ZwClose.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwClose(void* handle)
    {
        NtKernel kernel = NtKernel.Current;
        using var call = new SystemCall(kernel, KPROCESSOR_MODE.KernelMode);
        return kernel.Objects.Handles.Close((ulong)handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    }

    /// <inheritdoc cref="ZwClose"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ObCloseHandle(void* handle, KPROCESSOR_MODE previousMode) => ZwClose(handle);

    /// <summary>Whether a handle is one of the kernel's, as all are that drivers open here; ZwCurrentProcess and
    /// ZwCurrentThread are no handles.</summary>
    /// <remarks>WDK: ObIsKernelHandle. The handle need not be open.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN ObIsKernelHandle([UncheckedPointer] void* handle) =>
        HandleTable.IsOfKernel((ulong)handle);

    /// <summary>Finds and references the object behind a handle.</summary>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: ObReferenceObjectByHandle. Drivers run in the system process, whose handles allow everything: the
    /// desired access is not checked.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ObReferenceObjectByHandle(
        void* handle,
        uint desiredAccess,
        void* objectType,
        KPROCESSOR_MODE accessMode,
        void** @object,
        OBJECT_HANDLE_INFORMATION* handleInformation)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        *@object = null;
        KernelObject? target = objects.Handles.Find((ulong)handle);
        if (target == null)
            return STATUS_INVALID_HANDLE;
        if (!IsOfType(objects, target, objectType))
            return STATUS_OBJECT_TYPE_MISMATCH;
        if (!objects.GiveBody(target))
            return STATUS_INSUFFICIENT_RESOURCES;
        if (handleInformation != null)
            *handleInformation = new OBJECT_HANDLE_INFORMATION
            {
                GrantedAccess = objects.Handles.AccessOf((ulong)handle),
            };
        objects.Reference(target);
        *@object = (void*)target.Address;
        return STATUS_SUCCESS;
    }

    /// <summary>As ObReferenceObjectByHandle; the tag says whose reference it is to who looks at a dump.</summary>
    /// <inheritdoc cref="ObReferenceObjectByHandle"/>
    /// <remarks>WDK: ObReferenceObjectByHandleWithTag.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ObReferenceObjectByHandleWithTag(
        void* handle,
        uint desiredAccess,
        void* objectType,
        KPROCESSOR_MODE accessMode,
        uint tag,
        void** @object,
        OBJECT_HANDLE_INFORMATION* handleInformation) =>
        ObReferenceObjectByHandle(handle, desiredAccess, objectType, accessMode, @object, handleInformation);

    /// <summary>Opens a handle to an object that the caller has a pointer to.</summary>
    /// <returns>STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ObOpenObjectByPointer.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ObOpenObjectByPointer(
        void* @object,
        uint handleAttributes,
        ACCESS_STATE* passedAccessState,
        uint desiredAccess,
        void* objectType,
        KPROCESSOR_MODE accessMode,
        void** handle)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        KernelObject target = objects.Require(@object);
        if (!IsOfType(objects, target, objectType))
            return STATUS_OBJECT_TYPE_MISMATCH;
        *handle = (void*)objects.Handles.Open(target, desiredAccess);
        return STATUS_SUCCESS;
    }

    /// <inheritdoc cref="ObOpenObjectByPointer"/>
    /// <remarks>WDK: ObOpenObjectByPointerWithTag.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ObOpenObjectByPointerWithTag(
        void* @object,
        uint handleAttributes,
        ACCESS_STATE* passedAccessState,
        uint desiredAccess,
        void* objectType,
        KPROCESSOR_MODE accessMode,
        uint tag,
        void** handle) =>
        ObOpenObjectByPointer(
            @object, handleAttributes, passedAccessState, desiredAccess, objectType, accessMode, handle);

    /// <summary>Finds and references an object by its name.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH,
    /// STATUS_INSUFFICIENT_RESOURCES.</returns>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ObReferenceObjectByName(
        UNICODE_STRING* objectName,
        uint attributes,
        ACCESS_STATE* accessState,
        uint desiredAccess,
        void* objectType,
        KPROCESSOR_MODE accessMode,
        void* parseContext,
        void** @object)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        *@object = null;
        NTSTATUS status = objects.Names.Parse(DriverString.Read(objectName), out KernelObject? found, out string rest);
        if (!status.IsSuccess)
            return status;
        if (rest.Length != 0)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        if (!IsOfType(objects, found!, objectType))
            return STATUS_OBJECT_TYPE_MISMATCH;
        if (!objects.GiveBody(found!))
            return STATUS_INSUFFICIENT_RESOURCES;
        objects.Reference(found!);
        *@object = (void*)found!.Address;
        return STATUS_SUCCESS;
    }
}
