namespace Hil.Wdm;

/// <summary>How the processor caches a mapping.</summary>
public enum MEMORY_CACHING_TYPE
{
    MmNonCached,
    MmCached,
    MmWriteCombined,
    MmHardwareCoherentCached,
    MmNonCachedUnordered,
    MmUSWCCached,
    MmMaximumCacheType,
    MmNotMapped = -1,
}
