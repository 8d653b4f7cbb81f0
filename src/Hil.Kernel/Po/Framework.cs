using System.Diagnostics.CodeAnalysis;

namespace Hil.Kernel;

// The power management framework (PoFx) counts what uses each component of a device and tells the driver when the first
// user comes and the last one goes. What it does with idle components is its own choice on Windows; here it leaves them
// in F0 and the device in D0, so the callbacks for deeper states are not called.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Registers a device's components with the framework.</summary>
    /// <param name="device">PO_FX_DEVICE of version 1 or 2.</param>
    /// <param name="handle">Gets what the other PoFx routines take.</param>
    /// <remarks>WDK: PoFxRegisterDevice.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS PoFxRegisterDevice(DEVICE_OBJECT* pdo, void* device, void** handle)
    {
        PnpSystem pnp = NtKernel.Current.Pnp;
        pnp.Require(pdo, nameof(PoFxRegisterDevice));
        var registered = new FrameworkDevice(PoolBuffer.AllocateOwn<byte>(sizeof(ulong)), device);
        pnp.Power.Framework.Add((nint)registered.Handle, registered);
        *handle = registered.Handle;
        return STATUS_SUCCESS;
    }

    /// <summary>Ends a registration.</summary>
    /// <remarks>WDK: PoFxUnregisterDevice.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void PoFxUnregisterDevice(void* handle)
    {
        RequireFramework(handle, nameof(PoFxUnregisterDevice));
        NtKernel.Current.Pnp.Power.Framework.Remove((nint)handle);
        NtKernel.Current.Pool.Free(handle);
    }

    /// <summary>Says that the driver's initialisation is over; components without users become idle.</summary>
    /// <remarks>WDK: PoFxStartDevicePowerManagement.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoFxStartDevicePowerManagement(void* handle) =>
        RequireFramework(handle, nameof(PoFxStartDevicePowerManagement)).StartManagement();

    /// <summary>Adds a user to a component; the first makes it active before this returns.</summary>
    /// <remarks>WDK: PoFxActivateComponent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoFxActivateComponent(void* handle, uint component, uint flags) =>
        RequireComponent(handle, component, nameof(PoFxActivateComponent)).Activate(component);

    /// <summary>Takes a user from a component; the last one makes it idle.</summary>
    /// <remarks>WDK: PoFxIdleComponent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoFxIdleComponent(void* handle, uint component, uint flags)
    {
        if (!RequireComponent(handle, component, nameof(PoFxIdleComponent)).Idle(component))
            NtKernel.Current.Violation($"PoFxIdleComponent was called for component {component}, which is not active");
    }

    /// <summary>Answers the driver's ComponentIdleConditionCallback.</summary>
    /// <remarks>WDK: PoFxCompleteIdleCondition.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoFxCompleteIdleCondition(void* handle, uint component)
    {
        if (!RequireComponent(handle, component, nameof(PoFxCompleteIdleCondition)).CompleteIdle(component))
            NtKernel.Current.Violation($"PoFxCompleteIdleCondition was called for component {component} unasked");
    }

    /// <summary>Answers the driver's DevicePowerNotRequiredCallback, which is never called here.</summary>
    /// <remarks>WDK: PoFxCompleteDevicePowerNotRequired.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoFxCompleteDevicePowerNotRequired(void* handle)
    {
        RequireFramework(handle, nameof(PoFxCompleteDevicePowerNotRequired));
        NtKernel.Current.Violation("PoFxCompleteDevicePowerNotRequired was called unasked");
    }

    /// <summary>Says that the device is in D0 again.</summary>
    /// <remarks>WDK: PoFxReportDevicePoweredOn.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoFxReportDevicePoweredOn(void* handle) =>
        RequireFramework(handle, nameof(PoFxReportDevicePoweredOn));

    private static FrameworkDevice RequireComponent(void* handle, uint component, string export)
    {
        FrameworkDevice device = RequireFramework(handle, export);
        if (!device.Has(component))
            FailFramework(handle, $"{export} was given component {component}, which the device does not have");
        return device;
    }

    private static FrameworkDevice RequireFramework(void* handle, string export)
    {
        if (!NtKernel.Current.Pnp.Power.Framework.TryGetValue((nint)handle, out FrameworkDevice? device))
            FailFramework(handle, $"{export} was given a handle that PoFxRegisterDevice has not returned");
        return device;
    }

    // Windows follows the handle and indexes the components without a look: a wild one faults.
    [DoesNotReturn]
    private static void FailFramework(void* handle, string reason)
    {
        NtKernel kernel = NtKernel.Current;
        kernel.BugCheck(
            BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, (ulong)handle, 0, kernel.Processor.DriverRip, 0, reason);
    }
}
