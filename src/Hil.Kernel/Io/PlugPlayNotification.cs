namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Registers a callback for device interfaces of a class, for the removal of the device behind a file, or
    /// for hardware profile changes (of which there are none).</summary>
    /// <param name="eventCategoryData">Interface class GUID, or FILE_OBJECT of the target device.</param>
    /// <param name="callbackRoutine">NTSTATUS (PVOID NotificationStructure, PVOID Context), called at
    /// PASSIVE_LEVEL.</param>
    /// <param name="notificationEntry">Gets what IoUnregisterPlugPlayNotification takes.</param>
    /// <returns>STATUS_INVALID_PARAMETER for an unknown category, STATUS_NO_SUCH_DEVICE for a file without PnP
    /// device.</returns>
    /// <remarks>WDK: IoRegisterPlugPlayNotification.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoRegisterPlugPlayNotification(
        IO_NOTIFICATION_EVENT_CATEGORY eventCategory, uint eventCategoryFlags, void* eventCategoryData,
        DRIVER_OBJECT* driverObject, DriverRoutine callbackRoutine, void* context, void** notificationEntry)
    {
        PnpSystem pnp = NtKernel.Current.Pnp;
        switch (eventCategory)
        {
            case IO_NOTIFICATION_EVENT_CATEGORY.EventCategoryDeviceInterfaceChange:
                Guid interfaceClass = *PointerCheck.Follow<Guid>(eventCategoryData, "EventCategoryData");
                *notificationEntry = pnp.Notifications.AddInterface(interfaceClass, callbackRoutine, context);
                if ((eventCategoryFlags & PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES) != 0)
                    TellExisting(pnp, *notificationEntry, interfaceClass);
                return STATUS_SUCCESS;
            case IO_NOTIFICATION_EVENT_CATEGORY.EventCategoryTargetDeviceChange:
                FILE_OBJECT* file = PointerCheck.Follow<FILE_OBJECT>(eventCategoryData, "EventCategoryData");
                DeviceNode? target = pnp.FindStackOf(file->DeviceObject);
                if (target == null)
                    return STATUS_NO_SUCH_DEVICE;
                *notificationEntry = pnp.Notifications.AddTarget(target, file, callbackRoutine, context);
                return STATUS_SUCCESS;
            case IO_NOTIFICATION_EVENT_CATEGORY.EventCategoryHardwareProfileChange:
                *notificationEntry = pnp.Notifications.AddSilent(callbackRoutine, context);
                return STATUS_SUCCESS;
            default:
                return STATUS_INVALID_PARAMETER;
        }
    }

    /// <summary>Takes a registration back; the callback is not called any more.</summary>
    /// <remarks>WDK: IoUnregisterPlugPlayNotification.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoUnregisterPlugPlayNotification(void* notificationEntry) =>
        NtKernel.Current.Pnp.Notifications.Remove(notificationEntry) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;

    /// <inheritdoc cref="IoUnregisterPlugPlayNotification"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoUnregisterPlugPlayNotificationEx(void* notificationEntry) =>
        IoUnregisterPlugPlayNotification(notificationEntry);

    private static void TellExisting(PnpSystem pnp, void* entry, Guid interfaceClass)
    {
        foreach (string name in pnp.FindInterfaces(interfaceClass))
            pnp.Notifications.TellExisting(entry, pnp.Interfaces.Find(name)!);
    }
}
