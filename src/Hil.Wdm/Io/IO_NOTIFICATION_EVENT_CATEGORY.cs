namespace Hil.Wdm;

/// <summary>What IoRegisterPlugPlayNotification watches.</summary>
public enum IO_NOTIFICATION_EVENT_CATEGORY
{
    EventCategoryReserved,
    EventCategoryHardwareProfileChange,
    EventCategoryDeviceInterfaceChange,
    EventCategoryTargetDeviceChange,
    EventCategoryKernelSoftRestart,
}
