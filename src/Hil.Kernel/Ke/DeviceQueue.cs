namespace Hil.Kernel;

// A device queue is busy or not. Inserting into one that is not busy only makes it busy: the caller's request is the
// one to work on, and nothing is queued. Removing from a busy one with nothing in it makes it not busy. Keys ascend;
// equal keys stay in order of arrival.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises a device queue, not busy.</summary>
    /// <remarks>WDK: KeInitializeDeviceQueue.</remarks>
    [Export]
    public static void KeInitializeDeviceQueue(KDEVICE_QUEUE* deviceQueue)
    {
        *deviceQueue = default;
        deviceQueue->Type = (short)KOBJECTS.DeviceQueueObject;
        deviceQueue->Size = (short)sizeof(KDEVICE_QUEUE);
        InitializeListHead(&deviceQueue->DeviceListHead);
    }

    /// <summary>Queues an entry at the tail if the queue is busy; else makes it busy and returns FALSE.</summary>
    /// <remarks>WDK: KeInsertDeviceQueue.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeInsertDeviceQueue(KDEVICE_QUEUE* deviceQueue, KDEVICE_QUEUE_ENTRY* entry)
    {
        KIRQL old = LockQueue(deviceQueue);
        bool wasBusy = deviceQueue->Busy;
        deviceQueue->Busy = true;
        entry->Inserted = wasBusy;
        if (wasBusy)
            InsertTailList(&deviceQueue->DeviceListHead, &entry->DeviceListEntry);
        UnlockQueue(deviceQueue, old);
        return wasBusy;
    }

    /// <summary>As KeInsertDeviceQueue, in order of keys.</summary>
    /// <remarks>WDK: KeInsertByKeyDeviceQueue.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeInsertByKeyDeviceQueue(
        KDEVICE_QUEUE* deviceQueue, KDEVICE_QUEUE_ENTRY* entry, uint sortKey)
    {
        KIRQL old = LockQueue(deviceQueue);
        bool wasBusy = deviceQueue->Busy;
        deviceQueue->Busy = true;
        entry->Inserted = wasBusy;
        entry->SortKey = sortKey;
        if (wasBusy)
            InsertTailList(FirstAbove(deviceQueue, sortKey), &entry->DeviceListEntry);
        UnlockQueue(deviceQueue, old);
        return wasBusy;
    }

    /// <summary>Takes the first entry; null, and the queue is not busy any more, when there is none.</summary>
    /// <remarks>WDK: KeRemoveDeviceQueue.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static KDEVICE_QUEUE_ENTRY* KeRemoveDeviceQueue(KDEVICE_QUEUE* deviceQueue)
    {
        RequireBusy(deviceQueue);
        return RemoveFrom(deviceQueue, deviceQueue->DeviceListHead.Flink);
    }

    /// <summary>Takes the first entry whose key is at or above a key, else the first of all.</summary>
    /// <remarks>WDK: KeRemoveByKeyDeviceQueue.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static KDEVICE_QUEUE_ENTRY* KeRemoveByKeyDeviceQueue(KDEVICE_QUEUE* deviceQueue, uint sortKey)
    {
        RequireBusy(deviceQueue);
        return RemoveFrom(deviceQueue, FirstAtOrAbove(deviceQueue, sortKey));
    }

    /// <summary>As KeRemoveByKeyDeviceQueue, null for a queue that is not busy.</summary>
    /// <remarks>WDK: KeRemoveByKeyDeviceQueueIfBusy.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static KDEVICE_QUEUE_ENTRY* KeRemoveByKeyDeviceQueueIfBusy(KDEVICE_QUEUE* deviceQueue, uint sortKey) =>
        deviceQueue->Busy ? RemoveFrom(deviceQueue, FirstAtOrAbove(deviceQueue, sortKey)) : null;

    /// <summary>Takes a given entry out; FALSE if it was not queued.</summary>
    /// <remarks>WDK: KeRemoveEntryDeviceQueue.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeRemoveEntryDeviceQueue(KDEVICE_QUEUE* deviceQueue, KDEVICE_QUEUE_ENTRY* entry)
    {
        KIRQL old = LockQueue(deviceQueue);
        bool wasInserted = entry->Inserted;
        if (wasInserted)
        {
            entry->Inserted = false;
            RemoveEntryList(&entry->DeviceListEntry);
        }
        UnlockQueue(deviceQueue, old);
        return wasInserted;
    }

    private static KDEVICE_QUEUE_ENTRY* RemoveFrom(KDEVICE_QUEUE* queue, LIST_ENTRY* link)
    {
        KIRQL old = LockQueue(queue);
        KDEVICE_QUEUE_ENTRY* entry = null;
        if (IsListEmpty(&queue->DeviceListHead))
        {
            queue->Busy = false;
        }
        else
        {
            entry = PointerCheck.Follow<KDEVICE_QUEUE_ENTRY>(link, "DeviceQueue->DeviceListHead");
            RemoveEntryList(&entry->DeviceListEntry);
            entry->Inserted = false;
        }
        UnlockQueue(queue, old);
        return entry;
    }

    // The link before which an entry with this key goes; the head itself stands for the end. DeviceListEntry is the
    // first field.
    private static LIST_ENTRY* FirstAbove(KDEVICE_QUEUE* queue, uint key)
    {
        LIST_ENTRY* link = queue->DeviceListHead.Flink;
        while (link != &queue->DeviceListHead && KeyOf(link) <= key)
            link = link->Flink;
        return link;
    }

    private static LIST_ENTRY* FirstAtOrAbove(KDEVICE_QUEUE* queue, uint key)
    {
        for (LIST_ENTRY* link = queue->DeviceListHead.Flink; link != &queue->DeviceListHead; link = link->Flink)
        {
            if (KeyOf(link) >= key)
                return link;
        }
        return queue->DeviceListHead.Flink;
    }

    private static uint KeyOf(LIST_ENTRY* link) =>
        PointerCheck.Follow<KDEVICE_QUEUE_ENTRY>(link, "DeviceQueue->DeviceListHead")->SortKey;

    private static KIRQL LockQueue(KDEVICE_QUEUE* queue)
    {
        KIRQL old = RaiseTo(DISPATCH_LEVEL);
        Hold(&queue->Lock);
        return old;
    }

    private static void UnlockQueue(KDEVICE_QUEUE* queue, KIRQL old)
    {
        Release(&queue->Lock);
        LowerTo(old);
    }

    private static void RequireBusy(KDEVICE_QUEUE* queue)
    {
        if (!queue->Busy)
            NtKernel.Current.BugCheck(
                BugCheckCodes.DEVICE_QUEUE_NOT_BUSY, (ulong)queue, 0, 0, 0,
                $"an entry was to be removed from the device queue at 0x{(ulong)queue:x}, which is not busy");
    }
}
