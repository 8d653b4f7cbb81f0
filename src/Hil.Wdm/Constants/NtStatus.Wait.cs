namespace Hil.Wdm;

// Status codes of waits.
public static partial class NtStatus
{
    public static NTSTATUS STATUS_NO_YIELD_PERFORMED => new(0x40000024u);
    public static NTSTATUS STATUS_MUTANT_LIMIT_EXCEEDED => new(0xC0000191u);
}
