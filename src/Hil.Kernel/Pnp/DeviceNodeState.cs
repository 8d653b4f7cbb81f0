namespace Hil.Kernel;

/// <summary>Where a device is between found and gone.</summary>
public enum DeviceNodeState : byte
{
    /// <summary>Its bus driver reported it; no driver has been asked yet.</summary>
    Enumerated,

    /// <summary>The drivers' AddDevice routines have built the stack.</summary>
    DriversAdded,

    Started,

    /// <summary>IRP_MN_QUERY_STOP_DEVICE succeeded.</summary>
    StopPending,

    Stopped,

    /// <summary>IRP_MN_QUERY_REMOVE_DEVICE succeeded.</summary>
    RemovePending,

    /// <summary>IRP_MN_SURPRISE_REMOVAL was sent; IRP_MN_REMOVE_DEVICE follows when the last file is closed.</summary>
    SurpriseRemoved,

    /// <summary>IRP_MN_REMOVE_DEVICE was sent; the physical device object may still be there.</summary>
    Removed,
}
