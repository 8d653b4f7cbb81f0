namespace Hil.Wdm;

/// <summary>A counting semaphore.</summary>
public struct KSEMAPHORE
{
    public DISPATCHER_HEADER Header;
    public int Limit;
}
