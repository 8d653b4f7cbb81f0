namespace Hil.Kernel;

// WMI without consumers: drivers register their devices and may fire events; nobody asks for their data blocks.

/// <summary>Devices that have registered with WMI.</summary>
internal sealed unsafe class WmiProviders
{
    private readonly Dictionary<nint, uint> _ids = [];
    private readonly HashSet<nint> _registered = [];

    public bool Register(DEVICE_OBJECT* device) => _registered.Add((nint)device);

    public bool Deregister(DEVICE_OBJECT* device) => _registered.Remove((nint)device);

    public bool IsRegistered(DEVICE_OBJECT* device) => _registered.Contains((nint)device);

    /// <summary>A number for a device that fits 32 bits.</summary>
    public uint IdOf(DEVICE_OBJECT* device)
    {
        if (!_ids.TryGetValue((nint)device, out uint id))
            _ids.Add((nint)device, id = (uint)_ids.Count + 1);
        return id;
    }
}

public static unsafe partial class Ntoskrnl
{
    private static readonly NTSTATUS s_wmiGuidNotFound = new(0xC0000295u); // STATUS_WMI_GUID_NOT_FOUND

    /// <summary>Registers a device as WMI provider, or ends or renews the registration.</summary>
    /// <param name="action">WMIREG_ACTION_xxx; flags above the low byte (WMIREG_FLAG_TRACE_PROVIDER) change nothing
    /// here.</param>
    /// <returns>STATUS_INVALID_PARAMETER for an unknown action or a device that is not registered.</returns>
    /// <remarks>WDK: IoWMIRegistrationControl. The IRP_MN_REGINFO that asks for the device's blocks comes with the
    /// first consumer; there is none.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoWMIRegistrationControl(DEVICE_OBJECT* deviceObject, uint action)
    {
        const uint Register = 1;
        const uint Deregister = 2;
        const uint Reregister = 3;
        const uint UpdateGuids = 4;
        const uint BlockIrps = 5;
        const uint ActionMask = 0xFF;
        WmiProviders providers = NtKernel.Current.Pnp.WmiProviders;
        switch (action & ActionMask)
        {
            case Register:
                providers.Register(deviceObject);
                return STATUS_SUCCESS;
            case Deregister:
                return providers.Deregister(deviceObject) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
            case Reregister or UpdateGuids or BlockIrps:
                return providers.IsRegistered(deviceObject) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
            default:
                return STATUS_INVALID_PARAMETER;
        }
    }

    /// <summary>A provider ID for WNODE headers.</summary>
    /// <remarks>WDK: IoWMIDeviceObjectToProviderId.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint IoWMIDeviceObjectToProviderId(DEVICE_OBJECT* deviceObject) =>
        NtKernel.Current.Pnp.WmiProviders.IdOf(deviceObject);

    /// <summary>Fires an event. On success the memory is WMI's, which frees it when all consumers have it: at
    /// once.</summary>
    /// <param name="wnodeEventItem">WNODE_HEADER and event data in nonpaged pool.</param>
    /// <remarks>WDK: IoWMIWriteEvent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoWMIWriteEvent(void* wnodeEventItem)
    {
        if (wnodeEventItem == null)
            return STATUS_INVALID_PARAMETER;
        ExFreePool(wnodeEventItem);
        return STATUS_SUCCESS;
    }

    /// <summary>Opens a data block of any provider: no consumer exists, so no block is known.</summary>
    /// <returns>STATUS_WMI_GUID_NOT_FOUND.</returns>
    /// <remarks>WDK: IoWMIOpenBlock.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoWMIOpenBlock(Guid* guid, uint desiredAccess, void** dataBlockObject)
    {
        *dataBlockObject = null;
        return s_wmiGuidNotFound;
    }

    /// <summary>Reads all instances of a block, of which none can have been opened.</summary>
    /// <returns>STATUS_WMI_GUID_NOT_FOUND.</returns>
    /// <remarks>WDK: IoWMIQueryAllData.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoWMIQueryAllData(void* dataBlockObject, uint* inOutBufferSize, void* outBuffer) =>
        s_wmiGuidNotFound;
}
