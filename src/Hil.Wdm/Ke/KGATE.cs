namespace Hil.Wdm;

/// <summary>The event inside a guarded mutex.</summary>
public struct KGATE
{
    public DISPATCHER_HEADER Header;
}
