namespace Hil.Kernel;

/// <summary>Who is told of a change to a registry key, and how.</summary>
/// <param name="Event">The object behind an event handle, referenced; may be null.</param>
internal sealed unsafe class KeyWaiter(
    IO_STATUS_BLOCK* status, KernelObject? @event, WORK_QUEUE_ITEM* item, WORK_QUEUE_TYPE queue)
{
    /// <summary>Tells him, once.</summary>
    public void Tell(NTSTATUS what)
    {
        if (status != null)
        {
            PointerCheck.Follow<IO_STATUS_BLOCK>(status, "IoStatusBlock of ZwNotifyChangeKey")->Status = what;
            status->Information = 0;
        }
        if (item != null)
            Ntoskrnl.ExQueueWorkItem(PointerCheck.Follow<WORK_QUEUE_ITEM>(item, "a work item for a key"), queue);
        if (@event == null)
            return;
        Ntoskrnl.KeSetEvent((KEVENT*)@event.Address, IO_NO_INCREMENT, false);
        NtKernel.Current.Objects.Dereference(@event);
    }
}
