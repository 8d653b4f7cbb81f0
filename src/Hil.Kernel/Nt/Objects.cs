namespace Hil.Kernel;

// The Nt forms of system services. They trust their caller as the Zw forms do when he is a driver on a thread of the
// system process, as every one is here: the previous mode is KernelMode.

public static unsafe partial class Ntoskrnl
{
    /// <inheritdoc cref="ZwClose"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtClose(void* handle) =>
        ZwClose(handle);

    /// <inheritdoc cref="ZwCreateEvent"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtCreateEvent(
        void** eventHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, EVENT_TYPE eventType,
        BOOLEAN initialState) =>
        ZwCreateEvent(eventHandle, desiredAccess, objectAttributes, eventType, initialState);

    /// <inheritdoc cref="ZwSetEvent"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtSetEvent(void* eventHandle, int* previousState) =>
        ZwSetEvent(eventHandle, previousState);

    /// <inheritdoc cref="ZwWaitForSingleObject"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtWaitForSingleObject(void* handle, BOOLEAN alertable, long* timeout) =>
        ZwWaitForSingleObject(handle, alertable, timeout);

    /// <inheritdoc cref="ZwDuplicateObject"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtDuplicateObject(
        void* sourceProcessHandle, void* sourceHandle, void* targetProcessHandle, void** targetHandle,
        uint desiredAccess, uint handleAttributes, uint options) =>
        ZwDuplicateObject(
            sourceProcessHandle, sourceHandle, targetProcessHandle, targetHandle, desiredAccess, handleAttributes,
            options);

    /// <inheritdoc cref="ZwQuerySecurityObject"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtQuerySecurityObject(
        void* handle, uint securityInformation, void* securityDescriptor, uint length, uint* lengthNeeded) =>
        ZwQuerySecurityObject(handle, securityInformation, securityDescriptor, length, lengthNeeded);

    /// <inheritdoc cref="ZwSetSecurityObject"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtSetSecurityObject(
        void* handle, uint securityInformation, SECURITY_DESCRIPTOR* securityDescriptor) =>
        ZwSetSecurityObject(handle, securityInformation, securityDescriptor);

    /// <inheritdoc cref="ZwAllocateLocallyUniqueId"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS NtAllocateLocallyUniqueId(LUID* luid) =>
        ZwAllocateLocallyUniqueId(luid);
}
