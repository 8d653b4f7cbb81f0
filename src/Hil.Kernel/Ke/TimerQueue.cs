namespace Hil.Kernel;

/// <summary>Kernel timers by due time.</summary>
public sealed class TimerQueue
{
    internal TimerQueue(NtKernel kernel)
    {
    }
}
