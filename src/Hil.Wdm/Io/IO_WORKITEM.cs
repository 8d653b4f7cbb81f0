namespace Hil.Wdm;

/// <summary>A work item tied to a device or driver, as Windows 10 19041 lays it out.</summary>
public unsafe struct IO_WORKITEM
{
    public WORK_QUEUE_ITEM WorkItem;
    public DriverRoutine Routine;
    public void* IoObject;
    public void* Context;
    public KTHREAD* WorkOnBehalfThread;
    public uint Type;
    public Guid ActivityId;
}
