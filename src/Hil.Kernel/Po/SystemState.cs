using System.Runtime.CompilerServices;

namespace Hil.Kernel;

// The system goes to sleep when its host says so and at no other time, so what drivers say to keep it awake changes
// nothing.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Says that the system is busy, once.</summary>
    /// <remarks>WDK: PoSetSystemState.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoSetSystemState(uint flags) => NtKernel.Current.Pnp.LastSystemState = flags;

    /// <summary>Says that the system is busy until the registration ends.</summary>
    /// <param name="stateHandle">A handle of before to change its flags, or null for a new one.</param>
    /// <returns>The handle.</returns>
    /// <remarks>WDK: PoRegisterSystemState.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* PoRegisterSystemState(void* stateHandle, uint flags)
    {
        uint* registration = stateHandle == null
            ? PoolBuffer.AllocateOwn<uint>(sizeof(ulong))
            : PointerCheck.Follow<uint>(stateHandle, "StateHandle");
        *registration = flags;
        return registration;
    }

    /// <summary>Ends a registration.</summary>
    /// <remarks>WDK: PoUnregisterSystemState.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoUnregisterSystemState(void* stateHandle) =>
        NtKernel.Current.Pool.Free(PointerCheck.Follow<uint>(stateHandle, "StateHandle"));

    /// <summary>Says that a wait/wake IRP woke the system.</summary>
    /// <remarks>WDK: PoSetSystemWake. For the system's event log, which there is none of.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void PoSetSystemWake(IRP* irp)
    {
        ref IrpRecord record = ref NtKernel.Current.Io.Irps.Find(irp);
        if (Unsafe.IsNullRef(ref record))
            NtKernel.Current.Violation("PoSetSystemWake was given something that is no IRP");
        else
            record.IsSystemWake = true;
    }

    /// <summary>TRUE if PoSetSystemWake marked an IRP.</summary>
    /// <remarks>WDK: PoGetSystemWake.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN PoGetSystemWake(IRP* irp)
    {
        ref IrpRecord record = ref NtKernel.Current.Io.Irps.Find(irp);
        return !Unsafe.IsNullRef(ref record) && record.IsSystemWake;
    }

    /// <summary>Calls a routine when a power setting changes, and once right away.</summary>
    /// <param name="deviceObject">Not used; may be null.</param>
    /// <param name="callback">NTSTATUS (LPCGUID SettingGuid, PVOID Value, ULONG ValueLength, PVOID Context).</param>
    /// <param name="handle">Gets what PoUnregisterPowerSettingCallback takes; may be null.</param>
    /// <remarks>WDK: PoRegisterPowerSettingCallback.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS PoRegisterPowerSettingCallback(
        DEVICE_OBJECT* deviceObject, Guid* settingGuid, DriverRoutine callback, void* context, void** handle)
    {
        void* made = NtKernel.Current.Pnp.Power.Settings.Add(*settingGuid, callback, context);
        if (handle != null)
            *handle = made;
        return STATUS_SUCCESS;
    }

    /// <summary>Ends a registration of PoRegisterPowerSettingCallback.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for what is no handle.</returns>
    /// <remarks>WDK: PoUnregisterPowerSettingCallback.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS PoUnregisterPowerSettingCallback(void* handle) =>
        NtKernel.Current.Pnp.Power.Settings.Remove(handle) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
