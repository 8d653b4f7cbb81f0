namespace Hil.Wdm;

/// <summary>An event; DISPATCHER_HEADER.SignalState is its state.</summary>
public struct KEVENT
{
    public DISPATCHER_HEADER Header;
}
