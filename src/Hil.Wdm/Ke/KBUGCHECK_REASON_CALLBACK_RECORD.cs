namespace Hil.Wdm;

/// <summary>A registered bug check callback with a reason; opaque to drivers but for its size.</summary>
public unsafe struct KBUGCHECK_REASON_CALLBACK_RECORD
{
    public LIST_ENTRY Entry;
    public DriverRoutine CallbackRoutine;
    public byte* Component;
    public nuint Checksum;
    public KBUGCHECK_CALLBACK_REASON Reason;
    public byte State;
}
