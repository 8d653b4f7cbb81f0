namespace Hil.Wdm;

/// <summary>A volume parameter block.</summary>
public unsafe struct VPB
{
    public short Type;
    public short Size;
    public ushort Flags;
    public ushort VolumeLabelLength;
    public DEVICE_OBJECT* DeviceObject;
    public DEVICE_OBJECT* RealDevice;
    public uint SerialNumber;
    public uint ReferenceCount;
    public fixed char VolumeLabel[32];
}
