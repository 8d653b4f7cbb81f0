using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A system or a device power state; the request's type says which.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct POWER_STATE
{
    [FieldOffset(0)] public SYSTEM_POWER_STATE SystemState;
    [FieldOffset(0)] public DEVICE_POWER_STATE DeviceState;
}
