namespace Hil.Wdm;

/// <summary>Whether a power request is for the system or a device.</summary>
public enum POWER_STATE_TYPE
{
    SystemPowerState,
    DevicePowerState,
}
