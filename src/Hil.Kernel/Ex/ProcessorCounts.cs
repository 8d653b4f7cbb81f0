namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Clock ticks that the processor was idle, and all since it started; the difference of two calls tells
    /// how busy it was in between.</summary>
    /// <param name="index">Gets the processor's number.</param>
    /// <remarks>As NdisGetCurrentProcessorCounts has it. Idle ticks count from the first call on.</remarks>
    [Export]
    public static void ExGetCurrentProcessorCounts(uint* idleCount, uint* kernelAndUser, uint* index)
    {
        (long idle, long all) = NtKernel.Current.Scheduler.ProcessorTimes();
        *idleCount = (uint)(idle / TimeIncrement);
        *kernelAndUser = (uint)(all / TimeIncrement);
        *index = 0;
    }

    /// <summary>How busy the processor was since it started, in percent.</summary>
    /// <remarks>As NdisGetCurrentProcessorCpuUsage has it; see ExGetCurrentProcessorCounts.</remarks>
    [Export]
    public static void ExGetCurrentProcessorCpuUsage(uint* cpuUsage)
    {
        (long idle, long all) = NtKernel.Current.Scheduler.ProcessorTimes();
        *cpuUsage = all == 0 ? 100 : (uint)(100 - idle * 100 / all);
    }

    /// <summary>Clock ticks that a thread has run in the kernel; there is no other place.</summary>
    /// <param name="userTime">Gets those in user mode: none.</param>
    /// <remarks>WDK: KeQueryRuntimeThread. Counted from the first question about times on.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static uint KeQueryRuntimeThread(KTHREAD* thread, uint* userTime)
    {
        *userTime = 0;
        return (uint)(NtKernel.Current.Scheduler.RunTime(RequireThread(thread)) / TimeIncrement);
    }

    /// <summary>Starts a processor that was plugged in, which this machine has no socket for.</summary>
    /// <returns>STATUS_NOT_SUPPORTED.</returns>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS KeStartDynamicProcessor() => STATUS_NOT_SUPPORTED;
}
