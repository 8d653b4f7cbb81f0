namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Has the power manager put a device into a lower power state after seconds without work.</summary>
    /// <param name="conservationIdleTime">Seconds when saving energy; the machine never is.</param>
    /// <param name="performanceIdleTime">Seconds otherwise; 0 in both ends the registration, all ones is the
    /// default.</param>
    /// <returns>The idle counter, which the driver clears when it works; null after an end.</returns>
    /// <remarks>WDK: PoRegisterDeviceForIdleDetection.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static uint* PoRegisterDeviceForIdleDetection(
        DEVICE_OBJECT* deviceObject, uint conservationIdleTime, uint performanceIdleTime, DEVICE_POWER_STATE state)
    {
        const uint DefaultSeconds = 600;
        IdleDetection idle = NtKernel.Current.Pnp.Power.Idle;
        if (conservationIdleTime == 0 && performanceIdleTime == 0)
        {
            idle.Unregister(deviceObject);
            return null;
        }
        uint limit = performanceIdleTime == uint.MaxValue ? DefaultSeconds : performanceIdleTime;
        return idle.Register(deviceObject, limit, state);
    }

    /// <summary>Says that a device works: its idle count begins anew.</summary>
    /// <remarks>WDK: PoSetDeviceBusyEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoSetDeviceBusyEx(uint* idlePointer) => *idlePointer = 0;

    /// <summary>Begins a stretch of work in which a device is not idle.</summary>
    /// <remarks>WDK: PoStartDeviceBusy.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoStartDeviceBusy(uint* idlePointer) => NtKernel.Current.Pnp.Power.Idle.AddBusy(idlePointer, 1);

    /// <summary>Ends what PoStartDeviceBusy began.</summary>
    /// <remarks>WDK: PoEndDeviceBusy.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoEndDeviceBusy(uint* idlePointer) => NtKernel.Current.Pnp.Power.Idle.AddBusy(idlePointer, -1);
}
