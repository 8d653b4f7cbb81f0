namespace Hil.Wdm;

// Status codes of sections, of handles' timers and of loading.
public static partial class NtStatus
{
    public static NTSTATUS STATUS_TIMER_RESUME_IGNORED => new(0x40000025u);
    public static NTSTATUS STATUS_INVALID_VIEW_SIZE => new(0xC000001Fu);
    public static NTSTATUS STATUS_INVALID_FILE_FOR_SECTION => new(0xC0000020u);
    public static NTSTATUS STATUS_SECTION_PROTECTION => new(0xC000004Eu);
    public static NTSTATUS STATUS_INVALID_PARAMETER_7 => new(0xC00000F5u);
    public static NTSTATUS STATUS_INVALID_PARAMETER_8 => new(0xC00000F6u);
    public static NTSTATUS STATUS_INVALID_PARAMETER_9 => new(0xC00000F7u);
    public static NTSTATUS STATUS_IMAGE_ALREADY_LOADED => new(0xC000010Eu);
    public static NTSTATUS STATUS_COMMITMENT_LIMIT => new(0xC000012Du);
}
