namespace Hil.Wdm;

// Status codes of files' identifiers, of device object hints and of boot disks.
public static partial class NtStatus
{
    public static NTSTATUS STATUS_TOO_LATE => new(0xC0000189u);
    public static NTSTATUS STATUS_DUPLICATE_OBJECTID => new(0xC000022Au);
    public static NTSTATUS STATUS_INVALID_DEVICE_OBJECT_PARAMETER => new(0xC0000369u);
}
