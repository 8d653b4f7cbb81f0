namespace Hil.Wdm;

/// <summary>Tells a file's owner that the device is going.</summary>
public unsafe struct TARGET_DEVICE_REMOVAL_NOTIFICATION
{
    public ushort Version;
    public ushort Size;
    public Guid Event;
    public FILE_OBJECT* FileObject;
}
