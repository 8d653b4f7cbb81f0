namespace Hil.Wdm;

/// <summary>What a processor did with its time, in 100 ns units. That in the kernel contains the idle time.</summary>
public struct SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION
{
    public long IdleTime;
    public long KernelTime;
    public long UserTime;
    public long DpcTime;
    public long InterruptTime;
    public uint InterruptCount;
}
