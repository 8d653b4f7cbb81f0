namespace Hil.Kernel.Platform;

// While a run is written down or replayed, drivers must not see a device's writes to memory at a moment that is not on
// the trace. Every page whose physical address a device may know has a twin then: the device has the page itself,
// drivers and kernel have the twin, at the same address. The kernel says which pages those are (Share, Unshare) and at
// which moments the two are made equal again (Observe, Flush). All these calls stand at fixed places of its code: a
// replay, which has no device, writes what was recorded at the very same calls.

/// <summary>When a page that a device may write is compared with what the driver has.</summary>
public enum DmaSharing : byte
{
    /// <summary>At every observation: driver and device look at the page whenever they like.</summary>
    Common,

    /// <summary>Only when the driver says that it hands the memory over or takes it back.</summary>
    Transfer,
}

/// <summary>Keeps devices' writes from drivers until a moment that can be written down.</summary>
public interface IDmaShadow
{
    /// <summary>A device may know the physical addresses of these bytes from now on. Counted, page by page and by kind
    /// of sharing; a page that is shared in both ways is compared at every observation.</summary>
    void Share(ulong address, ulong bytes, DmaSharing sharing);

    /// <summary>Takes one <see cref="Share"/> of the same kind back. With the last one, what the device wrote up to now
    /// becomes visible, and nothing that it writes afterwards.</summary>
    void Unshare(ulong address, ulong bytes, DmaSharing sharing);

    /// <summary>Exchanges what device and driver wrote to <see cref="DmaSharing.Common"/> pages since the last
    /// time.</summary>
    void Observe();

    /// <summary>The same for the pages of a range that are shared for transfers only: the driver hands a buffer to the
    /// device, or gets it back.</summary>
    void Flush(ulong address, ulong bytes);
}
