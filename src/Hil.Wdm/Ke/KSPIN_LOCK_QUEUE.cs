namespace Hil.Wdm;

/// <summary>A place in the queue for a spin lock.</summary>
public unsafe struct KSPIN_LOCK_QUEUE
{
    public KSPIN_LOCK_QUEUE* Next;
    public KSPIN_LOCK* Lock;
}
