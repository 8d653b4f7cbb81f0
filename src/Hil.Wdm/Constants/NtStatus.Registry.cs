namespace Hil.Wdm;

// Status codes of the registry.
public static partial class NtStatus
{
    public static NTSTATUS STATUS_CHILD_MUST_BE_VOLATILE => new(0xC0000181u);
}
