namespace Hil.Kernel;

// WDK: Handling IRP_MN_SET_POWER for Device Power States, Bus Drivers. A wait/wake request needs a device that can
// signal a power management event; none of these can, so it keeps the status it came with.
internal abstract unsafe partial class BusDriver
{
    /// <summary>Puts the hardware into a power state; the state is one the device has.</summary>
    protected abstract NTSTATUS SetDevicePower(DeviceNode node, DEVICE_POWER_STATE state);

    /// <summary>D0 while the system works, D3 while it sleeps.</summary>
    protected static void FillDeviceStates(DEVICE_CAPABILITIES* capabilities)
    {
        const int Working = (int)SYSTEM_POWER_STATE.PowerSystemWorking;
        capabilities->DeviceState[Working] = DEVICE_POWER_STATE.PowerDeviceD0;
        for (int state = Working + 1; state < (int)SYSTEM_POWER_STATE.PowerSystemMaximum; state++)
            capabilities->DeviceState[state] = DEVICE_POWER_STATE.PowerDeviceD3;
    }

    private NTSTATUS AnswerPower(DeviceNode node, IRP* irp)
    {
        IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
        POWER_STATE state = location->Parameters.Power.State;
        bool isDevice = location->Parameters.Power.Type == POWER_STATE_TYPE.DevicePowerState;
        switch (location->MinorFunction)
        {
            case IRP_MN_QUERY_POWER:
                return !isDevice || CanEnter(node, state.DeviceState) ? STATUS_SUCCESS : STATUS_POWER_STATE_INVALID;
            case IRP_MN_SET_POWER when !isDevice:
                return STATUS_SUCCESS;
            case IRP_MN_SET_POWER when CanEnter(node, state.DeviceState):
                Ntoskrnl.PoSetPowerState(node.PhysicalDevice, POWER_STATE_TYPE.DevicePowerState, state);
                return SetDevicePower(node, state.DeviceState);
            case IRP_MN_SET_POWER:
                return STATUS_POWER_STATE_INVALID;
            default:
                return irp->IoStatus.Status;
        }
    }

    private static bool CanEnter(DeviceNode node, DEVICE_POWER_STATE state) => state switch
    {
        DEVICE_POWER_STATE.PowerDeviceD0 or DEVICE_POWER_STATE.PowerDeviceD3 => true,
        DEVICE_POWER_STATE.PowerDeviceD1 => node.Capabilities.DeviceD1 != 0,
        DEVICE_POWER_STATE.PowerDeviceD2 => node.Capabilities.DeviceD2 != 0,
        _ => false,
    };
}
