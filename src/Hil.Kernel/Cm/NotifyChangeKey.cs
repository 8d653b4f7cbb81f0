namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Tells of the next change to a registry key.</summary>
    /// <param name="event">Handle of an event to set; may be null.</param>
    /// <param name="apcRoutine">For a driver, a WORK_QUEUE_ITEM that is queued; may be null.</param>
    /// <param name="apcContext">For a driver, the item's WORK_QUEUE_TYPE.</param>
    /// <param name="ioStatusBlock">Gets STATUS_NOTIFY_ENUM_DIR, or STATUS_NOTIFY_CLEANUP when the handle is closed
    /// first.</param>
    /// <param name="completionFilter">REG_NOTIFY_CHANGE_XXX. A handle's first call settles filter and depth.</param>
    /// <param name="watchTree">TRUE for the keys below, too.</param>
    /// <returns>STATUS_PENDING, or for a call that waits what the status block gets; STATUS_NOTIFY_ENUM_DIR at once for
    /// what has changed since the last call; STATUS_INVALID_PARAMETER for an unknown filter, STATUS_INVALID_HANDLE,
    /// STATUS_OBJECT_TYPE_MISMATCH, STATUS_KEY_DELETED.</returns>
    /// <remarks>WDK: ZwNotifyChangeKey, RegNotifyChangeKeyValue.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwNotifyChangeKey(
        void* keyHandle,
        void* @event,
        void* apcRoutine,
        void* apcContext,
        IO_STATUS_BLOCK* ioStatusBlock,
        uint completionFilter,
        BOOLEAN watchTree,
        void* buffer,
        uint bufferSize,
        BOOLEAN asynchronous)
    {
        if (completionFilter == 0 || (completionFilter & ~(uint)KeyChange.All) != 0)
            return STATUS_INVALID_PARAMETER;
        NtKernel kernel = NtKernel.Current;
        NTSTATUS status = KeyHandle.Find(keyHandle, out _);
        KernelObject? toSet = null;
        if (status.IsSuccess && @event != null)
            status = ObjectOf(@event, ObjectType.Event, out toSet);
        if (!status.IsSuccess)
            return status;
        if (toSet != null)
        {
            KeResetEvent((KEVENT*)toSet.Address);
            kernel.Objects.Reference(toSet);
        }
        var waiter = new KeyWaiter(
            ioStatusBlock, toSet, (WORK_QUEUE_ITEM*)apcRoutine, (WORK_QUEUE_TYPE)(uint)(nuint)apcContext);
        KernelObject key = kernel.Objects.Handles.Find((ulong)keyHandle)!;
        KeyWatch watch = kernel.Registry.Watches.Of(key, (KeyChange)completionFilter, watchTree);
        if (watch.HasChange)
        {
            watch.HasChange = false;
            waiter.Tell(STATUS_NOTIFY_ENUM_DIR);
            return STATUS_NOTIFY_ENUM_DIR;
        }
        watch.Waiters.Enqueue(waiter);
        return asynchronous ? STATUS_PENDING : WaitForChange(watch, ioStatusBlock);
    }

    private static NTSTATUS WaitForChange(KeyWatch watch, IO_STATUS_BLOCK* ioStatusBlock)
    {
        NtKernel kernel = NtKernel.Current;
        var changed = (KEVENT*)kernel.Pool.Allocate((nuint)sizeof(KEVENT), EventTag, zero: true);
        if (changed == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        KeInitializeEvent(changed, EVENT_TYPE.NotificationEvent, false);
        KernelObject waited = kernel.Objects.Add(ObjectType.Event, changed, deleted: FreeEvent);
        kernel.Objects.Reference(waited);
        watch.Waiters.Enqueue(new KeyWaiter(null, waited, null, default));
        WaitFor(&changed->Header);
        kernel.Objects.Dereference(waited);
        return ioStatusBlock->Status;
    }
}
