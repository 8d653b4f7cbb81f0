namespace Hil.Wdm;

/// <summary>A routine for a system worker thread.</summary>
public unsafe struct WORK_QUEUE_ITEM
{
    public LIST_ENTRY List;
    public DriverRoutine WorkerRoutine;
    public void* Parameter;
}
