namespace Hil.Wdm;

/// <summary>Which changes of a session's state a driver wants to hear of.</summary>
public unsafe struct IO_SESSION_STATE_NOTIFICATION
{
    public uint Size;
    public uint Flags;
    public void* IoObject;
    public uint EventMask;
    public void* Context;
}
