namespace Hil.Wdm;

/// <summary>How ZwSetTimerEx sets a timer.</summary>
public unsafe struct TIMER_SET_COALESCABLE_TIMER_INFO
{
    public LARGE_INTEGER DueTime;
    public DriverRoutine TimerApcRoutine;
    public void* TimerContext;
    public void* WakeContext;
    public uint Period;
    public uint TolerableDelay;
    public BOOLEAN* PreviousState;
}
