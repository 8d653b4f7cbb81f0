namespace Hil.Wdm;

// Status codes of the registry.
public static partial class NtStatus
{
    public static NTSTATUS STATUS_CALLBACK_BYPASS => new(0xC0000503u);
    public static NTSTATUS STATUS_FLT_INSTANCE_ALTITUDE_COLLISION => new(0xC01C0011u);
    public static NTSTATUS STATUS_CHILD_MUST_BE_VOLATILE => new(0xC0000181u);
}
