namespace Hil.Kernel;

// A reader/writer lock for threads. Who owns it and who waits is kept on the host's side; the ERESOURCE shows the
// counts.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises a resource, not owned.</summary>
    /// <returns>STATUS_SUCCESS.</returns>
    /// <remarks>WDK: ExInitializeResourceLite.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS ExInitializeResourceLite(ERESOURCE* resource)
    {
        *resource = default;
        InitializeListHead(&resource->SystemResourcesList);
        NtKernel.Current.Resources.Add(resource);
        return STATUS_SUCCESS;
    }

    /// <summary>Makes an initialised resource free again.</summary>
    /// <remarks>WDK: ExReinitializeResourceLite.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS ExReinitializeResourceLite(ERESOURCE* resource) => ExInitializeResourceLite(resource);

    /// <summary>Deletes a resource; its memory may then be freed.</summary>
    /// <remarks>WDK: ExDeleteResourceLite.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS ExDeleteResourceLite(ERESOURCE* resource)
    {
        NtKernel.Current.Resources.Remove(resource);
        return STATUS_SUCCESS;
    }

    /// <summary>Acquires a resource exclusively; FALSE only if <paramref name="wait"/> is FALSE.</summary>
    /// <remarks>WDK: ExAcquireResourceExclusiveLite. Normal kernel APCs must be disabled.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN ExAcquireResourceExclusiveLite(ERESOURCE* resource, BOOLEAN wait) =>
        NtKernel.Current.Resources.Of(resource).Acquire(ResourceRequest.Exclusive, wait);

    /// <summary>Acquires a resource for sharing; waits behind those who want it exclusively.</summary>
    /// <remarks>WDK: ExAcquireResourceSharedLite.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN ExAcquireResourceSharedLite(ERESOURCE* resource, BOOLEAN wait) =>
        NtKernel.Current.Resources.Of(resource).Acquire(ResourceRequest.Shared, wait);

    /// <summary>Acquires a resource for sharing, past those who wait for it exclusively.</summary>
    /// <remarks>WDK: ExAcquireSharedStarveExclusive.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN ExAcquireSharedStarveExclusive(ERESOURCE* resource, BOOLEAN wait) =>
        NtKernel.Current.Resources.Of(resource).Acquire(ResourceRequest.SharedStarveExclusive, wait);

    /// <summary>Acquires a resource for sharing, behind those who wait for it exclusively even if the caller owns
    /// it.</summary>
    /// <remarks>WDK: ExAcquireSharedWaitForExclusive.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN ExAcquireSharedWaitForExclusive(ERESOURCE* resource, BOOLEAN wait) =>
        NtKernel.Current.Resources.Of(resource).Acquire(ResourceRequest.SharedWaitForExclusive, wait);

    /// <summary>Releases a resource once for the running thread.</summary>
    /// <remarks>WDK: ExReleaseResourceLite. One that the thread does not own is bug check RESOURCE_NOT_OWNED.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExReleaseResourceLite(ERESOURCE* resource) =>
        ExReleaseResourceForThreadLite(resource, (nuint)KeGetCurrentThread());

    /// <summary>Releases a resource once for a thread.</summary>
    /// <remarks>WDK: ExReleaseResourceForThreadLite.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExReleaseResourceForThreadLite(ERESOURCE* resource, nuint resourceThreadId)
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.Resources.Of(resource).TryRelease(resourceThreadId))
            kernel.BugCheck(
                BugCheckCodes.RESOURCE_NOT_OWNED, (ulong)resource, resourceThreadId, 0, 2,
                $"the resource at 0x{(ulong)resource:x} was released by a thread that does not own it");
        kernel.Scheduler.PreemptionPoint();
    }

    /// <summary>Turns exclusive ownership into shared; others who want to share get in.</summary>
    /// <remarks>WDK: ExConvertExclusiveToSharedLite.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExConvertExclusiveToSharedLite(ERESOURCE* resource) =>
        NtKernel.Current.Resources.Of(resource).ConvertToShared();

    /// <summary>TRUE if the running thread owns a resource exclusively.</summary>
    /// <remarks>WDK: ExIsResourceAcquiredExclusiveLite.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN ExIsResourceAcquiredExclusiveLite(ERESOURCE* resource) =>
        NtKernel.Current.Resources.Of(resource).IsExclusiveOf((nuint)KeGetCurrentThread());

    /// <summary>How often the running thread owns a resource, in either way.</summary>
    /// <remarks>WDK: ExIsResourceAcquiredSharedLite.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint ExIsResourceAcquiredSharedLite(ERESOURCE* resource) =>
        (uint)NtKernel.Current.Resources.Of(resource).CountOf((nuint)KeGetCurrentThread());

    /// <summary>Number of threads that wait for exclusive ownership.</summary>
    /// <remarks>WDK: ExGetExclusiveWaiterCount.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint ExGetExclusiveWaiterCount(ERESOURCE* resource) => resource->NumberOfExclusiveWaiters;

    /// <summary>Number of threads that wait to share.</summary>
    /// <remarks>WDK: ExGetSharedWaiterCount.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint ExGetSharedWaiterCount(ERESOURCE* resource) => resource->NumberOfSharedWaiters;

    /// <summary>Makes something else than a thread the owner: an address with its low two bits set.</summary>
    /// <remarks>WDK: ExSetResourceOwnerPointer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExSetResourceOwnerPointer(ERESOURCE* resource, void* ownerPointer) =>
        NtKernel.Current.Resources.Of(resource).Rename((nuint)KeGetCurrentThread(), (nuint)ownerPointer);

    /// <summary>As ExSetResourceOwnerPointer; with FLAG_OWNER_POINTER_IS_THREAD the pointer is a thread's.</summary>
    /// <remarks>WDK: ExSetResourceOwnerPointerEx. Windows can lend such a thread its waiters' priority.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExSetResourceOwnerPointerEx(ERESOURCE* resource, void* ownerPointer, uint flags) =>
        ExSetResourceOwnerPointer(resource, ownerPointer);

    /// <summary>Enters a critical region, then acquires a resource exclusively.</summary>
    /// <remarks>WDK: ExEnterCriticalRegionAndAcquireResourceExclusive.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* ExEnterCriticalRegionAndAcquireResourceExclusive(ERESOURCE* resource)
    {
        KeEnterCriticalRegion();
        ExAcquireResourceExclusiveLite(resource, true);
        return null;
    }

    /// <summary>Enters a critical region, then acquires a resource for sharing.</summary>
    /// <remarks>WDK: ExEnterCriticalRegionAndAcquireResourceShared.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* ExEnterCriticalRegionAndAcquireResourceShared(ERESOURCE* resource)
    {
        KeEnterCriticalRegion();
        ExAcquireResourceSharedLite(resource, true);
        return null;
    }

    /// <summary>Enters a critical region, then acquires a resource for sharing, behind those who wait for it
    /// exclusively.</summary>
    /// <remarks>WDK: ExEnterCriticalRegionAndAcquireSharedWaitForExclusive.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void* ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(ERESOURCE* resource)
    {
        KeEnterCriticalRegion();
        ExAcquireSharedWaitForExclusive(resource, true);
        return null;
    }

    /// <summary>Releases a resource and leaves the critical region.</summary>
    /// <remarks>WDK: ExReleaseResourceAndLeaveCriticalRegion.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void ExReleaseResourceAndLeaveCriticalRegion(ERESOURCE* resource)
    {
        ExReleaseResourceLite(resource);
        KeLeaveCriticalRegion();
    }
}
