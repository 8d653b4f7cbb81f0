namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Calls a routine for each controller that firmware described in \Registry\Machine\Hardware\Description.
    /// This machine's firmware describes none.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND.</returns>
    /// <remarks>WDK: IoQueryDeviceDescription (obsolete).</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoQueryDeviceDescription(
        INTERFACE_TYPE* busType, uint* busNumber, int* controllerType, uint* controllerNumber, int* peripheralType,
        uint* peripheralNumber, DriverRoutine calloutRoutine, void* context) => STATUS_OBJECT_NAME_NOT_FOUND;

    /// <summary>Claims hardware resources for a legacy driver while it looks for its device, or with none gives them
    /// back.</summary>
    /// <param name="driverList">For all devices of the driver; may be null.</param>
    /// <param name="deviceList">For one device; may be null.</param>
    /// <param name="conflictDetected">Gets TRUE when another device holds one of them.</param>
    /// <returns>STATUS_CONFLICTING_ADDRESSES; nothing is claimed then.</returns>
    /// <remarks>WDK: IoReportResourceForDetection.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoReportResourceForDetection(
        DRIVER_OBJECT* driverObject, CM_RESOURCE_LIST* driverList, uint driverListSize, DEVICE_OBJECT* deviceObject,
        CM_RESOURCE_LIST* deviceList, uint deviceListSize, BOOLEAN* conflictDetected)
    {
        nint owner = deviceObject != null ? (nint)deviceObject : (nint)driverObject;
        CM_RESOURCE_LIST* list = deviceList != null ? deviceList : driverList;
        bool isClaimed = NtKernel.Current.Pnp.TryClaim(owner, DeviceResources.Read(list));
        *conflictDetected = !isClaimed;
        return isClaimed ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
    }

    /// <summary>Claims hardware resources for a legacy driver.</summary>
    /// <remarks>WDK: IoReportResourceUsage (obsolete). The driver's class and the override of conflicts are not looked
    /// at.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoReportResourceUsage(
        UNICODE_STRING* driverClassName, DRIVER_OBJECT* driverObject, CM_RESOURCE_LIST* driverList, uint driverListSize,
        DEVICE_OBJECT* deviceObject, CM_RESOURCE_LIST* deviceList, uint deviceListSize, BOOLEAN overrideConflict,
        BOOLEAN* conflictDetected) => IoReportResourceForDetection(
            driverObject, driverList, driverListSize, deviceObject, deviceList, deviceListSize, conflictDetected);
}
