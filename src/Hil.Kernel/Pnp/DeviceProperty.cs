namespace Hil.Kernel;

/// <summary>One value of IoSetDevicePropertyData.</summary>
internal sealed record DeviceProperty(uint Type, byte[] Data);
