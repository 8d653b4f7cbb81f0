namespace Hil.Wdm;

/// <summary>A place in a device queue.</summary>
public struct KDEVICE_QUEUE_ENTRY
{
    public LIST_ENTRY DeviceListEntry;
    public uint SortKey;
    public BOOLEAN Inserted;
}
