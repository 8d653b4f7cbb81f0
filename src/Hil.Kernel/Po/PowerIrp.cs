namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Passes a power IRP to the next lower driver.</summary>
    /// <remarks>WDK: PoCallDriver. Since Windows Vista the same as IoCallDriver.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS PoCallDriver(DEVICE_OBJECT* deviceObject, IRP* irp) => IofCallDriver(deviceObject, irp);

    /// <summary>Says that the driver is ready for its next power IRP.</summary>
    /// <remarks>WDK: PoStartNextPowerIrp. Since Windows Vista the power manager needs no such word; it does
    /// nothing.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoStartNextPowerIrp(IRP* irp)
    {
        if (irp->Type != IO_TYPE_IRP)
            NtKernel.Current.Violation("PoStartNextPowerIrp was given something that is no IRP");
    }

    /// <summary>Notes a device's new power state.</summary>
    /// <returns>The state noted before.</returns>
    /// <remarks>WDK: PoSetPowerState. The states are kept as Windows keeps them: in the low two nibbles of
    /// PowerFlags.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static POWER_STATE PoSetPowerState(DEVICE_OBJECT* deviceObject, POWER_STATE_TYPE type, POWER_STATE state)
    {
        const int DeviceShift = 4;
        const uint Nibble = 0xF;
        int shift = type == POWER_STATE_TYPE.DevicePowerState ? DeviceShift : 0;
        ref uint flags = ref PointerCheck.Follow<DEVOBJ_EXTENSION>(
            deviceObject->DeviceObjectExtension, "DeviceObject->DeviceObjectExtension")->PowerFlags;
        uint previous = (flags >> shift) & Nibble;
        flags = (flags & ~(Nibble << shift)) | (((uint)state.SystemState & Nibble) << shift);
        return new POWER_STATE { SystemState = (SYSTEM_POWER_STATE)previous };
    }

    /// <summary>Sends a device power IRP or a wait/wake IRP to the top of a device's stack.</summary>
    /// <param name="completionFunction">VOID (PDEVICE_OBJECT, UCHAR, POWER_STATE, PVOID, PIO_STATUS_BLOCK); may be
    /// null.</param>
    /// <param name="irp">Gets the IRP of a wait/wake request, to cancel it with; may be null.</param>
    /// <returns>STATUS_PENDING; STATUS_INVALID_PARAMETER_2 for another minor function;
    /// STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: PoRequestPowerIrp.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS PoRequestPowerIrp(
        DEVICE_OBJECT* deviceObject, byte minorFunction, POWER_STATE powerState, DriverRoutine completionFunction,
        void* context, IRP** irp)
    {
        if (minorFunction is not (IRP_MN_QUERY_POWER or IRP_MN_SET_POWER or IRP_MN_WAIT_WAKE))
            return STATUS_INVALID_PARAMETER_2;
        bool isSent = NtKernel.Current.Pnp.Power.TryRequest(
            deviceObject, minorFunction, powerState, completionFunction, context, irp);
        return isSent ? STATUS_PENDING : STATUS_INSUFFICIENT_RESOURCES;
    }
}
