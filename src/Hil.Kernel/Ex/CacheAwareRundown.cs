namespace Hil.Kernel;

// EX_RUNDOWN_REF_CACHE_AWARE is opaque and holds one EX_RUNDOWN_REF for each processor, a cache line apart. With one
// processor it is one EX_RUNDOWN_REF, and everything is as in Rundown.cs.

public static unsafe partial class Ntoskrnl
{
    private const nuint CacheAwareRundownBytes = 64; // A cache line.

    /// <summary>Allocates cache-aware rundown protection, initialised; null when memory is exhausted.</summary>
    /// <remarks>WDK: ExAllocateCacheAwareRundownProtection.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static EX_RUNDOWN_REF* ExAllocateCacheAwareRundownProtection(POOL_TYPE poolType, uint poolTag)
    {
        var made = (EX_RUNDOWN_REF*)ExAllocatePoolWithTag(poolType, CacheAwareRundownBytes, poolTag);
        if (made != null)
            ExInitializeRundownProtection(made);
        return made;
    }

    /// <summary>Frees what ExAllocateCacheAwareRundownProtection gave.</summary>
    /// <remarks>WDK: ExFreeCacheAwareRundownProtection.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExFreeCacheAwareRundownProtection(EX_RUNDOWN_REF* runRefCacheAware) =>
        ExFreePool(runRefCacheAware);

    /// <summary>Bytes that ExInitializeRundownProtectionCacheAware wants.</summary>
    /// <remarks>WDK: ExSizeOfRundownProtectionCacheAware.</remarks>
    [Export]
    public static nuint ExSizeOfRundownProtectionCacheAware() => CacheAwareRundownBytes;

    /// <summary>Initialises cache-aware rundown protection in the driver's own memory.</summary>
    /// <param name="runRefSize">What ExSizeOfRundownProtectionCacheAware said; less is reported.</param>
    /// <remarks>WDK: ExInitializeRundownProtectionCacheAware.</remarks>
    [Export]
    public static void ExInitializeRundownProtectionCacheAware(EX_RUNDOWN_REF* runRefCacheAware, nuint runRefSize)
    {
        if (runRefSize < CacheAwareRundownBytes)
            NtKernel.Current.Violation(
                $"cache-aware rundown protection was given {runRefSize} bytes of {CacheAwareRundownBytes} it needs");
        ExInitializeRundownProtection(runRefCacheAware);
    }

    /// <inheritdoc cref="ExReInitializeRundownProtection"/>
    /// <remarks>WDK: ExReInitializeRundownProtectionCacheAware.</remarks>
    [Export]
    public static void ExReInitializeRundownProtectionCacheAware(EX_RUNDOWN_REF* runRefCacheAware) =>
        ExReInitializeRundownProtection(runRefCacheAware);

    /// <inheritdoc cref="ExAcquireRundownProtection"/>
    /// <remarks>WDK: ExAcquireRundownProtectionCacheAware.</remarks>
    [Export]
    public static BOOLEAN ExAcquireRundownProtectionCacheAware(EX_RUNDOWN_REF* runRefCacheAware) =>
        ExAcquireRundownProtection(runRefCacheAware);

    /// <inheritdoc cref="ExAcquireRundownProtectionEx"/>
    /// <remarks>WDK: ExAcquireRundownProtectionCacheAwareEx.</remarks>
    [Export]
    public static BOOLEAN ExAcquireRundownProtectionCacheAwareEx(EX_RUNDOWN_REF* runRefCacheAware, uint count) =>
        ExAcquireRundownProtectionEx(runRefCacheAware, count);

    /// <inheritdoc cref="ExReleaseRundownProtection"/>
    /// <remarks>WDK: ExReleaseRundownProtectionCacheAware.</remarks>
    [Export]
    public static void ExReleaseRundownProtectionCacheAware(EX_RUNDOWN_REF* runRefCacheAware) =>
        ExReleaseRundownProtection(runRefCacheAware);

    /// <inheritdoc cref="ExReleaseRundownProtectionEx"/>
    /// <remarks>WDK: ExReleaseRundownProtectionCacheAwareEx.</remarks>
    [Export]
    public static void ExReleaseRundownProtectionCacheAwareEx(EX_RUNDOWN_REF* runRefCacheAware, uint count) =>
        ExReleaseRundownProtectionEx(runRefCacheAware, count);

    /// <inheritdoc cref="ExWaitForRundownProtectionRelease"/>
    /// <remarks>WDK: ExWaitForRundownProtectionReleaseCacheAware.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExWaitForRundownProtectionReleaseCacheAware(EX_RUNDOWN_REF* runRefCacheAware) =>
        ExWaitForRundownProtectionRelease(runRefCacheAware);

    /// <inheritdoc cref="ExRundownCompleted"/>
    /// <remarks>WDK: ExRundownCompletedCacheAware.</remarks>
    [Export]
    public static void ExRundownCompletedCacheAware(EX_RUNDOWN_REF* runRefCacheAware) =>
        ExRundownCompleted(runRefCacheAware);
}
