namespace Hil.Kernel;

// A remove lock counts the requests in flight, and one for the device itself. Release-and-wait takes two away, its own
// acquisition and the device's; whoever brings the count to zero sets the event. Debug builds of drivers pass a larger
// structure with tags; only the part that both share is used.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Sets up a remove lock.</summary>
    /// <remarks>WDK: IoInitializeRemoveLock, of which this is the exported form.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoInitializeRemoveLockEx(
        IO_REMOVE_LOCK* @lock, uint allocateTag, uint maxLockedMinutes, uint highWatermark, uint remlockSize)
    {
        int bytesMax = sizeof(IO_REMOVE_LOCK) + sizeof(IO_REMOVE_LOCK_DBG_BLOCK);
        new Span<byte>(@lock, (int)Math.Min(remlockSize, (uint)bytesMax)).Clear();
        @lock->Common.IoCount = 1;
        KeInitializeEvent(&@lock->Common.RemoveEvent, EVENT_TYPE.SynchronizationEvent, false);
    }

    /// <summary>Counts a request in.</summary>
    /// <returns>STATUS_DELETE_PENDING if the device is being removed.</returns>
    /// <remarks>WDK: IoAcquireRemoveLock, of which this is the exported form.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoAcquireRemoveLockEx(
        IO_REMOVE_LOCK* removeLock, void* tag, [UncheckedPointer] byte* file, uint line, uint remlockSize)
    {
        removeLock->Common.IoCount++;
        if (!removeLock->Common.Removed)
            return STATUS_SUCCESS;
        ReleaseOne(removeLock);
        return STATUS_DELETE_PENDING;
    }

    /// <summary>Counts a request out.</summary>
    /// <remarks>WDK: IoReleaseRemoveLock, of which this is the exported form.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoReleaseRemoveLockEx(IO_REMOVE_LOCK* removeLock, void* tag, uint remlockSize) =>
        ReleaseOne(removeLock);

    /// <summary>Refuses further requests, counts the caller's out and waits for the others.</summary>
    /// <remarks>WDK: IoReleaseRemoveLockAndWait, of which this is the exported form. The caller has acquired the
    /// lock.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoReleaseRemoveLockAndWaitEx(IO_REMOVE_LOCK* removeLock, void* tag, uint remlockSize)
    {
        removeLock->Common.Removed = true;
        ReleaseOne(removeLock);
        if (--removeLock->Common.IoCount > 0)
            WaitFor(&removeLock->Common.RemoveEvent.Header);
    }

    private static void ReleaseOne(IO_REMOVE_LOCK* removeLock)
    {
        int left = --removeLock->Common.IoCount;
        if (left == 0)
            KeSetEvent(&removeLock->Common.RemoveEvent, IO_NO_INCREMENT, false);
        else if (left < 0)
            NtKernel.Current.Violation($"the remove lock at 0x{(ulong)removeLock:x} was released once too often");
    }
}
