namespace Hil.Wdm;

// Status codes of security descriptors.
public static partial class NtStatus
{
    public static NTSTATUS STATUS_INVALID_ACL => new(0xC0000077u);
    public static NTSTATUS STATUS_INVALID_SID => new(0xC0000078u);
    public static NTSTATUS STATUS_INVALID_SECURITY_DESCR => new(0xC0000079u);
    public static NTSTATUS STATUS_BAD_DESCRIPTOR_FORMAT => new(0xC00000E7u);
}
