namespace Hil.Wdm;

/// <summary>Keeps a device from going away under requests in flight (free build).</summary>
public struct IO_REMOVE_LOCK
{
    public IO_REMOVE_LOCK_COMMON_BLOCK Common;
}
