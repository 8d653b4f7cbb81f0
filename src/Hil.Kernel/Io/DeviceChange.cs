namespace Hil.Kernel;

// Drivers ask the PnP manager to look again, from any thread at up to DISPATCH_LEVEL. It does so soon, on a thread of
// its own: the caller may hold what the requests need.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Says that a device's children (or other relations) have changed; the PnP manager asks anew.</summary>
    /// <remarks>WDK: IoInvalidateDeviceRelations. Only BusRelations and SingleBusRelations make it ask now.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoInvalidateDeviceRelations(DEVICE_OBJECT* deviceObject, DEVICE_RELATION_TYPE type)
    {
        PnpSystem pnp = NtKernel.Current.Pnp;
        DeviceNode node = pnp.Require(deviceObject, nameof(IoInvalidateDeviceRelations));
        if (type is DEVICE_RELATION_TYPE.BusRelations or DEVICE_RELATION_TYPE.SingleBusRelations)
            pnp.Soon(() => pnp.EnumerateChildren(node));
    }

    /// <summary>Says that a device's PNP_DEVICE_STATE has changed; the PnP manager asks anew.</summary>
    /// <remarks>WDK: IoInvalidateDeviceState.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoInvalidateDeviceState(DEVICE_OBJECT* physicalDeviceObject)
    {
        PnpSystem pnp = NtKernel.Current.Pnp;
        DeviceNode node = pnp.Require(physicalDeviceObject, nameof(IoInvalidateDeviceState));
        pnp.Soon(() => pnp.RefreshState(node));
    }

    /// <summary>Says that somebody pressed a device's eject button: it is removed in order and ejected if all
    /// agree.</summary>
    /// <remarks>WDK: IoRequestDeviceEject.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoRequestDeviceEject(DEVICE_OBJECT* physicalDeviceObject)
    {
        PnpSystem pnp = NtKernel.Current.Pnp;
        DeviceNode node = pnp.Require(physicalDeviceObject, nameof(IoRequestDeviceEject));
        pnp.Soon(() => pnp.Eject(node));
    }

    /// <summary>As IoRequestDeviceEject; a routine hears how it ended.</summary>
    /// <param name="callback">VOID (NTSTATUS Status, PVOID Context), called at PASSIVE_LEVEL; may be null.</param>
    /// <param name="driverObject">The caller's, which must come with a callback.</param>
    /// <returns>STATUS_INVALID_PARAMETER for a callback without a driver.</returns>
    /// <remarks>WDK: IoRequestDeviceEjectEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoRequestDeviceEjectEx(
        DEVICE_OBJECT* physicalDeviceObject, DriverRoutine callback, void* context, DRIVER_OBJECT* driverObject)
    {
        if (!callback.IsNull && driverObject == null)
            return STATUS_INVALID_PARAMETER;
        PnpSystem pnp = NtKernel.Current.Pnp;
        DeviceNode node = pnp.Require(physicalDeviceObject, nameof(IoRequestDeviceEjectEx));
        ulong passedOn = (ulong)context;
        pnp.Soon(() =>
        {
            NTSTATUS status = pnp.Eject(node);
            if (!callback.IsNull)
                pnp.Kernel.Processor.Call(callback, (uint)status.Value, passedOn);
        });
        return STATUS_SUCCESS;
    }

    /// <summary>Passes an event of the driver's own to those who registered for this device, and waits for
    /// them.</summary>
    /// <param name="notificationStructure">TARGET_DEVICE_CUSTOM_NOTIFICATION with FileObject null.</param>
    /// <returns>STATUS_INVALID_DEVICE_REQUEST for one of the PnP manager's own events.</returns>
    /// <remarks>WDK: IoReportTargetDeviceChange.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoReportTargetDeviceChange(
        DEVICE_OBJECT* physicalDeviceObject, TARGET_DEVICE_CUSTOM_NOTIFICATION* notificationStructure)
    {
        PnpSystem pnp = NtKernel.Current.Pnp;
        DeviceNode node = pnp.Require(physicalDeviceObject, nameof(IoReportTargetDeviceChange));
        if (PlugPlayNotifications.IsOwnEvent(notificationStructure->Event))
            return STATUS_INVALID_DEVICE_REQUEST;
        pnp.Notifications.TargetChanged(node, notificationStructure);
        return STATUS_SUCCESS;
    }

    /// <summary>As IoReportTargetDeviceChange without waiting; the callback is called when all have been
    /// told.</summary>
    /// <returns>STATUS_PENDING.</returns>
    /// <remarks>WDK: IoReportTargetDeviceChangeAsynchronous.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoReportTargetDeviceChangeAsynchronous(
        DEVICE_OBJECT* physicalDeviceObject, TARGET_DEVICE_CUSTOM_NOTIFICATION* notificationStructure,
        DriverRoutine callback, void* context)
    {
        const int NotificationArgument = 1;
        PnpSystem pnp = NtKernel.Current.Pnp;
        DeviceNode node = pnp.Require(physicalDeviceObject, nameof(IoReportTargetDeviceChangeAsynchronous));
        if (PlugPlayNotifications.IsOwnEvent(notificationStructure->Event))
            return STATUS_INVALID_DEVICE_REQUEST;
        int bytes = Math.Max((int)notificationStructure->Size, sizeof(TARGET_DEVICE_CUSTOM_NOTIFICATION));
        PointerCheck.Argument((ulong)notificationStructure, bytes, NotificationArgument);
        byte[] copy = new ReadOnlySpan<byte>(notificationStructure, bytes).ToArray();
        pnp.Soon(() => pnp.Notifications.TargetChanged(node, copy, callback, context));
        return STATUS_PENDING;
    }

    /// <summary>Reports a device that a legacy driver found itself. The PnP manager makes its physical device
    /// object.</summary>
    /// <param name="deviceObject">Null on entry: gets the new physical device object, which the driver attaches
    /// to.</param>
    /// <remarks>WDK: IoReportDetectedDevice. The device is not started: its driver has its resources already.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoReportDetectedDevice(
        DRIVER_OBJECT* driverObject, INTERFACE_TYPE legacyBusType, uint busNumber, uint slotNumber,
        CM_RESOURCE_LIST* resourceList, IO_RESOURCE_REQUIREMENTS_LIST* resourceRequirements, BOOLEAN resourceAssigned,
        DEVICE_OBJECT** deviceObject)
    {
        string name = DriverString.Read(&driverObject->DriverName);
        string service = name[(name.LastIndexOf('\\') + 1)..];
        DeviceNode node = NtKernel.Current.Pnp.EnumerateRoot(
            $@"Root\{service}", ResourceRequirements.Read(resourceRequirements));
        *deviceObject = node.PhysicalDevice;
        return STATUS_SUCCESS;
    }
}
