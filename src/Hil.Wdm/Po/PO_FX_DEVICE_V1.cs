namespace Hil.Wdm;

/// <summary>Version 1 of what a driver registers with the power management framework; the components follow.</summary>
public unsafe struct PO_FX_DEVICE_V1
{
    public uint Version;
    public uint ComponentCount;
    public DriverRoutine ComponentActiveConditionCallback;
    public DriverRoutine ComponentIdleConditionCallback;
    public DriverRoutine ComponentIdleStateCallback;
    public DriverRoutine DevicePowerRequiredCallback;
    public DriverRoutine DevicePowerNotRequiredCallback;
    public DriverRoutine PowerControlCallback;
    public void* DeviceContext;
}
