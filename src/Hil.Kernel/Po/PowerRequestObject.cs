namespace Hil.Kernel;

// The system sleeps and blanks its screen when its host says so and at no other time, so requests change nothing but
// their own counts.

public static unsafe partial class Ntoskrnl
{
    private const int SystemRequired = 1; // POWER_REQUEST_TYPE: PowerRequestSystemRequired
    private const uint PowerRequestTag = 0x71657250; // 'Preq'

    /// <summary>Creates a power request, not set.</summary>
    /// <param name="context">Why, in the driver's words; may be null.</param>
    /// <returns>STATUS_INVALID_PARAMETER without a device, STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: PoCreatePowerRequest.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS PoCreatePowerRequest(void** powerRequest, DEVICE_OBJECT* deviceObject, void* context)
    {
        NtKernel kernel = NtKernel.Current;
        *powerRequest = null;
        if (deviceObject == null)
            return STATUS_INVALID_PARAMETER;
        kernel.Objects.Require(deviceObject);
        void* made = kernel.Pool.Allocate(sizeof(ulong), PowerRequestTag, zero: true);
        if (made == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        kernel.PowerRequests.Add((nint)made, 0);
        *powerRequest = made;
        return STATUS_SUCCESS;
    }

    /// <summary>Counts a request up.</summary>
    /// <param name="type">PowerRequestSystemRequired, the one that drivers may make.</param>
    /// <returns>STATUS_NOT_SUPPORTED for another type.</returns>
    /// <remarks>WDK: PoSetPowerRequest.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS PoSetPowerRequest(void* powerRequest, int type)
    {
        RequirePowerRequest(powerRequest);
        if (type != SystemRequired)
            return STATUS_NOT_SUPPORTED;
        NtKernel.Current.PowerRequests[(nint)powerRequest]++;
        return STATUS_SUCCESS;
    }

    /// <summary>Counts a request down.</summary>
    /// <returns>STATUS_NOT_SUPPORTED for another type, STATUS_UNSUCCESSFUL if the count is zero.</returns>
    /// <remarks>WDK: PoClearPowerRequest.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS PoClearPowerRequest(void* powerRequest, int type)
    {
        RequirePowerRequest(powerRequest);
        if (type != SystemRequired)
            return STATUS_NOT_SUPPORTED;
        if (NtKernel.Current.PowerRequests[(nint)powerRequest] == 0)
            return STATUS_UNSUCCESSFUL;
        NtKernel.Current.PowerRequests[(nint)powerRequest]--;
        return STATUS_SUCCESS;
    }

    /// <summary>Deletes a power request, set or not.</summary>
    /// <remarks>WDK: PoDeletePowerRequest.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void PoDeletePowerRequest(void* powerRequest)
    {
        RequirePowerRequest(powerRequest);
        NtKernel.Current.PowerRequests.Remove((nint)powerRequest);
        NtKernel.Current.Pool.Free(powerRequest);
    }

    /// <summary>FALSE: no watchdog counts the time that a power IRP takes.</summary>
    /// <param name="secondsRemaining">Untouched, as on Windows when there is no watchdog.</param>
    /// <remarks>WDK: PoQueryWatchdogTime.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN PoQueryWatchdogTime(DEVICE_OBJECT* pdo, uint* secondsRemaining) => false;

    private static void RequirePowerRequest(void* powerRequest)
    {
        if (!NtKernel.Current.PowerRequests.ContainsKey((nint)powerRequest))
            NtKernel.Current.BugCheck(
                BugCheckCodes.REFERENCE_BY_POINTER, 0, (ulong)powerRequest, 0, 0,
                $"0x{(ulong)powerRequest:x} is no power request: deleted already, or a wild pointer");
    }
}
