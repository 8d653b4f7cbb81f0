namespace Hil.Wdm;

/// <summary>A processor that starts.</summary>
public struct KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT
{
    public KE_PROCESSOR_CHANGE_NOTIFY_STATE State;
    public uint NtNumber;
    public NTSTATUS Status;
    public PROCESSOR_NUMBER ProcNumber;
}
