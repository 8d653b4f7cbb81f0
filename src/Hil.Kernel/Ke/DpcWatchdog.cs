namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>How long the running DPC may still take. The watchdog here is for all driver code alike, so DPCs have
    /// no limits of their own, which the structure says by zeros.</summary>
    /// <returns>STATUS_UNSUCCESSFUL when no DPC is running.</returns>
    /// <remarks>WDK: KeQueryDpcWatchdogInformation.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL)]
    public static NTSTATUS KeQueryDpcWatchdogInformation(KDPC_WATCHDOG_INFORMATION* watchdogInformation)
    {
        *watchdogInformation = default;
        return NtKernel.Current.Dpcs.IsDraining ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    }
}
