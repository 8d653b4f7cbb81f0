namespace Hil.Wdm;

/// <summary>Version 2 of what a driver registers with the power management framework; the components follow.</summary>
public unsafe struct PO_FX_DEVICE_V2
{
    public uint Version;
    public ulong Flags;
    public DriverRoutine ComponentActiveConditionCallback;
    public DriverRoutine ComponentIdleConditionCallback;
    public DriverRoutine ComponentIdleStateCallback;
    public DriverRoutine DevicePowerRequiredCallback;
    public DriverRoutine DevicePowerNotRequiredCallback;
    public DriverRoutine PowerControlCallback;
    public void* DeviceContext;
    public uint ComponentCount;
}
