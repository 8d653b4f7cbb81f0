namespace Hil.Wdm;

/// <summary>What kind of device a file is on.</summary>
public struct FILE_FS_DEVICE_INFORMATION
{
    public uint DeviceType;
    public uint Characteristics;
}
