namespace Hil.Wdm;

// Status codes of WMI.
public static partial class NtStatus
{
    public static NTSTATUS STATUS_WMI_GUID_NOT_FOUND => new(0xC0000295u);
    public static NTSTATUS STATUS_WMI_INSTANCE_NOT_FOUND => new(0xC0000296u);
    public static NTSTATUS STATUS_WMI_ITEMID_NOT_FOUND => new(0xC0000297u);
    public static NTSTATUS STATUS_WMI_READ_ONLY => new(0xC00002C6u);
}
