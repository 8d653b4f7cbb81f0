namespace Hil.Wdm;

/// <summary>A thread. Opaque to drivers, but for its head: a thread can be waited for.</summary>
public struct KTHREAD
{
    public DISPATCHER_HEADER Header;
}
