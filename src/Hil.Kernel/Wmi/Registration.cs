namespace Hil.Kernel;

// Drivers are providers, which register their devices, and may be consumers, too (DataBlock.cs). Nobody else asks.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Registers a device as WMI provider, or ends or renews the registration.</summary>
    /// <param name="action">WMIREG_ACTION_xxx; flags above the low byte (WMIREG_FLAG_TRACE_PROVIDER) change nothing
    /// here.</param>
    /// <returns>STATUS_INVALID_PARAMETER for an unknown action or a device that is not registered.</returns>
    /// <remarks>WDK: IoWMIRegistrationControl. The request that asks for the device's blocks comes with the first
    /// consumer.</remarks>
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
                providers.Add(deviceObject);
                return STATUS_SUCCESS;
            case Deregister:
                return providers.Remove(deviceObject) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
            case Reregister or UpdateGuids or BlockIrps:
                if (!providers.IsRegistered(deviceObject))
                    return STATUS_INVALID_PARAMETER;
                if ((action & ActionMask) != BlockIrps)
                    providers.Add(deviceObject);
                return STATUS_SUCCESS;
            default:
                return STATUS_INVALID_PARAMETER;
        }
    }

    /// <summary>A provider ID for WNODE headers.</summary>
    /// <remarks>WDK: IoWMIDeviceObjectToProviderId.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint IoWMIDeviceObjectToProviderId(DEVICE_OBJECT* deviceObject) =>
        NtKernel.Current.Pnp.WmiProviders.IdOf(deviceObject);

    /// <summary>Fires an event. On success the memory is WMI's, which frees it when all consumers have it.</summary>
    /// <param name="wnodeEventItem">WNODE_HEADER and event data in nonpaged pool.</param>
    /// <remarks>WDK: IoWMIWriteEvent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoWMIWriteEvent(void* wnodeEventItem)
    {
        if (wnodeEventItem == null)
            return STATUS_INVALID_PARAMETER;
        NtKernel kernel = NtKernel.Current;
        WmiProviders providers = kernel.Pnp.WmiProviders;
        WNODE_HEADER* header = PointerCheck.Follow<WNODE_HEADER>(wnodeEventItem, "WnodeEventItem");
        if (!providers.HasListener(header->Guid))
        {
            ExFreePool(wnodeEventItem);
            return STATUS_SUCCESS;
        }
        ulong wnode = (ulong)wnodeEventItem;
        kernel.Scheduler.RunAsync(() =>
        {
            providers.Tell(kernel, (WNODE_HEADER*)wnode);
            ExFreePool((void*)wnode);
            return true;
        });
        return STATUS_SUCCESS;
    }
}
