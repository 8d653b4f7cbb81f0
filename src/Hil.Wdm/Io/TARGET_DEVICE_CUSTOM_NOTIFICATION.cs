namespace Hil.Wdm;

/// <summary>A driver's own event for those who have its device open; the event's data follows.</summary>
public unsafe struct TARGET_DEVICE_CUSTOM_NOTIFICATION
{
    public ushort Version;
    public ushort Size;
    public Guid Event;
    public FILE_OBJECT* FileObject;
    public int NameBufferOffset;
    public fixed byte CustomDataBuffer[1];
}
