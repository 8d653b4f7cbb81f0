namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint InstanceNameTag = 0x4E_6D_57_49; // IWmN

    /// <summary>Has a routine called at PASSIVE_LEVEL for each event of a class, until the object is closed.</summary>
    /// <param name="callback">VOID (PVOID Wnode, PVOID Context).</param>
    /// <returns>STATUS_ACCESS_DENIED for an object that was not opened for notifications,
    /// STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: IoWMISetNotificationCallback. Providers are sent IRP_MN_ENABLE_EVENTS for the first
    /// listener.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMISetNotificationCallback(void* @object, DriverRoutine callback, void* context)
    {
        NtKernel kernel = NtKernel.Current;
        if (kernel.Objects.Require(@object).Payload is not WmiDataBlock opened)
            return STATUS_OBJECT_TYPE_MISMATCH;
        if ((opened.Access & WmiGuidNotification) == 0)
            return STATUS_ACCESS_DENIED;
        opened.Callback = callback;
        opened.Context = context;
        if (kernel.Pnp.WmiProviders.Listen(opened))
            EnableEvents(opened.Guid, IRP_MN_ENABLE_EVENTS);
        return STATUS_SUCCESS;
    }

    /// <summary>The name of a device's first instance of a class.</summary>
    /// <param name="instanceName">Gets a string in paged pool, which the caller frees.</param>
    /// <returns>STATUS_WMI_INSTANCE_NOT_FOUND if no driver of the device's stack provides one by name;
    /// STATUS_INSUFFICIENT_RESOURCES, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: IoWMIDeviceObjectToInstanceName.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMIDeviceObjectToInstanceName(
        void* dataBlockObject, DEVICE_OBJECT* deviceObject, UNICODE_STRING* instanceName)
    {
        NtKernel kernel = NtKernel.Current;
        if (kernel.Objects.Require(dataBlockObject).Payload is not WmiDataBlock opened)
            return STATUS_OBJECT_TYPE_MISMATCH;
        DEVICE_OBJECT* top = IoGetAttachedDevice(deviceObject);
        foreach (WmiBlock block in kernel.Pnp.WmiProviders.Find(kernel, opened.Guid))
        {
            if (block.Names is { Length: > 0 } names && IoGetAttachedDevice(block.DeviceObject) == top)
                return CopyInstanceName(names[0], instanceName);
        }
        return STATUS_WMI_INSTANCE_NOT_FOUND;
    }

    /// <summary>As IoWMIDeviceObjectToInstanceName, for the device that a file is open on.</summary>
    /// <returns>STATUS_INVALID_HANDLE; else as IoWMIDeviceObjectToInstanceName.</returns>
    /// <remarks>WDK: IoWMIHandleToInstanceName.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMIHandleToInstanceName(
        void* dataBlockObject, void* fileHandle, UNICODE_STRING* instanceName)
    {
        NTSTATUS status = FileOf(fileHandle, out KernelObject? file);
        return status.IsSuccess
            ? IoWMIDeviceObjectToInstanceName(dataBlockObject, ((FileState)file!.Payload!).Device, instanceName)
            : status;
    }

    /// <summary>Suggests what a driver may call its instances: after its device, an interface of it, or both.</summary>
    /// <param name="suggestedInstanceName">Gets a string in paged pool, which the caller frees.</param>
    /// <returns>STATUS_INVALID_PARAMETER without what the name is to be made of; STATUS_NO_MEMORY.</returns>
    /// <remarks>WDK: IoWMISuggestInstanceName.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMISuggestInstanceName(
        DEVICE_OBJECT* physicalDeviceObject, UNICODE_STRING* symbolicLinkName, BOOLEAN combineNames,
        UNICODE_STRING* suggestedInstanceName)
    {
        string link = DriverString.Read(symbolicLinkName);
        if (combineNames ? physicalDeviceObject == null || link.Length == 0
            : physicalDeviceObject == null && link.Length == 0)
            return STATUS_INVALID_PARAMETER;
        string device = physicalDeviceObject == null
            ? ""
            : NtKernel.Current.Pnp.Require(physicalDeviceObject, nameof(IoWMISuggestInstanceName)).InstancePath;
        string name = combineNames ? $"{device}-{link}" : physicalDeviceObject != null ? device : link;
        return CopyInstanceName(name, suggestedInstanceName).IsSuccess ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }

    /// <summary>Gives out numbers for instances of a class that this system has not given out for it before.</summary>
    /// <param name="firstInstanceId">Gets the first of them; the others follow.</param>
    /// <remarks>WDK: IoWMIAllocateInstanceIds.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoWMIAllocateInstanceIds(Guid* guid, uint instanceCount, uint* firstInstanceId)
    {
        *firstInstanceId = NtKernel.Current.Pnp.WmiProviders.AllocateInstanceIds(*guid, instanceCount);
        return STATUS_SUCCESS;
    }

    private static NTSTATUS CopyInstanceName(string name, UNICODE_STRING* instanceName)
    {
        int bytes = name.Length * sizeof(char);
        var text = (char*)ExAllocatePoolWithTag(
            POOL_TYPE.PagedPool, (nuint)(bytes + sizeof(char)), InstanceNameTag);
        if (text == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        name.CopyTo(new Span<char>(text, name.Length));
        text[name.Length] = '\0';
        instanceName->Buffer = text;
        instanceName->Length = (ushort)bytes;
        instanceName->MaximumLength = (ushort)(bytes + sizeof(char));
        return STATUS_SUCCESS;
    }
}
